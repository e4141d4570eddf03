/**
 * Objects as bytes and streams: the free functions under `uploadObject`, `downloadObject` and their kin.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import type { Backend, Body, ByteRange, ObjectHead } from "../../backends/backend.ts";
import { cancelUnread } from "../../backends/body.ts";
import { InvalidArgumentError, NotFoundError, UnsupportedError } from "../errors.ts";
import { objectKey } from "./keys.ts";
import { checkMetadataSize, storableMetadata, userMetadata } from "./metadata.ts";
import { OBJECT_READ_OPTIONS, RANGE_OPTION, WRITE_OPTIONS } from "./reading/mod.ts";
import type { ObjectReadOptions, PutObjectOptions, UploadResult, WriteOptions } from "./options.ts";
import { refuseEncrypted } from "./reading/mod.ts";

/** What can be stored as an object: bytes, text (as UTF-8), a `Blob`, or a stream of unknown length. */
export type ObjectBody = Uint8Array | ArrayBuffer | string | Blob | ReadableStream<Uint8Array>;

/** A download as a stream: the counterpart of Python's `CloudStream`. */
export interface CloudStream {
  /** The stored bytes. Cancel it when it isn't read to its end. */
  readonly content: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The object's metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What else the store tells of the object. */
  readonly info: ObjectHead;
}

/**
 * Stores bytes, text or a stream as an object. All or nothing: until the promise resolves readers see the old object or none.
 *
 * @param name The object's name; runs of `/` count as one, a leading one is dropped.
 * @param body What to store. A stream may be of any length and is never held in memory as a whole.
 * @throws {AlreadyExistsError} when there is one and `overwrite` is false.
 * @throws {InvalidArgumentError} for names and metadata that can't be stored; nothing was sent then.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { readObject, writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * const { size } = await writeObject(backend, "notes/hello.txt", "hello", { contentType: "text/plain" });
 * console.assert(size === 5);
 * console.assert(new TextDecoder().decode(await readObject(backend, "notes/hello.txt")) === "hello");
 * ```
 */
export async function writeObject(
  backend: Backend,
  name: string,
  body: ObjectBody,
  options: WriteOptions = {},
): Promise<UploadResult> {
  checkOptions(options, WRITE_OPTIONS);
  return await consuming(
    body,
    () => putObject(backend, name, body, userMetadata(options.metadata), options),
  );
}

/** Stores an object whose metadata are a format's own as well as the user's. Not for users: reserved names are not refused. */
export async function putObject(
  backend: Backend,
  name: string,
  body: ObjectBody,
  metadata: Readonly<Record<string, string>>,
  options: PutObjectOptions = {},
): Promise<UploadResult> {
  return await consuming(body, async () => {
    const key = await objectKey(backend, name, options);
    const stored = storableMetadata(metadata);
    checkMetadataSize(stored, backend.capabilities.metadataLimit, key);
    const { bytes, size } = bodyOf(body);
    const { overwrite, ...rest } = options;
    const result = await backend.put(key, bytes, {
      ...rest,
      size: options.size ?? size,
      metadata: stored,
      ifAbsent: overwrite === false,
    });
    return { ...result, metadata: stored };
  });
}

/** Does what takes a body; a stream that it fails to take is cancelled, so that its source is not left waiting. */
export async function consuming<T>(body: ObjectBody, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (body instanceof ReadableStream) cancelUnread(body, error);
    throw error;
  }
}

function bodyOf(body: ObjectBody): { bytes: Body; size?: number } {
  if (typeof body === "string") return { bytes: new TextEncoder().encode(body) };
  if (body instanceof Uint8Array) return { bytes: body };
  if (body instanceof ArrayBuffer) return { bytes: new Uint8Array(body) };
  if (body instanceof Blob) return { bytes: body.stream(), size: body.size };
  if (body instanceof ReadableStream) {
    if (body.locked) {
      throw new InvalidArgumentError("the stream to upload is locked: something else reads it already");
    }
    return { bytes: body };
  }
  throw new InvalidArgumentError(
    "an object's body must be bytes, a string, a Blob or a ReadableStream of bytes",
  );
}

const INTO = { into: true } as const;

/**
 * The stored bytes of an object, or of a range of it, in memory.
 *
 * @param options `range`: which bytes; default all. `into`: memory to fill instead of new memory, as long as what is read; where reading fails, it holds part of it.
 * @returns The bytes as stored: a compressed object's bytes are compressed.
 * @throws {NotFoundError} when there is no such object.
 * @throws {InvalidArgumentError} when `into` has another length.
 * @throws {IntegrityError} when the store does not deliver what it says.
 *
 * @example Frames of one size, read into the same memory: what was used before is filled at twice the speed of new memory
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { readObject, writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * for (const [key, value] of [["frame/0", 1], ["frame/1", 2]] as const) await writeObject(backend, key, new Uint8Array(640 * 480).fill(value));
 * const frame = new Uint8Array(640 * 480);
 * let sum = 0;
 * for (const key of ["frame/0", "frame/1"]) sum += (await readObject(backend, key, { into: frame }))[0];
 * console.assert(sum === 3 && frame[0] === 2);
 * ```
 */
export async function readObject(
  backend: Backend,
  name: string,
  { into, ...options }: ObjectReadOptions & { range?: ByteRange; into?: Uint8Array<ArrayBuffer> } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions(options, OBJECT_READ_OPTIONS, RANGE_OPTION, INTO);
  const reader = await backend.open(await objectKey(backend, name, options), { ...options, parallel: true });
  try {
    return await reader.read(undefined, { into, signal: options.signal });
  } finally {
    await reader.close();
  }
}

/** The bytes of an object that is to be understood, in memory. */
export async function readUnencrypted(
  backend: Backend,
  name: string,
  options: ObjectReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = await backend.open(await objectKey(backend, name, options), { ...options, parallel: true });
  try {
    refuseEncrypted(reader.info);
    return await reader.read(undefined, { signal: options.signal });
  } finally {
    await reader.close();
  }
}

/**
 * The stored bytes of an object, or of a range of it, as a stream, with its metadata.
 *
 * @param options `range`: which bytes; default all.
 * @throws {NotFoundError} when there is no such object.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { openStream, writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * await writeObject(backend, "log", "line 1\nline 2\n", { metadata: { run: "7" } });
 * const { content, metadata } = await openStream(backend, "log", { range: { suffix: 7 } });
 * console.assert(await new Response(content).text() === "line 2\n" && metadata.run === "7");
 * ```
 */
export async function openStream(
  backend: Backend,
  name: string,
  options: ObjectReadOptions & { range?: ByteRange } = {},
): Promise<CloudStream> {
  checkOptions(options, OBJECT_READ_OPTIONS, RANGE_OPTION);
  const reader = await backend.open(await objectKey(backend, name, options), options);
  return {
    content: reader.stream(undefined, { signal: options.signal }),
    metadata: reader.info.metadata,
    info: reader.info,
  };
}

/**
 * What a store tells of an object.
 *
 * @throws {NotFoundError} when there is no such object.
 */
export async function headObject(
  backend: Backend,
  name: string,
  options: ObjectReadOptions = {},
): Promise<ObjectHead> {
  checkOptions(options, OBJECT_READ_OPTIONS);
  const key = await objectKey(backend, name, options);
  const head = await backend.head(key, options);
  if (!head) {
    throw new NotFoundError(`there is no object "${key}" in ${backend.name}`, {
      key,
      bucket: backend.bucket,
    });
  }
  return head;
}

/**
 * A store with another bucket as the current one; for local directories, another directory.
 *
 * @throws {UnsupportedError} where the store has no buckets.
 */
export function otherBucket(backend: Backend, name: string | undefined): Backend {
  if (name === undefined || name === backend.bucket) return backend;
  if (!backend.withBucket) {
    throw new UnsupportedError(
      `${backend.name} has no buckets, so there is no bucket "${name}" to look into`,
    );
  }
  return backend.withBucket(name);
}
