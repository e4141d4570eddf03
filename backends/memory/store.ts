import { GrowingBuffer } from "../../lib/bytes.ts";
import {
  AlreadyExistsError,
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
} from "../../lib/errors.ts";
import { compareKeys } from "../arguments.ts";
import type {
  Body,
  BucketOperations,
  ByteRange,
  ObjectHead,
  OpenOptions,
  RequestOptions,
  StartUploadOptions,
} from "../backend.ts";
import { BaseReader, type Reading } from "../base_reader.ts";
import { byteStream, drain, type DrainOptions } from "../body.ts";

/** One version of one object; never changed. */
export interface MemoryVersion {
  /** What is told of it. */
  readonly head: ObjectHead;
  /** Its bytes, which nobody else holds. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An upload that was begun to be resumed: what has arrived of it so far, or the version that it has become. */
export type MemoryUpload =
  | { readonly key: string; readonly options: StartUploadOptions; readonly arrived: GrowingBuffer }
  | { readonly key: string; readonly etag: string };

/** A bucket: its objects by key. */
export class MemoryBucket {
  /** When it was made. */
  readonly created: Date = new Date();
  /** The newest version of each object. */
  readonly objects: Map<string, MemoryVersion> = new Map();
  /** Uploads that were begun to be resumed, by their ids. */
  readonly uploads: Map<string, MemoryUpload> = new Map();
  #sorted: string[] | undefined;

  /** Keys in the order of their UTF-8 bytes, as they are now: a snapshot that later changes leave alone. */
  keys(): readonly string[] {
    return this.#sorted ??= [...this.objects.keys()].sort(compareKeys);
  }

  /** Makes a version the newest one of its key. */
  set(version: MemoryVersion): void {
    const { key } = version.head;
    if (!this.objects.has(key)) this.#sorted = undefined;
    this.objects.set(key, version);
  }

  /** Removes an object. */
  delete(key: string): void {
    if (this.objects.delete(key)) this.#sorted = undefined;
  }
}

/** Buckets by name. */
export type MemoryStore = Map<string, MemoryBucket>;

/** What backends with a name share within this process. */
export const sharedStore: MemoryStore = new Map();

/** The operations on a store's buckets. */
export function memoryBuckets(store: MemoryStore): BucketOperations {
  return {
    // deno-lint-ignore require-await -- async, so that an abort is a rejection
    async list(options) {
      options?.signal?.throwIfAborted();
      return [...store].map(([name, { created }]) => ({ name, created }))
        .sort((a, b) => compareKeys(a.name, b.name));
    },
    // deno-lint-ignore require-await -- as above
    async create(name, options) {
      options?.signal?.throwIfAborted();
      if (name === "") throw new InvalidArgumentError("a bucket needs a name of at least one character");
      if (store.has(name)) {
        throw new AlreadyExistsError(`there is a bucket "${name}" already`, {
          bucket: name,
          committed: "no",
        });
      }
      store.set(name, new MemoryBucket());
    },
    // deno-lint-ignore require-await -- as above
    async remove(name, options) {
      options?.signal?.throwIfAborted();
      const bucket = store.get(name);
      if (!bucket) throw new NotFoundError(`there is no bucket "${name}"`, { bucket: name });
      if (bucket.objects.size > 0) {
        throw new PreconditionFailedError(
          `the bucket "${name}" is not empty: delete its ${bucket.objects.size} objects first`,
          { bucket: name, committed: "no" },
        );
      }
      store.delete(name);
    },
    // deno-lint-ignore require-await -- as above
    async exists(name, options) {
      options?.signal?.throwIfAborted();
      return store.has(name);
    },
  };
}

/** Reads one version in memory; it stays what it is when the object is replaced or deleted. */
export class MemoryReader extends BaseReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  /** Opens a version. */
  constructor({ head, bytes }: MemoryVersion, options: OpenOptions) {
    super(head, options);
    this.#bytes = bytes;
  }

  /** The bytes of a range as a byte stream. */
  override stream(range?: ByteRange, options?: RequestOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { extent: { offset, length }, signal } = this.reading(range, options);
    return byteStream({
      length,
      readInto: (view, from) => {
        view.set(this.#bytes.subarray(offset + from, offset + from + view.byteLength));
        this.report(from + view.byteLength, length);
      },
    }, signal);
  }

  /** Nothing is held open. */
  override async close(): Promise<void> {}

  protected override fill(target: Uint8Array, { extent: { offset, length } }: Reading): void {
    target.set(this.#bytes.subarray(offset, offset + length));
  }
}

/** What is set aside at most on the word of a body's `size` alone. */
const TRUSTED = 256 * 1024 * 1024;

/**
 * A body's bytes in memory of their own.
 *
 * @param report Is told how many bytes have come so far.
 * @throws {CottonCandyError} when memory is short.
 */
export async function bodyInMemory(
  body: Body,
  options: DrainOptions,
  report: (loaded: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const expected = body instanceof Uint8Array ? body.byteLength : options.size;
  const buffer = new GrowingBuffer(
    expected === undefined ? {} : { first: Math.min(expected, TRUSTED), most: expected },
  );
  await drain(body, (piece) => {
    try {
      buffer.append(piece);
    } catch (cause) {
      throw new CottonCandyError(
        `${
          buffer.length + piece.byteLength
        } bytes do not fit into this process's memory; use a store on disk or in the cloud`,
        { cause, committed: "no" },
      );
    }
    report(buffer.length);
  }, options);
  return buffer.take();
}
