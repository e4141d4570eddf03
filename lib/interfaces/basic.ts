/**
 * Objects and buckets.
 *
 * @module
 */
import type { Backend, ByteRange, ObjectHead, ObjectInfo } from "../../backends/backend.ts";
import { cleanPrefix, keyBelow, pathjoin } from "../names.ts";
import { warnDeprecated } from "./deprecated.ts";
import { type ListingOptions, listObjects, type ObjectsOptions, totalSize } from "./listing.ts";
import {
  type CloudStream,
  headObject,
  type ObjectBody,
  openStream,
  readObject,
  writeObject,
} from "./objects.ts";
import { otherBucket } from "./other_bucket.ts";
import { type PickleReadOptions, type PickleValue, readPickle, writePickle } from "./pickle.ts";
import { print } from "./printing.ts";
import { objectTable } from "./table.ts";
import type { InterfaceDefaults, ReadOptions, UploadResult, WriteOptions } from "./options.ts";

/** What all interfaces are. */
export abstract class InterfaceObject {
  /** The store and bucket that is current. */
  abstract readonly backend: Backend;
}

/** Where an interface looks: options of its constructor beside the defaults of its methods. */
export interface InterfaceSettings extends InterfaceDefaults {
  /** All names are relative to this prefix of the bucket; default the whole bucket. */
  readonly prefix?: string;
}

/** Options that name another bucket than the current one. */
export interface OtherBucketOptions extends ReadOptions {
  /** The bucket to look into; default the current one. */
  readonly bucketName?: string;
}

/**
 * Objects as bytes and streams, in one bucket or below a prefix of it.
 *
 * @example
 * ```ts
 * import { BasicInterface, MemoryBackend } from "@cottoncandy/cottoncandy";
 *
 * const cci = new BasicInterface(new MemoryBackend(), { prefix: "sub01" });
 * const { key } = await cci.uploadObject("notes", "two runs were lost");
 * console.assert(key === "sub01/notes" && await cci.existsObject("notes"));
 * ```
 */
export class BasicInterface extends InterfaceObject {
  #backend: Backend;
  readonly #prefix: string;
  /** What methods do where a call does not say otherwise. */
  protected readonly defaults: InterfaceDefaults;

  /** An interface to a store; nothing is sent. */
  constructor(backend: Backend, options: InterfaceSettings = {}) {
    super();
    const { prefix = "", ...defaults } = options;
    this.#backend = backend;
    const clean = cleanPrefix(prefix);
    this.#prefix = clean === "" || clean.endsWith("/") ? clean : `${clean}/`;
    this.defaults = defaults;
  }

  /** The store and bucket that is current. */
  override get backend(): Backend {
    return this.#backend;
  }

  /** The current bucket's name; `undefined` where the store has no buckets. */
  get bucketName(): string | undefined {
    return this.#backend.bucket;
  }

  /** What all names are relative to: `""`, or a prefix that ends in `/`. */
  get prefix(): string {
    return this.#prefix;
  }

  /** Joins names as POSIX paths are joined; see the function of the same name. */
  pathjoin(a: string, ...p: string[]): string {
    return pathjoin(a, ...p);
  }

  /**
   * Stores bytes, text or a stream as an object, all or nothing.
   *
   * @param name The object's name.
   * @param body Bytes, a string (stored as UTF-8), a `Blob`, or a stream of any length, which is never held in memory as a whole.
   * @throws {AlreadyExistsError} when there is one and `overwrite` is false.
   */
  uploadObject(name: string, body: ObjectBody, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writeObject(this.#backend, key, body, this.writing(options)), name);
  }

  /**
   * The stored bytes of an object, or of a range of it, in memory.
   *
   * @throws {NotFoundError} when there is no such object.
   */
  downloadObject(
    name: string,
    options: ReadOptions & { range?: ByteRange } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.run((key) => readObject(this.#backend, key, this.reading(options)), name);
  }

  /**
   * The stored bytes of an object, or of a range of it, as a stream, with its metadata.
   *
   * @throws {NotFoundError} when there is no such object.
   */
  downloadStream(name: string, options: ReadOptions & { range?: ByteRange } = {}): Promise<CloudStream> {
    return this.run((key) => openStream(this.#backend, key, this.reading(options)), name);
  }

  /**
   * Stores a value as a pickle, which Python reads with `download_pickle`; see {@linkcode dumpPickle} for what becomes what.
   *
   * @throws {InvalidArgumentError} when Python has nothing for the value; nothing was sent then.
   */
  uploadPickle(name: string, value: unknown, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writePickle(this.#backend, key, value, this.writing(options)), name);
  }

  /**
   * Reads a pickle: data and numpy arrays, as {@linkcode PickleValue} lists them. Nothing in it is ever called.
   *
   * @param options `encoding`: what the bytes of Python 2's `str` are; default `"latin1"`.
   * @throws {NotFoundError} when there is no such object.
   * @throws {UnsupportedError} when it holds an object of any other class, which is named.
   * @throws {IntegrityError} when it is no pickle, cut off or damaged.
   */
  downloadPickle(name: string, options: ReadOptions & PickleReadOptions = {}): Promise<PickleValue> {
    return this.run((key) => readPickle(this.#backend, key, this.reading(options)), name);
  }

  /**
   * What the store tells of an object: size, time, metadata.
   *
   * @throws {NotFoundError} when there is no such object.
   */
  getObject(name: string, options: OtherBucketOptions = {}): Promise<ObjectHead> {
    const { bucketName, ...rest } = options;
    return this.run((key) => headObject(this.inBucket(bucketName), key, this.reading(rest)), name);
  }

  /**
   * Whether there is an object of this name.
   *
   * @param options `raiseErr`: reject with `NotFoundError` instead of resolving to false.
   * @throws {AccessDeniedError} when the store won't tell.
   */
  existsObject(name: string, options: OtherBucketOptions & { raiseErr?: boolean } = {}): Promise<boolean> {
    const { bucketName, raiseErr, ...rest } = options;
    return this.run(async (key) => {
      const backend = this.inBucket(bucketName);
      if (raiseErr) await headObject(backend, key, this.reading(rest));
      return raiseErr || await backend.head(key, this.reading(rest)) !== undefined;
    }, name);
  }

  /**
   * The objects, or those whose names begin with a prefix, in the order of their names' UTF-8 bytes: complete, and page by page as they are asked for.
   * Their `key` is their name, relative to the interface's prefix.
   *
   * @param options `limit` cuts the listing; `pageSize` is how many a request asks for.
   * @throws {InvalidArgumentError} when an option makes no sense.
   */
  getObjects(options: ObjectsOptions = {}): AsyncIterable<ObjectInfo> {
    return listObjects(this.#backend, { ...this.reading(options), root: this.#prefix });
  }

  /**
   * Another name of `getObjects`.
   *
   * @deprecated Use `getObjects`.
   */
  getBucketObjects(options: ObjectsOptions = {}): AsyncIterable<ObjectInfo> {
    warnDeprecated("getBucketObjects", "getObjects", this.reading(options).onWarning);
    return this.getObjects(options);
  }

  /** How many bytes all objects have together, as stored, or those whose names begin with `prefix`. */
  getSize(options: ObjectsOptions = {}): Promise<number> {
    return totalSize(this.#backend, { ...this.reading(options), root: this.#prefix });
  }

  /**
   * Another name of `getSize`.
   *
   * @deprecated Use `getSize`.
   */
  getBucketSize(options: ObjectsOptions = {}): Promise<number> {
    warnDeprecated("getBucketSize", "getSize", this.reading(options).onWarning);
    return this.getSize(options);
  }

  /**
   * Prints the objects: name, time in local time and size of each.
   *
   * @param options `limit`: how many; default all.
   * @returns What it prints.
   */
  async showObjects(options: ListingOptions = {}): Promise<string> {
    const table = objectTable(await Array.fromAsync(this.getObjects(options)));
    print(table);
    return table;
  }

  /** Calls `work` with a name's full key; whatever is thrown on the way becomes a rejection. */
  protected async run<T>(work: (key: string) => Promise<T>, name: string): Promise<T> {
    return await work(keyBelow(this.#prefix, name));
  }

  /** The current store with another bucket. */
  protected inBucket(name: string | undefined): Backend {
    return otherBucket(this.#backend, name);
  }

  /** A write's options over the interface's defaults. */
  protected writing<T extends WriteOptions>(options: T): T & WriteOptions {
    const { acl, concurrency, onWarning } = this.defaults;
    return { ...defined({ acl, concurrency, onWarning }), ...options };
  }

  /** A read's options over the interface's defaults. */
  protected reading<T extends ReadOptions>(options: T): T & ReadOptions {
    const { concurrency, onWarning } = this.defaults;
    return { ...defined({ concurrency, onWarning }), ...options };
  }
}

/** Without the entries that are undefined, so that spreading over them keeps defaults. */
function defined<T extends object>(options: T): Partial<T> {
  const kept: Partial<T> = { ...options };
  for (const name of Object.keys(kept) as (keyof T)[]) if (kept[name] === undefined) delete kept[name];
  return kept;
}
