/**
 * Objects in this process's memory: for tests, examples and pages that need no store.
 *
 * @module
 */
import { NotFoundError } from "../../lib/errors.ts";
import { checkCopyOptions, checkKey, checkPutOptions, compareKeys, refuseVersion } from "../arguments.ts";
import type {
  Backend,
  Body,
  BucketOperations,
  Capabilities,
  ClockOffset,
  CopyOptions,
  DeleteItem,
  DeleteOptions,
  DeleteResult,
  HeadOptions,
  ListOptions,
  ObjectHead,
  ObjectInfo,
  ObjectReader,
  OpenOptions,
  Prefix,
  PutOptions,
  PutResult,
  RequestOptions,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../backend.ts";
import { cancelUnread } from "../body.ts";
import {
  checkWriteConditions,
  objectNotFoundError,
  type ObjectPlace,
  type WriteConditions,
} from "../conditions.ts";
import { deleteEach } from "../deleting.ts";
import { type ListCursor, listed } from "../listing.ts";
import {
  bodyInMemory,
  MemoryBucket,
  memoryBuckets,
  MemoryReader,
  type MemoryStore,
  type MemoryVersion,
  sharedStore,
} from "./store.ts";

const CAPABILITIES: Capabilities = Object.freeze({
  ranges: true,
  atomicCreate: true,
  atomicReplace: true,
  serverSideCopy: true,
  metadataLimit: 64 * 1024,
  buckets: true,
  trash: false,
  acl: false,
});

/**
 * A store in this process's memory. What is put is copied, and what is read is memory of the reader's own. A reader keeps reading the
 * version that it opened, whatever becomes of the object.
 *
 * @category Stores
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 *
 * const backend = new MemoryBackend();
 * await backend.put("greeting", new TextEncoder().encode("hello"), { metadata: { lang: "en" } });
 * const reader = await backend.open("greeting");
 * console.assert(reader.info.metadata.lang === "en");
 * console.assert(new TextDecoder().decode(await reader.read({ suffix: 2 })) === "lo");
 * ```
 */
export class MemoryBackend implements Backend {
  /** What this store can do. */
  readonly capabilities: Capabilities = CAPABILITIES;
  #store: MemoryStore;
  #bucket: string;

  /**
   * Opens a bucket, which is made when there is none.
   *
   * @param name The bucket's name. All backends of one name in a process share their objects, and all that were given a name share one list of
   * buckets. Without a name the backend has a store of its own.
   */
  constructor(name?: string) {
    this.#bucket = name ?? "memory";
    this.#store = name === undefined ? new Map() : sharedStore;
    if (!this.#store.has(this.#bucket)) this.#store.set(this.#bucket, new MemoryBucket());
  }

  /** For messages: `"memory://name"`. */
  get name(): string {
    return `memory://${this.#bucket}`;
  }

  /** The bucket's name. */
  get bucket(): string {
    return this.#bucket;
  }

  /** Lists, makes, removes and looks up the buckets of the store. */
  get buckets(): BucketOperations {
    return memoryBuckets(this.#store);
  }

  /** The same store with another bucket, which need not exist yet: until it is made, reading and writing is a `NotFoundError`. */
  withBucket(name: string): MemoryBackend {
    const other = new MemoryBackend();
    other.#store = this.#store;
    other.#bucket = name;
    return other;
  }

  /** What is told of an object, `undefined` when there is none. */
  // deno-lint-ignore require-await -- async, so that a wrong argument is a rejection
  async head(key: string, options: HeadOptions = {}): Promise<ObjectHead | undefined> {
    options.signal?.throwIfAborted();
    checkKey(key);
    refuseVersion(options.versionId, { key, bucket: this.#bucket });
    return this.#objects().objects.get(key)?.head;
  }

  /** Opens the newest version for reading. */
  // deno-lint-ignore require-await -- as above
  async open(key: string, options: OpenOptions = {}): Promise<ObjectReader> {
    options.signal?.throwIfAborted();
    refuseVersion(options.versionId, { key, bucket: this.#bucket });
    return new MemoryReader(this.#version(key, options.ifMatch), options);
  }

  /** Copies the body into this process's memory. */
  async put(key: string, body: Body, options: PutOptions = {}): Promise<PutResult> {
    const { signal, size, onProgress } = options;
    try {
      signal?.throwIfAborted();
      const { metadataLimit } = CAPABILITIES;
      const metadata = checkPutOptions(key, body, options, { bucket: this.#bucket, metadataLimit });
      this.#checkWrite(key, options);
      const total = body instanceof Uint8Array ? body.byteLength : size;
      const bytes = await bodyInMemory(
        body,
        { size, signal },
        (loaded) => onProgress?.({ key, loaded, total, done: false }),
      );
      // What follows runs in one go: nothing comes between the check and the write.
      this.#checkWrite(key, options);
      const head = this.#write(key, bytes, metadata, options.contentType);
      onProgress?.({ key, loaded: head.size, total: head.size, done: true });
      return { key, size: head.size, etag: head.etag };
    } catch (error) {
      cancelUnread(body, error);
      throw error;
    }
  }

  /** Whether the other is of the same buckets. */
  reaches(other: Backend): boolean {
    return #store in other && other.#store === this.#store;
  }

  /** It is this machine's clock. */
  clockOffset(): ClockOffset {
    return { least: 0, most: 0 };
  }

  /** Lists the objects that there are when the listing begins, without those that are deleted meanwhile. */
  list(options: ListOptions = {}): AsyncIterable<ObjectInfo | Prefix> {
    return listed(options, (cursor) => this.#walk(cursor));
  }

  /** Deletes objects as the result is iterated. */
  delete(
    items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
    options: DeleteOptions = {},
  ): AsyncIterable<DeleteResult> {
    return deleteEach(items, options.signal, (key, ifMatch) => {
      const bucket = this.#objects();
      const present = bucket.objects.get(key)?.head;
      if (present) checkWriteConditions(present, { ifMatch }, this.#place(key));
      bucket.delete(key);
    });
  }

  /** Makes a new object of the source's bytes, without copying them. */
  // deno-lint-ignore require-await -- as above
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<PutResult> {
    options.signal?.throwIfAborted();
    const { fromBucket = this.#bucket, ifAbsent } = options;
    const limits = { bucket: this.#bucket, metadataLimit: CAPABILITIES.metadataLimit };
    const metadata = checkCopyOptions(from, to, options, fromBucket === this.#bucket, limits);
    const { head, bytes } = this.withBucket(fromBucket).#version(from, options.ifSourceMatch);
    this.#checkWrite(to, { ifAbsent });
    const { size, etag } = this.#write(to, bytes, metadata ?? head.metadata, head.contentType);
    return { key: to, size, etag };
  }

  /** Begins an upload whose bytes stay in memory until it is resumed; the token is of use within this process. */
  async startUpload(key: string, options: StartUploadOptions): Promise<UploadToken> {
    const { startMemoryUpload } = await import("./uploads.ts");
    options.signal?.throwIfAborted();
    checkKey(key);
    this.#checkWrite(key, options);
    return startMemoryUpload(this.#objects(), this, key, options, CAPABILITIES.metadataLimit);
  }

  /** Takes what has not arrived of an upload; what has is held against the body byte by byte. */
  async resumeUpload(token: UploadToken, body: Body, options: ResumeUploadOptions = {}): Promise<PutResult> {
    try {
      const { resumeMemoryUpload } = await import("./uploads.ts");
      options.signal?.throwIfAborted();
      return await resumeMemoryUpload(this.#objects(), this, token, body, options, (bytes, begun) => {
        this.#checkWrite(token.key, begun);
        return this.#write(token.key, bytes, begun.metadata ?? {}, begun.contentType);
      });
    } catch (error) {
      cancelUnread(body, error);
      throw error;
    }
  }

  /** Forgets an upload. */
  async abortUpload(token: UploadToken, options: RequestOptions = {}): Promise<void> {
    const { abortMemoryUpload } = await import("./uploads.ts");
    options.signal?.throwIfAborted();
    abortMemoryUpload(this.#objects(), this, token);
  }

  #objects(): MemoryBucket {
    const bucket = this.#store.get(this.#bucket);
    if (bucket) return bucket;
    throw new NotFoundError(`there is no bucket "${this.#bucket}": make it with createBucket`, {
      bucket: this.#bucket,
    });
  }

  #place(key: string): ObjectPlace {
    return { key, bucket: this.#bucket, place: this.name };
  }

  #version(key: string, ifMatch: string | undefined): MemoryVersion {
    checkKey(key);
    const version = this.#objects().objects.get(key);
    if (!version) throw objectNotFoundError(this.#place(key));
    checkWriteConditions(version.head, { ifMatch }, this.#place(key));
    return version;
  }

  #checkWrite(key: string, conditions: WriteConditions): void {
    checkWriteConditions(this.#objects().objects.get(key)?.head, conditions, this.#place(key));
  }

  #write(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    metadata: Readonly<Record<string, string>>,
    contentType: string | undefined,
  ): ObjectHead {
    const head: ObjectHead = Object.freeze({
      key,
      size: bytes.byteLength,
      lastModified: new Date(),
      etag: `${++versions}`,
      metadata,
      ...(contentType === undefined ? {} : { contentType }),
    });
    this.#objects().set({ head, bytes });
    return head;
  }

  *#walk({ after, prefix }: ListCursor): Iterable<ObjectInfo> {
    const bucket = this.#objects();
    const keys = bucket.keys();
    const start = compareKeys(after, prefix) < 0 ? prefix : after;
    for (let i = firstFrom(keys, start); i < keys.length && keys[i].startsWith(prefix); i++) {
      const head = bucket.objects.get(keys[i])?.head;
      if (head) yield { key: head.key, size: head.size, lastModified: head.lastModified, etag: head.etag };
    }
  }
}

/** Counts versions within the process, so that no two have one etag. */
let versions = 0;

/** Where the first key stands that is not before `key`. */
function firstFrom(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(keys[middle], key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
