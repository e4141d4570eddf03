/**
 * Objects and buckets.
 *
 * @module
 */
import type {
  Backend,
  BucketInfo,
  ByteRange,
  ObjectHead,
  ObjectInfo,
  RequestOptions,
} from "../../backends/backend.ts";
import { InvalidArgumentError, NotFoundError } from "../errors.ts";
import type {
  DownloadedFile,
  DownloadFileOptions,
  UploadDirectoryOptions,
  UploadedDirectory,
} from "../files/mod.ts";
import type { JsonValue } from "../json.ts";
import { cleanPrefix, keyBelow, pathjoin } from "../names.ts";
import { readJson, writeJson } from "../objects/json.ts";
import {
  type CloudStream,
  consuming,
  headObject,
  type InterfaceDefaults,
  type ListingOptions,
  listObjects,
  type MultipartOptions,
  type ObjectBody,
  type ObjectsOptions,
  objectTable,
  openStream,
  otherBucket,
  print,
  readObject,
  type ReadOptions,
  totalSize,
  type UploadResult,
  writeInParts,
  writeObject,
  type WriteOptions,
} from "../objects/mod.ts";
import { type PickleReadOptions, type PickleValue, readPickle, writePickle } from "../objects/pickle.ts";
import { bucketInfo, bucketsOf, bucketTable, checkBucketPrefix, warnDeprecated } from "./buckets.ts";

/** What all interfaces are. */
export abstract class InterfaceObject {
  /** The store and bucket that is current. */
  abstract readonly backend: Backend;
}

/** Where an interface looks: options of its constructor beside the defaults of its methods. */
export interface InterfaceSettings extends InterfaceDefaults {
  /** All names are relative to this prefix of the bucket; default the whole bucket. */
  readonly prefix?: string;
  /** What the names of new buckets must begin with; default nothing. */
  readonly mandatoryBucketPrefix?: string;
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
  /** The current bucket is gone: it was removed through this interface. */
  #removed = false;
  readonly #prefix: string;
  readonly #mandatoryBucketPrefix: string | undefined;
  /** What methods do where a call does not say otherwise. */
  protected readonly defaults: InterfaceDefaults;

  /** An interface to a store; nothing is sent. */
  constructor(backend: Backend, options: InterfaceSettings = {}) {
    super();
    const { prefix = "", mandatoryBucketPrefix, ...defaults } = options;
    this.#backend = backend;
    this.#mandatoryBucketPrefix = mandatoryBucketPrefix;
    const clean = cleanPrefix(prefix);
    this.#prefix = clean === "" || clean.endsWith("/") ? clean : `${clean}/`;
    this.defaults = defaults;
  }

  /**
   * The store and bucket that is current.
   *
   * @throws {InvalidArgumentError} when no bucket is, because the one that was has been removed.
   */
  override get backend(): Backend {
    if (!this.#removed) return this.#backend;
    throw new InvalidArgumentError(
      `no bucket is current, since "${this.#backend.bucket}" was removed: choose one with setBucket or createBucket`,
      { bucket: this.#backend.bucket },
    );
  }

  /** The current bucket's name, or the directory of a local store; `undefined` after the current bucket was removed. */
  get bucketName(): string | undefined {
    return this.#removed ? undefined : this.#backend.bucket;
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
    return consuming(
      body,
      () => this.run((key) => writeObject(this.backend, key, body, this.writing(options)), name),
    );
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
    return this.run((key) => readObject(this.backend, key, this.reading(options)), name);
  }

  /**
   * The stored bytes of an object, or of a range of it, as a stream, with its metadata.
   *
   * @throws {NotFoundError} when there is no such object.
   */
  downloadStream(name: string, options: ReadOptions & { range?: ByteRange } = {}): Promise<CloudStream> {
    return this.run((key) => openStream(this.backend, key, this.reading(options)), name);
  }

  /**
   * Stores a value as a pickle, which Python reads with `download_pickle`; see {@linkcode dumpPickle} for what becomes what.
   *
   * @throws {InvalidArgumentError} when Python has nothing for the value; nothing was sent then.
   */
  uploadPickle(name: string, value: unknown, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writePickle(this.backend, key, value, this.writing(options)), name);
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
    return this.run((key) => readPickle(this.backend, key, this.reading(options)), name);
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
    return listObjects(this.backend, { ...this.reading(options), root: this.#prefix });
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
  async getSize(options: ObjectsOptions = {}): Promise<number> {
    return await totalSize(this.backend, { ...this.reading(options), root: this.#prefix });
  }

  /**
   * Another name of `getSize`.
   *
   * @deprecated Use `getSize`.
   */
  async getBucketSize(options: ObjectsOptions = {}): Promise<number> {
    warnDeprecated("getBucketSize", "getSize", this.reading(options).onWarning);
    return await this.getSize(options);
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

  /**
   * Stores a value as JSON, as Python's cottoncandy writes it: `NaN` and `Infinity` as such, no content type unless one is given.
   *
   * @throws {InvalidArgumentError} for what JSON can't hold: functions, typed arrays, Maps, cycles.
   */
  uploadJson(name: string, value: unknown, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writeJson(this.backend, key, value, this.writing(options)), name);
  }

  /**
   * Reads a JSON object; `NaN` and `Infinity` are read, integers that a number can't hold become `bigint`s.
   *
   * @throws {NotFoundError} when there is no such object.
   * @throws {IntegrityError} when it isn't JSON.
   */
  downloadJson(name: string, options: ReadOptions = {}): Promise<JsonValue> {
    return this.run((key) => readJson(this.backend, key, this.reading(options)), name);
  }

  /**
   * Stores a stream of any length in parts of a given size, where the store takes parts. `uploadObject` does so too, with parts of the store's choice.
   *
   * @param options `bufferSize`: bytes a part.
   * @throws {InvalidArgumentError} when the store can't take parts of that size.
   */
  mpuFileobject(
    name: string,
    stream: ReadableStream<Uint8Array>,
    options: MultipartOptions = {},
  ): Promise<UploadResult> {
    return consuming(
      stream,
      () => this.run((key) => writeInParts(this.backend, key, stream, this.writing(options)), name),
    );
  }

  /**
   * Stores a file from disk as an object. It is read as the store takes it, never as a whole.
   *
   * @param path A path, or `file:` URL.
   * @param name The object's name; default the path as it is given, without a leading `/`, as in Python's cottoncandy.
   * @throws {NotFoundError} when there is no such file.
   * @throws {UnsupportedError} in a browser.
   */
  async uploadFromFile(path: string | URL, name?: string, options: WriteOptions = {}): Promise<UploadResult> {
    const { defaultName, uploadFile } = await import("../files/mod.ts");
    return await this.run(
      (key) => uploadFile(this.backend, path, key, this.writing(options)),
      name ?? await defaultName(path),
    );
  }

  /**
   * Writes an object's stored bytes to a file on disk, all or nothing: an existing file is untouched until they are complete, and after a failure nothing is
   * left. The directory must exist.
   *
   * @param path A path, or `file:` URL.
   * @throws {NotFoundError} when there is no such object, or no directory to write into.
   * @throws {AlreadyExistsError} when the file exists and `overwrite` is false.
   * @throws {UnsupportedError} in a browser.
   */
  async downloadToFile(
    name: string,
    path: string | URL,
    options: DownloadFileOptions = {},
  ): Promise<DownloadedFile> {
    const { downloadFile } = await import("../files/mod.ts");
    return await this.run((key) => downloadFile(this.backend, key, path, this.reading(options)), name);
  }

  /**
   * Stores the files of a directory on disk as objects, several at once; hidden files too, symbolic links followed.
   *
   * @param path A path, or `file:` URL.
   * @param cloudPath What the objects' names begin with; default the path as it is given, without a leading `/`.
   * @param options `recursive`: the directories below it too, default false; `concurrency`: how many files at once, default 8.
   * @throws {NotFoundError} when there is no such directory.
   * @throws {PartialFailureError} when some files could not be stored.
   * @throws {UnsupportedError} in a browser.
   */
  async uploadFromDirectory(
    path: string | URL,
    cloudPath?: string,
    options: UploadDirectoryOptions = {},
  ): Promise<UploadedDirectory> {
    const { defaultName, uploadDirectory } = await import("../files/mod.ts");
    const below = this.#prefix + cleanPrefix(cloudPath ?? await defaultName(path));
    return await uploadDirectory(this.backend, path, below, this.writing(options));
  }

  /**
   * Makes a bucket, which becomes the current one. The interface's prefix stays.
   *
   * @param options `acl`: the bucket's canned ACL; sent only when given here, since `acl` of the interface is for objects.
   * @throws {AlreadyExistsError} when there is such a bucket.
   * @throws {InvalidArgumentError} when its name doesn't begin with the mandatory prefix of `options.cfg`.
   * @throws {UnsupportedError} when the store has no buckets.
   */
  async createBucket(name: string, options: RequestOptions & { acl?: string } = {}): Promise<void> {
    checkBucketPrefix(name, this.#mandatoryBucketPrefix);
    await bucketsOf(this.#backend).create(name, options);
    this.#use(name);
  }

  /**
   * Removes an empty bucket. The current bucket stays current, unless it is the one removed: then none is, and what needs one is an
   * `InvalidArgumentError` until `setBucket` or `createBucket`.
   *
   * @throws {NotFoundError} when there is no such bucket.
   * @throws {PreconditionFailedError} when it isn't empty.
   * @throws {UnsupportedError} when the store has no buckets.
   */
  async rmBucket(name: string, options: RequestOptions = {}): Promise<void> {
    await bucketsOf(this.#backend).remove(name, options);
    if (name === this.#backend.bucket) this.#removed = true;
  }

  /**
   * Makes another bucket the current one. The interface's prefix stays: names are relative to it there too.
   *
   * @throws {NotFoundError} when there is no such bucket; the current one stays.
   * @throws {UnsupportedError} when the store has no buckets.
   */
  async setBucket(name: string, options: RequestOptions = {}): Promise<void> {
    if (!await this.existsBucket(name, options)) {
      throw new NotFoundError(`there is no bucket "${name}": make it with createBucket, or check its name`, {
        bucket: name,
      });
    }
    this.#use(name);
  }

  /**
   * Whether there is a bucket of this name; one that may not be looked into exists.
   *
   * @throws {UnsupportedError} when the store has no buckets.
   */
  async existsBucket(name: string, options: RequestOptions = {}): Promise<boolean> {
    return await bucketsOf(this.#backend).exists(name, options);
  }

  /**
   * The current bucket: its name, and when it was made where the store tells.
   *
   * @throws {NotFoundError} when there is none of that name.
   * @throws {UnsupportedError} when the store has no buckets.
   */
  async getBucket(options: RequestOptions = {}): Promise<BucketInfo> {
    const { bucket = "" } = this.backend;
    return await bucketInfo(this.backend, bucket, options);
  }

  /**
   * All buckets that the credentials see, by name.
   *
   * @throws {UnsupportedError} when the store has no buckets.
   */
  async listBuckets(options: RequestOptions = {}): Promise<BucketInfo[]> {
    return await bucketsOf(this.#backend).list(options);
  }

  /**
   * Prints all buckets: name, and when each was made, in local time.
   *
   * @returns What it prints.
   * @throws {UnsupportedError} when the store has no buckets.
   */
  async showBuckets(options: RequestOptions = {}): Promise<string> {
    const table = bucketTable(await this.listBuckets(options));
    print(table);
    return table;
  }

  #use(bucket: string): void {
    this.#backend = this.#backend.withBucket?.(bucket) ?? this.#backend;
    this.#removed = false;
  }

  /** Calls `work` with a name's full key; whatever is thrown on the way becomes a rejection. */
  protected async run<T>(work: (key: string) => Promise<T>, name: string): Promise<T> {
    return await work(keyBelow(this.#prefix, name));
  }

  /** The current store with another bucket. */
  protected inBucket(name: string | undefined): Backend {
    return otherBucket(this.backend, name);
  }

  /** A write's options over the interface's defaults. */
  protected writing<T extends WriteOptions>(options: T): T & WriteOptions {
    return { ...this.reading(options), acl: options.acl ?? this.defaults.acl };
  }

  /** A read's options over the interface's defaults. */
  protected reading<T extends ReadOptions>(options: T): T & ReadOptions {
    const { concurrency, onWarning } = this.defaults;
    return {
      ...options,
      concurrency: options.concurrency ?? concurrency,
      onWarning: options.onWarning ?? onWarning,
    };
  }
}
