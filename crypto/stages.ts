/**
 * Encryption as stages of a stream.
 *
 * @module
 */
import { InvalidArgumentError } from "../lib/errors.ts";
import { type ByteIterable, GeneratorTransform, streamFrom } from "../lib/streams/mod.ts";
import type { Keys, ObjectIdentity, SealedObject, UnsealedObject } from "./scheme.ts";
import { openSegments, sealBody } from "./segments.ts";
import { PeekedSource, piecesOf } from "./sources.ts";

/** What {@linkcode encrypt} and {@linkcode decrypt} are told of the object. */
export interface EncryptedObject {
  /** The object's full key within its bucket, exactly: with whatever prefix it is stored under. */
  readonly name: string;
  /** `encrypt`: the metadata to bind, names in any case. `decrypt`: all that are stored with the object. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A stage that encrypts. */
export class EncryptStream extends GeneratorTransform {
  /** All that must be stored beside the bytes: the metadata given and those that decryption needs. Rejects when the keys can't write. */
  readonly metadata: Promise<Readonly<Record<string, string>>>;

  /** For {@linkcode encrypt}. */
  constructor(sealed: Promise<SealedObject>) {
    super(async function* (source) {
      yield* sealBody(await sealed, source);
    });
    this.metadata = sealed.then(({ metadata }) => metadata);
    // The stream tells it too; who only makes a stage must not be the cause of an unhandled rejection.
    this.metadata.catch(() => {});
  }
}

/** A stage that decrypts. */
export class DecryptStream extends GeneratorTransform {
  /** The object's own metadata: of AES and RSA keys those that are authentic. Rejects when none are. */
  readonly metadata: Promise<Readonly<Record<string, string>>>;

  /** For {@linkcode decrypt}. */
  constructor(unsealed: Promise<UnsealedObject>) {
    super(async function* (source) {
      yield* decryptBody(source, await unsealed);
    });
    this.metadata = unsealed.then(({ metadata }) => metadata);
    this.metadata.catch(() => {});
  }
}

/**
 * Encrypts a stream as an object of this name is. Its bytes and `metadata` can be stored by any means, and read by an `EncryptedInterface`, if they are stored
 * under that name. A stage serves for one object.
 *
 * @category Encryption
 * @param keys Made by `aesKeys`, `rsaKeys` or `ageKeys`.
 * @throws {InvalidArgumentError} by `metadata` and the stream, when there is no name, or the metadata have entries that encryption writes, that no store
 * can keep, or twice.
 * @throws {UnsupportedError} by `metadata` and the stream, when the keys can't write.
 *
 * @example
 * ```ts
 * import { aesKeys, decrypt, encrypt, generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const keys = aesKeys(generateAesKey());
 * const stage = encrypt(keys, { name: "sub01/notes", metadata: { run: "7" } });
 * const stored = await new Response(new Blob(["hello"]).stream().pipeThrough(stage)).bytes();
 *
 * const back = decrypt(keys, { name: "sub01/notes", metadata: await stage.metadata });
 * console.assert(await new Response(new Blob([stored]).stream().pipeThrough(back)).text() === "hello");
 * console.assert((await back.metadata).run === "7");
 * ```
 */
export function encrypt(keys: Keys, object: EncryptedObject): EncryptStream {
  return new EncryptStream(identityOf(object).then((identity) => keys.seal(identity)));
}

/**
 * Decrypts a stream of an object's stored bytes. What it gives is authentic; that it is all there is, the stream's end tells, so whatever is made of it
 * should not be used before.
 *
 * @category Encryption
 * @throws {IntegrityError} by the stream, when anything is not as it was encrypted: the bytes, the name, the metadata, the key; also by `metadata`.
 * @throws {UnsupportedError} by the stream, when the keys can't read.
 */
export function decrypt(keys: Keys, object: EncryptedObject): DecryptStream {
  return new DecryptStream(identityOf(object).then((identity) => keys.unseal(identity)));
}

// deno-lint-ignore require-await -- async, so that a failure is a rejection
async function identityOf({ name: key, metadata = {} }: EncryptedObject): Promise<ObjectIdentity> {
  if (typeof key !== "string" || key === "" || !key.isWellFormed()) {
    throw new InvalidArgumentError(
      "`name` is the object's key in its bucket: whole characters, at least one",
    );
  }
  const entries = new Map<string, string>();
  for (const [name, value] of Object.entries(metadata)) {
    const lower = name.toLowerCase();
    if (entries.has(lower)) {
      throw new InvalidArgumentError(`metadata has "${lower}" twice: case makes no difference`, { key });
    }
    if (typeof value !== "string") {
      throw new InvalidArgumentError(`metadata "${name}": the value must be a string`, { key });
    }
    entries.set(lower, value);
  }
  return { key, metadata: Object.fromEntries(entries) };
}

async function* decryptBody(
  source: ByteIterable,
  unsealed: UnsealedObject,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const stored = new PeekedSource(source);
  const payload = await unsealed.payload((length) => stored.first(length));
  if (payload.kind === "whole") {
    yield* piecesOf(streamFrom(stored.from(0)).pipeThrough(payload.decrypt()));
  } else {
    const { cipher } = payload;
    yield* openSegments(cipher, stored.from(cipher.layout.headerLength), { first: 0, ends: true });
  }
}
