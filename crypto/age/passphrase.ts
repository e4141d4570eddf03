/**
 * File keys under a passphrase: age's scrypt stanza. The library has it too, but stops the thread for a second while it works on one, in every runtime.
 *
 * Source: the age v1 specification, "The scrypt recipient type".
 *
 * @module
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { scryptAsync, type ScryptOpts } from "@noble/hashes/scrypt.js";
import { type Identity, type Recipient, Stanza } from "age-encryption";
import { fromBase64, toBase64 } from "../../lib/base64.ts";
import { concat } from "../../lib/bytes.ts";
import { CottonCandyError, IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { checkWorkerUrl, startWebWorker } from "../../lib/web_worker.ts";
import { randomBytes } from "../primitives.ts";
import type { ScryptAnswer, ScryptTask } from "./scrypt_worker.ts";

/** What age's own tool uses: about a second, and 256 MiB of memory. */
export const DEFAULT_WORK_FACTOR = 18;
/** What age's own tool does, too: some twenty seconds and 4 GiB. More would be a way to stop the program rather than to protect a key. */
export const MOST_WORK_FACTOR = 22;

const LABEL = new TextEncoder().encode("age-encryption.org/v1/scrypt");
const SALT_LENGTH = 16;
/** A file key of 16 bytes and its tag. */
const BODY_LENGTH = 32;
/** The key under it is never used twice. */
const NONCE = new Uint8Array(12);
/** scrypt's block size and parallelism, and bytes of a key. */
const [r, p, LENGTH] = [8, 1, 32];

/** Wraps file keys by a passphrase. */
export class PassphraseRecipient implements Recipient {
  readonly #passphrase: string;
  readonly #workFactor: number;

  /** The work factor is the binary logarithm of scrypt's N. */
  constructor(passphrase: string, workFactor: number) {
    this.#passphrase = passphrase;
    this.#workFactor = workFactor;
  }

  /** The stanza, with a salt of its own. */
  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = randomBytes(SALT_LENGTH);
    const key = await derive(this.#passphrase, salt, this.#workFactor);
    const body = chacha20poly1305(key, NONCE).encrypt(fileKey);
    return [new Stanza(["scrypt", unpadded(salt), String(this.#workFactor)], body)];
  }
}

/** Unwraps file keys by a passphrase. */
export class PassphraseIdentity implements Identity {
  readonly #passphrase: string;

  /** Any work factor up to {@linkcode MOST_WORK_FACTOR} is done. */
  constructor(passphrase: string) {
    this.#passphrase = passphrase;
  }

  /** The file key; `null` when it is under another passphrase, or under none. */
  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const stanza = stanzas.find(({ args }) => args[0] === "scrypt");
    if (!stanza) return null;
    const { args: [, saltText, factorText], body } = stanza;
    const salt = fromBase64(saltText ?? "");
    if (
      stanzas.length !== 1 || stanza.args.length !== 3 || salt?.byteLength !== SALT_LENGTH ||
      unpadded(salt) !== saltText || body.length !== BODY_LENGTH || !/^[1-9][0-9]?$/.test(factorText)
    ) {
      throw new Error("a scrypt stanza that can't be");
    }
    if (Number(factorText) > MOST_WORK_FACTOR) {
      throw new IntegrityError(
        `it asks for a work factor of ${factorText}, and more than ${MOST_WORK_FACTOR} is not done`,
      );
    }
    const key = await derive(this.#passphrase, salt, Number(factorText));
    try {
      return chacha20poly1305(key, NONCE).decrypt(body);
    } catch {
      return null;
    }
  }
}

async function derive(passphrase: string, salt: Uint8Array, workFactor: number): Promise<Uint8Array> {
  const N = 2 ** workFactor;
  try {
    return await scrypt(passphrase, concat(LABEL, salt), N);
  } catch (cause) {
    throw new UnsupportedError(
      `a passphrase with a work factor of ${workFactor} takes ${
        memoryOf(N) / 2 ** 20
      } MiB of memory, which this machine or browser does not give`,
      { cause },
    );
  }
}

/** Bytes that scrypt takes. */
function memoryOf(N: number): number {
  return 128 * N * r;
}

function unpadded(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("=", "");
}

/**
 * scrypt (RFC 7914) with r = 8 and p = 1: 32 bytes. It runs on another thread: by the runtime where that has it, else in a worker; where a page's policy forbids
 * workers, it holds up the calling thread, for about a second at age's usual work factor.
 *
 * @param N The cost: a power of two.
 */
export async function scrypt(passphrase: string, salt: Uint8Array, N: number): Promise<Uint8Array> {
  const node: typeof import("node:crypto") | undefined = globalThis.process?.getBuiltinModule?.(
    "node:crypto",
  );
  if (typeof node?.scrypt !== "function") return await scryptInWorker(passphrase, salt, N);
  return await new Promise((resolve, reject) => {
    node.scrypt(passphrase, salt, LENGTH, { N, r, p, maxmem: mostMemory(N) }, (error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
}

/** The same in a web worker, or on the calling thread where none can be started. */
export async function scryptInWorker(passphrase: string, salt: Uint8Array, N: number): Promise<Uint8Array> {
  const { SCRYPT_WORKER_NAME, SCRYPT_WORKER_URL } = await import("./scrypt_worker.ts");
  let started: ReturnType<typeof startWebWorker>;
  try {
    checkWorkerUrl(SCRYPT_WORKER_URL, "scrypt_worker");
    started = startWebWorker(SCRYPT_WORKER_URL, SCRYPT_WORKER_NAME);
  } catch {
    return await scryptPortable(passphrase, salt, N);
  }
  const { worker, end } = started;
  const task: ScryptTask = { passphrase, salt, options: optionsOf(N) };
  try {
    const answer = await new Promise<ScryptAnswer | undefined>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<ScryptAnswer>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(undefined);
      };
      worker.postMessage(task);
    });
    if (!answer) return await scryptPortable(passphrase, salt, N);
    if ("message" in answer) throw new CottonCandyError(answer.message);
    return answer.key;
  } finally {
    end();
  }
}

/** The same without Node's, on the calling thread. */
export async function scryptPortable(passphrase: string, salt: Uint8Array, N: number): Promise<Uint8Array> {
  return await scryptAsync(passphrase, salt, optionsOf(N));
}

function optionsOf(N: number): ScryptOpts {
  return { N, r, p, dkLen: LENGTH, maxmem: mostMemory(N) };
}

/** More than it takes: both refuse what they were not told to expect. */
function mostMemory(N: number): number {
  return memoryOf(N + p + 2) + 1024 * 1024;
}
