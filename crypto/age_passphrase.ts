/**
 * File keys under a passphrase: age's scrypt stanza. The library has it too, but stops the thread for a second while it works on one, in every runtime.
 *
 * Source: the age v1 specification, "The scrypt recipient type".
 *
 * @module
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { type Identity, type Recipient, Stanza } from "age-encryption";
import { fromBase64, toBase64 } from "./base64.ts";
import { concat } from "./bytes.ts";
import { randomBytes } from "./primitives.ts";
import { scrypt } from "./scrypt.ts";

/** What age's own tool uses: about a second, and 256 MiB of memory. */
export const DEFAULT_WORK_FACTOR = 18;
/** More than four seconds and a gibibyte would be a way to stop the program rather than to protect a key. */
export const MOST_WORK_FACTOR = 20;

const LABEL = new TextEncoder().encode("age-encryption.org/v1/scrypt");
const SALT_LENGTH = 16;
/** A file key of 16 bytes and its tag. */
const BODY_LENGTH = 32;
/** The key under it is never used twice. */
const NONCE = new Uint8Array(12);

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
      stanzas.length !== 1 || stanza.args.length !== 3 || salt?.length !== SALT_LENGTH ||
      unpadded(salt) !== saltText || body.length !== BODY_LENGTH || !/^[1-9][0-9]?$/.test(factorText) ||
      Number(factorText) > MOST_WORK_FACTOR
    ) {
      throw new Error("a scrypt stanza that can't be");
    }
    const key = await derive(this.#passphrase, salt, Number(factorText));
    try {
      return chacha20poly1305(key, NONCE).decrypt(body);
    } catch {
      return null;
    }
  }
}

function derive(passphrase: string, salt: Uint8Array, workFactor: number): Promise<Uint8Array> {
  return scrypt(passphrase, concat(LABEL, salt), 2 ** workFactor);
}

function unpadded(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("=", "");
}
