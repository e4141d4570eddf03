/**
 * Objects under one secret key: their data keys are wrapped by AES-GCM.
 *
 * @module
 */
import { fromBase64, toBase64 } from "../../lib/base64.ts";
import { concat } from "../../lib/bytes.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { type Aead, NONCE_LENGTH, primitives, randomBytes, TAG_LENGTH } from "../primitives.ts";
import type { Keys } from "../scheme.ts";
import { Envelope, type KeyWrap } from "./envelope.ts";
import { DATA_KEY_LENGTH } from "./stream.ts";

/**
 * A secret key for encryption.
 *
 * @category Encryption
 * @param key 32 bytes, or 16; a string is their base64, of 44 characters or 24. 24 bytes, which are not taken as text, read objects of Python's cottoncandy only.
 * @throws {InvalidArgumentError} when it is no key; the message does not show it.
 *
 * @example
 * ```ts
 * import { aesKeys, generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const keys = aesKeys(generateAesKey());
 * console.assert(keys.name === "AES");
 * ```
 */
export function aesKeys(key: Uint8Array | string): Keys {
  const bytes = typeof key === "string"
    ? aesKeyBytes(key)
    : key instanceof Uint8Array
    ? key.slice()
    : undefined;
  if (!bytes) {
    throw new InvalidArgumentError("an AES key is 16 or 32 bytes, as a Uint8Array or as base64");
  }
  if (typeof key === "string") checkNoWord(key, bytes.byteLength);
  if (![16, 24, 32].includes(bytes.byteLength)) {
    throw new InvalidArgumentError(
      `an AES key has 32 bytes, or 16; this one has ${bytes.byteLength}. generateAesKey() makes one`,
    );
  }
  return new Envelope(aesWrap(new Uint8Array(bytes)));
}

/**
 * A new secret key of 32 bytes in base64. Keep it: without it nothing that was encrypted with it can be read again.
 *
 * @category Encryption
 * @example
 * ```ts
 * import { generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * console.assert(atob(generateAesKey()).length === 32);
 * ```
 */
export function generateAesKey(): string {
  return toBase64(randomBytes(32));
}

/**
 * Wraps data keys as Tink's AES-GCM with raw output does: a random nonce of 12 bytes, the encrypted data key, a tag of 16 bytes; what the data key is bound to
 * is the associated data.
 */
function aesWrap(key: Uint8Array<ArrayBuffer>): KeyWrap {
  let aead: Promise<Aead> | undefined;
  const cipher = () => {
    if (key.byteLength === 24) {
      throw new UnsupportedError(
        'a key of 24 bytes reads Python\'s older objects only, with `legacy: "read"`: use one of 32 bytes',
      );
    }
    return aead ??= primitives().then(({ aesGcm }) => aesGcm(key));
  };
  return {
    name: "AES",
    wrappedLength: NONCE_LENGTH + DATA_KEY_LENGTH + TAG_LENGTH,
    legacyKey: key,
    async wrap(dataKey, bound) {
      const nonce = randomBytes(NONCE_LENGTH);
      return concat(nonce, await (await cipher()).seal(nonce, dataKey, bound));
    },
    async unwrap(wrapped, bound) {
      return await (await cipher()).open(wrapped.slice(0, NONCE_LENGTH), wrapped.slice(NONCE_LENGTH), bound);
    },
  };
}

/** A word of letters and digits may be base64, too, of few bytes that are no secret. */
function checkNoWord(text: string, length: number): void {
  const count = text.replace(/[^\w+/=]|^b(?=')/g, "").length;
  // Of other lengths no word is taken for a key: 16 bytes end in "==", 32 in "=".
  if (length !== 24 && !(length === 16 && count === 22)) return;
  throw new InvalidArgumentError(
    `a text of ${count} characters, such as a word or a passphrase, is no AES key: it is 32 random bytes in base64, which have 44 characters. generateAesKey() makes one${
      length === 24
        ? '. Of a key of 24 bytes for Python\'s older objects, give the bytes, or `legacy: "read"` beside it'
        : ""
    }`,
  );
}

/** The bytes of a key that is text; `undefined` where it is no base64. */
export function aesKeyBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  // Python 3 wrote keys into its configuration as b'…'.
  const [, inner] = /^\s*b'(.*)'\s*$/.exec(text) ?? [];
  return fromBase64(inner ?? text);
}
