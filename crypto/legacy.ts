/**
 * AES in CBC mode (NIST SP 800-38A) on whole blocks, without padding: WebCrypto's where it has the key's size, else a portable one.
 *
 * @module
 */
import { fromBase64 } from "../lib/base64.ts";
import { concat } from "../lib/bytes.ts";
import { UnsupportedError } from "../lib/errors.ts";
import { type ByteIterable, GeneratorTransform } from "../lib/streams/mod.ts";
import {
  type EncryptionScheme,
  type Keys,
  notAuthentic,
  type ObjectIdentity,
  type SealedObject,
  type UnsealedObject,
} from "./scheme.ts";
import { cut, pipelined } from "./segments.ts";
import { AesKeys, RsaKeys } from "./tink/mod.ts";

/** Bytes of a block, and of an initialization vector. */
export const BLOCK = 16;

/** Decrypts whole blocks; `iv` is the block before them. */
export type CbcDecrypt = (
  iv: Uint8Array<ArrayBuffer>,
  blocks: Uint8Array<ArrayBuffer>,
) => Promise<Uint8Array<ArrayBuffer>>;

/** Decryption under a key of 16, 24 or 32 bytes. */
export async function cbcDecrypt(raw: Uint8Array<ArrayBuffer>): Promise<CbcDecrypt> {
  const web = await webCbcDecrypt(raw);
  if (web) return web;
  const { portableCbcDecrypt } = await import("./portable.ts");
  return portableCbcDecrypt(raw);
}

/** WebCrypto's; `undefined` where it has none for such a key: Chromium has no AES-192. */
export async function webCbcDecrypt(raw: Uint8Array<ArrayBuffer>): Promise<CbcDecrypt | undefined> {
  const { subtle } = globalThis.crypto;
  if (!subtle) return undefined;
  let key: CryptoKey;
  try {
    key = await subtle.importKey("raw", raw, "AES-CBC", false, ["encrypt", "decrypt"]);
  } catch {
    return undefined;
  }
  return async (iv, blocks) => {
    // WebCrypto insists on padding, which is not there. So a block is appended that decrypts to nothing but padding: what encrypting nothing gives after the last block.
    const before = blocks.length === 0 ? iv : blocks.slice(-BLOCK);
    const padding = await subtle.encrypt({ name: "AES-CBC", iv: before }, key, new Uint8Array());
    const padded = new Uint8Array(blocks.length + BLOCK);
    padded.set(blocks);
    padded.set(new Uint8Array(padding), blocks.length);
    return new Uint8Array(await subtle.decrypt({ name: "AES-CBC", iv }, key, padded));
  };
}

// Bodies as Python's EncryptedInterface wrote them: 16 bytes of initialization vector, then AES-CBC of the plain bytes, 1 to 16 spaces, and the plain bytes'
// number as 64 bits with the lowest first. There are as many spaces as make whole blocks.
// Source: cottoncandy 0.0.2 to 0.2.0, which wrote them; vectors made with its code.

const LENGTH_BYTES = 8;
const SPACE = 0x20;
/** The most bytes that can follow the plain ones. */
const MOST_TRAILER = BLOCK + LENGTH_BYTES;
/** Stored bytes that are decrypted at once, and how many such pieces. */
const PIECE = 1024 * 1024;
const AHEAD = 4;

/** Stored bytes at the end from which {@linkcode legacySize} tells the size: the blocks that the trailer lies in, and the one before. */
export const END_LENGTH: number = 3 * BLOCK;

/**
 * How many plain bytes an object has.
 *
 * @param end Its last {@linkcode END_LENGTH} stored bytes, or all where there are fewer.
 * @returns `undefined` when it is no object of this format, or under another key.
 */
export async function legacySize(
  decrypt: CbcDecrypt,
  storedSize: number,
  end: Uint8Array<ArrayBuffer>,
): Promise<number | undefined> {
  if (storedSize % BLOCK !== 0 || end.length !== Math.min(storedSize, END_LENGTH)) return undefined;
  if (end.length < 2 * BLOCK) return undefined;
  const tail = await decrypt(end.slice(0, BLOCK), end.slice(BLOCK));
  return plainLength(tail, storedSize - BLOCK);
}

/**
 * Decrypts a body. Its last bytes are held until the end has been checked.
 *
 * @param failure Makes the error of a body that is not of this format, or under another key.
 */
export async function* openLegacy(
  decrypt: CbcDecrypt,
  source: ByteIterable,
  failure: () => Error,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let held: Uint8Array<ArrayBuffer> = new Uint8Array();
  let total = 0;
  const pieces = pipelined(
    chained(source, failure),
    ({ iv, blocks }) => decrypt(iv, blocks),
    AHEAD,
  );
  for await (const piece of pieces) {
    total += piece.length;
    const given = held.length + piece.length - MOST_TRAILER;
    if (given <= 0) {
      held = concat(held, piece);
      continue;
    }
    // What is given may be taken away with its memory, so what is held on to is copied before.
    const before = held;
    if (given <= before.length) {
      held = concat(before.subarray(given), piece);
      yield before.slice(0, given);
    } else {
      const end = given - before.length;
      held = piece.slice(end);
      yield before;
      yield piece.subarray(0, end);
    }
  }
  const length = plainLength(held, total);
  if (length === undefined) throw failure();
  yield held.slice(0, held.length - (total - length));
}

/** Whole blocks, each run with the block before it. */
async function* chained(
  source: ByteIterable,
  failure: () => Error,
): AsyncGenerator<{ iv: Uint8Array<ArrayBuffer>; blocks: Uint8Array<ArrayBuffer> }, void, void> {
  let iv: Uint8Array<ArrayBuffer> = new Uint8Array();
  for await (const { bytes, index } of cut(source, (index) => index === 0 ? BLOCK : PIECE)) {
    if (bytes.length === 0 || bytes.length % BLOCK !== 0) throw failure();
    if (index > 0) yield { iv, blocks: bytes };
    iv = bytes.slice(-BLOCK);
  }
}

/**
 * What the decrypted end says of the whole.
 *
 * @param tail The last decrypted bytes: at least the trailer's, where there are as many.
 * @param total How many decrypted bytes there are.
 */
function plainLength(tail: Uint8Array<ArrayBuffer>, total: number): number | undefined {
  if (tail.length < BLOCK) return undefined;
  const place = tail.length - LENGTH_BYTES;
  const length = new DataView(tail.buffer, tail.byteOffset + place, LENGTH_BYTES).getBigUint64(0, true);
  // Larger than the object is none of its lengths; past this check the number is exact.
  if (length > BigInt(total)) return undefined;
  const plain = Number(length);
  const spaces = BLOCK - (plain % BLOCK + LENGTH_BYTES) % BLOCK;
  if (plain + spaces + LENGTH_BYTES !== total) return undefined;
  return tail.subarray(place - spaces, place).every((byte) => byte === SPACE) ? plain : undefined;
}

// Objects that Python's cottoncandy encrypted before version 0.3: they are read, and never written.

type Metadata = Readonly<Record<string, string>>;

/** The metadata entry of the data key that RSA has wrapped, in base64. */
const WRAPPED_ENTRY = "key";
/** With SHA-1 for both its hash and its mask, and no label, as PyCrypto's PKCS1_OAEP. */
const RSA_OAEP_SHA1 = { name: "RSA-OAEP", hash: "SHA-1" };

/** Finds the key of an object's body; `undefined` when it can't be had. */
type KeyOf = (metadata: Metadata) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/**
 * Reads objects of Python's EncryptedInterface: AES-CBC, under a key of the user's or under one of the object's own that RSA-OAEP with SHA-1 has wrapped.
 *
 * Nothing authenticates them: whoever can write to the store can change what they decrypt to, and their metadata, so a store that admits them must be
 * trusted with this. A wrong key and most damage are found, since length and padding must be exact. They are read as a whole only.
 *
 * @param keys Of `aesKeys` (16, 24 or 32 bytes), or of `rsaKeys` with the private key.
 * @throws {UnsupportedError} when there are no such objects for these keys.
 *
 * @example
 * ```ts
 * import { aesKeys, decrypt, legacyScheme } from "@cottoncandy/cottoncandy/crypto";
 *
 * const key = Uint8Array.from({ length: 32 }, (_, i) => i); // no key to use
 * const stored = Uint8Array.from(atob("Z7tBh8dGXZ63DSObHw1jixuu0yBbQxXEExtx8ZEYn+4="), (c) => c.charCodeAt(0));
 * const stage = decrypt(legacyScheme(aesKeys(key)), { name: "sub01/old" });
 * const plain = await new Response(new Blob([stored]).stream().pipeThrough(stage)).bytes();
 * console.assert(plain.join() === "0,1,2,3,4");
 * ```
 */
export function legacyScheme(keys: Keys): EncryptionScheme {
  if (keys instanceof AesKeys) {
    return new LegacyScheme(false, () => Promise.resolve(AesKeys.rawKey(keys)));
  }
  const pkcs8 = keys instanceof RsaKeys ? RsaKeys.privateKey(keys) : undefined;
  if (!pkcs8) {
    throw new UnsupportedError(
      keys instanceof RsaKeys
        ? "only a public key was given: objects of Python's cottoncandy are read with the private key"
        : `Python's cottoncandy encrypted with AES and RSA, and not with ${keys.name}`,
    );
  }
  return new LegacyScheme(true, rsaUnwrap(pkcs8));
}

class LegacyScheme implements EncryptionScheme {
  readonly name = "legacy";
  readonly headerHint: number = BLOCK;
  readonly #wrapped: boolean;
  readonly #keyOf: KeyOf;

  constructor(wrapped: boolean, keyOf: KeyOf) {
    this.#wrapped = wrapped;
    this.#keyOf = keyOf;
  }

  /** Whether nothing says that this library has encrypted it, and a wrapped key is there as the kind of key demands. */
  recognizes(metadata: Metadata): boolean {
    return !Object.keys(metadata).some((name) => name.startsWith("cc-")) &&
      Object.hasOwn(metadata, WRAPPED_ENTRY) === this.#wrapped;
  }

  metadataBytes(): number {
    return 0;
  }

  /** The least that there can be. */
  advisorySize(storedSize: number): number {
    return Math.max(0, storedSize - BLOCK - BLOCK - 8);
  }

  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  async seal({ key }: ObjectIdentity): Promise<SealedObject> {
    throw new UnsupportedError("objects in the format of Python's EncryptedInterface are read only", {
      key,
      committed: "no",
    });
  }

  async unseal({ key, metadata }: ObjectIdentity): Promise<UnsealedObject> {
    if (!this.recognizes(metadata)) throw notAuthentic(key);
    const raw = await this.#keyOf(metadata);
    if (!raw) throw notAuthentic(key);
    const { [WRAPPED_ENTRY]: _, ...rest } = metadata;
    return {
      metadata: this.#wrapped ? rest : metadata,
      plainSize: () => undefined,
      async payload() {
        const decrypt = await cbcDecrypt(raw);
        return {
          kind: "whole",
          plainSize: (storedSize, end) => plainSize(decrypt, storedSize, end, key),
          decrypt: () =>
            new GeneratorTransform((source) => openLegacy(decrypt, source, () => notAuthentic(key))),
        };
      },
    };
  }

  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  async rewrap({ key }: ObjectIdentity): Promise<Metadata> {
    throw new UnsupportedError(
      "an object in the format of Python's EncryptedInterface can't be copied or given other keys as it is: download and upload it",
      { key, committed: "no" },
    );
  }
}

async function plainSize(
  decrypt: CbcDecrypt,
  storedSize: number,
  end: (length: number) => Promise<Uint8Array<ArrayBuffer>>,
  key: string,
): Promise<number> {
  // Before anything is fetched of what can't be an object.
  if (storedSize < 2 * BLOCK || storedSize % BLOCK !== 0) throw notAuthentic(key);
  const size = await legacySize(decrypt, storedSize, await end(Math.min(storedSize, END_LENGTH)));
  if (size === undefined) throw notAuthentic(key);
  return size;
}

function rsaUnwrap(pkcs8: Uint8Array<ArrayBuffer>): KeyOf {
  const { subtle } = crypto;
  let imported: Promise<CryptoKey> | undefined;
  return async (metadata) => {
    imported ??= subtle.importKey("pkcs8", pkcs8, RSA_OAEP_SHA1, false, ["decrypt"]);
    const key = await imported;
    const wrapped = fromBase64(metadata[WRAPPED_ENTRY]);
    if (!wrapped) return undefined;
    try {
      const raw = new Uint8Array(await subtle.decrypt(RSA_OAEP_SHA1, key, wrapped));
      return [16, 24, 32].includes(raw.length) ? raw : undefined;
    } catch (error) {
      if (error instanceof DOMException && error.name === "OperationError") return undefined;
      throw error;
    }
  };
}
