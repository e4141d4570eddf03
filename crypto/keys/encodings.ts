/**
 * As much of DER (ITU-T X.690) as keys need.
 *
 * @module
 */
import { fromBase64, fromHex, toBase64, toHex } from "../../lib/base64.ts";
import { concat } from "../../lib/bytes.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { randomBytes } from "../primitives.ts";

/** Tags. */
export const INTEGER = 0x02;
/** A string of bits. */
export const BIT_STRING = 0x03;
/** A string of bytes. */
export const OCTET_STRING = 0x04;
/** Nothing. */
export const NULL = 0x05;
/** The name of an algorithm. */
export const OBJECT_IDENTIFIER = 0x06;
/** Several elements. */
export const SEQUENCE = 0x30;

/** Reads elements one after the other; `undefined` is what it gives for whatever isn't there. */
export class DerReader {
  #rest: Uint8Array;

  /** Reads from the start of some bytes. */
  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  /** Whether everything has been read. */
  get ended(): boolean {
    return this.#rest.length === 0;
  }

  /** The next element's tag. */
  get tag(): number | undefined {
    return this.#rest[0];
  }

  /** The content of the next element, if it has this tag and is whole. */
  take(tag: number): Uint8Array | undefined {
    const bytes = this.#rest;
    if (bytes[0] !== tag || bytes.length < 2) return undefined;
    let start = 2;
    let length = bytes[1];
    if (length >= 0x80) {
      const count = length - 0x80;
      if (count < 1 || count > 4 || bytes.length < 2 + count) return undefined;
      length = bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
      start += count;
    }
    if (bytes.length < start + length) return undefined;
    this.#rest = bytes.subarray(start + length);
    return bytes.subarray(start, start + length);
  }

  /** A reader of the next element's content, if it is a sequence. */
  sequence(): DerReader | undefined {
    const content = this.take(SEQUENCE);
    return content && new DerReader(content);
  }

  /** The next element, if it is an algorithm's name, as hexadecimal digits of its content. */
  identifier(): string | undefined {
    const content = this.take(OBJECT_IDENTIFIER);
    return content && toHex(content);
  }

  /** The next element, if it is a whole number from 0 to 2^31 - 1. */
  smallInteger(): number | undefined {
    const content = this.take(INTEGER);
    if (!content || content.length === 0 || content.length > 4 || content[0] >= 0x80) return undefined;
    return content.reduce((sum, byte) => sum * 256 + byte, 0);
  }
}

/** Writes an element. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const inner = concat(...content);
  const digits: number[] = [];
  for (let rest = inner.length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  const length = inner.length < 0x80 ? [inner.length] : [0x80 + digits.length, ...digits];
  return concat(Uint8Array.of(tag, ...length), inner);
}

/** Writes the name of an algorithm that is given as hexadecimal digits. */
export function derIdentifier(hex: string): Uint8Array<ArrayBuffer> {
  return der(OBJECT_IDENTIFIER, fromHex(hex) ?? new Uint8Array());
}

// Keys as text: PEM (RFC 7468).

/** One block of PEM. */
export interface PemBlock {
  /** What it says it is: `"PUBLIC KEY"`. */
  readonly label: string;
  /** Its content. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** Whether it has headers, as the encrypted keys of OpenSSL's old format have. */
  readonly hasHeaders: boolean;
}

/** The blocks of a text, those that are no base64 left out. What is between them is no matter. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (
    const [, label, content] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)
  ) {
    const headers = /^\s*(?:[A-Za-z0-9-]+:.*\r?\n(?:[ \t]+.*\r?\n)*)+\r?\n/.exec(content);
    const der = fromBase64(headers ? content.slice(headers[0].length) : content);
    if (der && der.length > 0) blocks.push({ label, der, hasHeaders: headers !== null });
  }
  return blocks;
}

/** Bytes as a block of PEM. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

// Private keys under a passphrase: PKCS#8 with PBES2 (RFC 8018, PBKDF2 and AES-CBC), as `openssl pkcs8` and `openssl genpkey` write them.

const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const HMAC_SHA256 = "2a864886f70d0209";
const AES_256_CBC = "60864801650304012a";

/** The hash of PBKDF2's HMAC, by its name. */
const HASHES: Readonly<Record<string, string>> = {
  "2a864886f70d0207": "SHA-1",
  [HMAC_SHA256]: "SHA-256",
  "2a864886f70d020a": "SHA-384",
  "2a864886f70d020b": "SHA-512",
};

/** Bits of the cipher's key, by its name. */
const CIPHERS: Readonly<Record<string, number>> = {
  "608648016503040102": 128,
  "608648016503040116": 192,
  [AES_256_CBC]: 256,
};

/** What OWASP recommends for PBKDF2 with HMAC-SHA256 (2023). */
const ITERATIONS = 600_000;
/** More would be a way to stop the program rather than to protect a key. */
const MOST_ITERATIONS = 20_000_000;

interface Parameters {
  readonly hash: string;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly bits: number;
  readonly iv: Uint8Array<ArrayBuffer>;
}

/**
 * Decrypts a private key.
 *
 * @returns The PKCS#8 form.
 * @throws {InvalidArgumentError} when the passphrase is missing or wrong, or it is no such key.
 * @throws {UnsupportedError} when it was encrypted in another way.
 */
export async function decryptPkcs8(
  bytes: Uint8Array,
  passphrase: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (passphrase === undefined) {
    throw new InvalidArgumentError("the private key is encrypted: give its passphrase");
  }
  const outer = new DerReader(bytes).sequence();
  const parameters = parametersOf(outer?.sequence());
  const data = outer?.take(OCTET_STRING);
  if (!data) throw damaged();
  const key = await cipherKey(parameters, passphrase, "decrypt");
  try {
    const { iv } = parameters;
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, data.slice()));
  } catch (cause) {
    throw new InvalidArgumentError("the passphrase does not open the private key", { cause });
  }
}

/** Encrypts a private key in its PKCS#8 form. */
export async function encryptPkcs8(
  pkcs8: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parameters = {
    hash: "SHA-256",
    salt: randomBytes(16),
    iterations: ITERATIONS,
    bits: 256,
    iv: randomBytes(16),
  };
  const key = await cipherKey(parameters, passphrase, "encrypt");
  const data = await crypto.subtle.encrypt({ name: "AES-CBC", iv: parameters.iv }, key, pkcs8);
  const derivation = der(
    SEQUENCE,
    derIdentifier(PBKDF2),
    der(
      SEQUENCE,
      der(OCTET_STRING, parameters.salt),
      // As long as it is to be read as positive: 600,000 is 0x0927c0.
      der(INTEGER, Uint8Array.of(ITERATIONS >> 16, ITERATIONS >> 8 & 0xff, ITERATIONS & 0xff)),
      der(SEQUENCE, derIdentifier(HMAC_SHA256), der(NULL)),
    ),
  );
  const cipher = der(SEQUENCE, derIdentifier(AES_256_CBC), der(OCTET_STRING, parameters.iv));
  const algorithm = der(SEQUENCE, derIdentifier(PBES2), der(SEQUENCE, derivation, cipher));
  return der(SEQUENCE, algorithm, der(OCTET_STRING, new Uint8Array(data)));
}

function parametersOf(algorithm: DerReader | undefined): Parameters {
  if (!algorithm) throw damaged();
  if (algorithm.identifier() !== PBES2) throw unsupported();
  const both = algorithm.sequence();
  const derivation = both?.sequence();
  const cipher = both?.sequence();
  if (!derivation || !cipher) throw damaged();
  if (derivation.identifier() !== PBKDF2) throw unsupported();
  const details = derivation.sequence();
  const salt = details?.take(OCTET_STRING);
  const iterations = details?.smallInteger();
  if (details?.tag === INTEGER) details.smallInteger(); // The key's length, which the cipher tells as well.
  // Without a name it is HMAC-SHA1.
  const hash = details?.ended ? "SHA-1" : HASHES[details?.sequence()?.identifier() ?? ""];
  const bits = CIPHERS[cipher.identifier() ?? ""];
  const iv = cipher.take(OCTET_STRING);
  if (!hash || !bits) throw unsupported();
  if (
    !salt || iterations === undefined || iterations < 1 || iterations > MOST_ITERATIONS || iv?.length !== 16
  ) {
    throw damaged();
  }
  return { hash, salt: concat(salt), iterations, bits, iv: concat(iv) };
}

async function cipherKey(
  { hash, salt, iterations, bits }: Parameters,
  passphrase: string,
  usage: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const { subtle } = crypto;
  const secret = await subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, [
    "deriveKey",
  ]);
  const cipher = { name: "AES-CBC", length: bits };
  try {
    return await subtle.deriveKey({ name: "PBKDF2", hash, salt, iterations }, secret, cipher, false, [usage]);
  } catch (cause) {
    // Chromium has no AES-192.
    throw new UnsupportedError(`this runtime has no AES with ${bits} bits: ${CONVERT}`, { cause });
  }
}

const CONVERT = "convert the key with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.pem -out new.pem`";

function unsupported(): UnsupportedError {
  return new UnsupportedError(
    `the private key is encrypted otherwise than with PBKDF2 and AES-CBC: ${CONVERT}`,
  );
}

function damaged(): InvalidArgumentError {
  return new InvalidArgumentError("the private key is damaged: what should say how it is encrypted does not");
}
