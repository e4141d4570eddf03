/**
 * Objects that Python's cottoncandy encrypted before version 0.3: they are read, and never written.
 *
 * A body has 16 bytes of initialization vector, then AES-CBC of the plain bytes, 1 to 16 spaces, and the plain bytes' number as 64 bits with the lowest first.
 * There are as many spaces as make whole blocks. Source: cottoncandy 0.0.2 to 0.2.0, which wrote them; vectors made with its code.
 *
 * @module
 */
import { fromBase64 } from "../lib/base64.ts";
import { concat } from "../lib/bytes.ts";
import { UnsupportedError } from "../lib/errors.ts";
import { type ByteIterable, GeneratorTransform } from "../lib/streams/mod.ts";
import { BLOCK_LENGTH, type CbcDecrypt, decrypted, primitives } from "./primitives.ts";
import {
  type EncryptionScheme,
  type Keys,
  notAuthenticError,
  type ObjectIdentity,
  type SealedObject,
  type UnsealedObject,
} from "./scheme.ts";
import { cutSegments, pooledMap } from "./segments.ts";
import { Envelope } from "./tink/mod.ts";

type Metadata = Readonly<Record<string, string>>;

/** The metadata entry of the data key that RSA has wrapped, in base64. */
const WRAPPED_ENTRY = "key";
/** With SHA-1 for both its hash and its mask, and no label, as PyCrypto's PKCS1_OAEP. */
const RSA_OAEP_SHA1 = { name: "RSA-OAEP", hash: "SHA-1" };

const LENGTH_BYTES = 8;
const SPACE = 0x20;
/** The most bytes that can follow the plain ones. */
const MOST_TRAILER = BLOCK_LENGTH + LENGTH_BYTES;
/** Stored bytes that are decrypted at once, and how many such pieces. */
const PIECE = 1024 * 1024;
const AHEAD = 4;

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
  if (!(keys instanceof Envelope)) {
    throw new UnsupportedError(`Python's cottoncandy encrypted with AES and RSA, and not with ${keys.name}`);
  }
  const key = Envelope.legacyKeyOf(keys);
  if (!key) {
    throw new UnsupportedError(
      "only a public key was given: objects of Python's cottoncandy are read with the private key",
    );
  }
  return new LegacyScheme(key);
}

class LegacyScheme implements EncryptionScheme {
  readonly name = "legacy";
  readonly headerHint: number = BLOCK_LENGTH;
  /** The key of all bodies, or what unwraps each object's own. */
  readonly #key: Uint8Array<ArrayBuffer> | CryptoKey;
  readonly #wrapped: boolean;

  constructor(key: Uint8Array<ArrayBuffer> | CryptoKey) {
    this.#key = key;
    this.#wrapped = !(key instanceof Uint8Array);
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
    return Math.max(0, storedSize - 2 * BLOCK_LENGTH - LENGTH_BYTES);
  }

  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  async seal({ key }: ObjectIdentity): Promise<SealedObject> {
    throw new UnsupportedError("objects in the format of Python's EncryptedInterface are read only", {
      key,
      committed: "no",
    });
  }

  async unseal({ key, metadata }: ObjectIdentity): Promise<UnsealedObject> {
    if (!this.recognizes(metadata)) throw notAuthenticError(key);
    const raw = this.#key instanceof Uint8Array
      ? this.#key
      : await unwrapKey(metadata[WRAPPED_ENTRY], this.#key);
    if (!raw) throw notAuthenticError(key);
    const { [WRAPPED_ENTRY]: _, ...rest } = metadata;
    return {
      metadata: this.#wrapped ? rest : metadata,
      plainSize: () => undefined,
      async payload() {
        const decrypt = await (await primitives()).aesCbc(raw);
        return {
          kind: "whole",
          plainSize: (storedSize, end) => legacySize(decrypt, storedSize, end, key),
          decrypt: () => new GeneratorTransform((source) => openLegacy(decrypt, source, key)),
        };
      },
    };
  }

  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  async rekey({ key }: ObjectIdentity): Promise<Metadata> {
    throw new UnsupportedError(
      "an object in the format of Python's EncryptedInterface can't be copied or given other keys as it is: download and upload it",
      { key, committed: "no" },
    );
  }
}

/** The key of a body, which RSA has wrapped; `undefined` when it was another RSA key, or is none. */
async function unwrapKey(
  wrapped: string,
  privateKey: CryptoKey,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { subtle } = crypto;
  const bytes = fromBase64(wrapped);
  if (!bytes) return undefined;
  const pkcs8 = await subtle.exportKey("pkcs8", privateKey);
  const key = await subtle.importKey("pkcs8", pkcs8, RSA_OAEP_SHA1, false, ["decrypt"]);
  const raw = await decrypted(() => subtle.decrypt(RSA_OAEP_SHA1, key, bytes));
  return raw && [16, 24, 32].includes(raw.byteLength) ? raw : undefined;
}

/** Stored bytes at the end that tell the size: the blocks that the trailer lies in, and the one before. */
const END_LENGTH = 3 * BLOCK_LENGTH;

/**
 * How many plain bytes an object has.
 *
 * @param end Gives its last stored bytes, as many as are asked for.
 * @throws {IntegrityError} when it is no object of this format, or under another key.
 */
async function legacySize(
  decrypt: CbcDecrypt,
  storedSize: number,
  end: (length: number) => Promise<Uint8Array<ArrayBuffer>>,
  key: string,
): Promise<number> {
  const length = Math.min(storedSize, END_LENGTH);
  // Before anything is fetched of what can't be an object.
  if (length < 2 * BLOCK_LENGTH || storedSize % BLOCK_LENGTH !== 0) throw notAuthenticError(key);
  const bytes = await end(length);
  const size = bytes.byteLength === length
    ? plainLength(
      await decrypt(bytes.slice(0, BLOCK_LENGTH), bytes.slice(BLOCK_LENGTH)),
      storedSize - BLOCK_LENGTH,
    )
    : undefined;
  if (size === undefined) throw notAuthenticError(key);
  return size;
}

/** Decrypts a body. Its last bytes are held until the end has been checked. */
async function* openLegacy(
  decrypt: CbcDecrypt,
  source: ByteIterable,
  key: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let held: Uint8Array<ArrayBuffer> = new Uint8Array();
  let total = 0;
  const blocks = chainedBlocks(source, key);
  for await (const piece of pooledMap(blocks, ({ iv, blocks }) => decrypt(iv, blocks), AHEAD)) {
    total += piece.byteLength;
    const all = concat(held, piece);
    const certain = Math.max(0, all.byteLength - MOST_TRAILER);
    // What is given may be taken away with its memory, so what is held on to is copied before.
    held = all.slice(certain);
    if (certain > 0) yield all.subarray(0, certain);
  }
  const length = plainLength(held, total);
  if (length === undefined) throw notAuthenticError(key);
  yield held.slice(0, held.byteLength - (total - length));
}

/** Whole blocks, each run with the block before it. */
async function* chainedBlocks(
  source: ByteIterable,
  key: string,
): AsyncGenerator<{ iv: Uint8Array<ArrayBuffer>; blocks: Uint8Array<ArrayBuffer> }, void, void> {
  let iv: Uint8Array<ArrayBuffer> = new Uint8Array();
  for await (const { bytes, index } of cutSegments(source, (index) => index === 0 ? BLOCK_LENGTH : PIECE)) {
    if (bytes.byteLength === 0 || bytes.byteLength % BLOCK_LENGTH !== 0) throw notAuthenticError(key);
    if (index > 0) yield { iv, blocks: bytes };
    iv = bytes.slice(-BLOCK_LENGTH);
  }
}

/**
 * What the decrypted end says of the whole.
 *
 * @param tail The last decrypted bytes: at least the trailer's, where there are as many.
 * @param total How many decrypted bytes there are.
 */
function plainLength(tail: Uint8Array<ArrayBuffer>, total: number): number | undefined {
  if (tail.byteLength < BLOCK_LENGTH) return undefined;
  const place = tail.byteLength - LENGTH_BYTES;
  const length = new DataView(tail.buffer, tail.byteOffset + place, LENGTH_BYTES).getBigUint64(0, true);
  // Larger than the object is none of its lengths; past this check the number is exact.
  if (length > BigInt(total)) return undefined;
  const plain = Number(length);
  const spaces = BLOCK_LENGTH - (plain % BLOCK_LENGTH + LENGTH_BYTES) % BLOCK_LENGTH;
  if (plain + spaces + LENGTH_BYTES !== total) return undefined;
  return tail.subarray(place - spaces, place).every((byte) => byte === SPACE) ? plain : undefined;
}
