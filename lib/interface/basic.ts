/**
 * Objects.
 *
 * @module
 */
import type {
  AbortUploadsOptions,
  ByteRange,
  HeadOptions,
  ObjectHead,
  ObjectInfo,
  ObjectVersion,
  PendingUpload,
  PresignOptions,
  RequestOptions,
} from "../../backends/backend.ts";
import type {
  DownloadedFile,
  DownloadFileOptions,
  UploadDirectoryOptions,
  UploadedDirectory,
} from "../files/mod.ts";
import type { JsonValue } from "../json.ts";
import { checkOptions } from "../options.ts";
import { readJson, writeJson } from "../objects/json.ts";
import {
  type CloudStream,
  consuming,
  headObject,
  type ListingOptions,
  listObjects,
  type MultipartOptions,
  OBJECT_READ_OPTIONS,
  type ObjectBody,
  objectKey,
  type ObjectReadOptions,
  type ObjectsOptions,
  objectTable,
  openStream,
  print,
  readObject,
  type ReadOptions,
  totalSize,
  type UploadResult,
  writeInParts,
  writeObject,
  type WriteOptions,
} from "../objects/mod.ts";
import type { PickleReadOptions, PickleValue } from "../objects/pickle.ts";
import type { PrefixedOptions } from "../objects/capabilities/mod.ts";
import { InterfaceObject } from "./base.ts";
import { warnDeprecated } from "./buckets.ts";

/** Options that name another bucket than the current one. */
export interface OtherBucketOptions extends ReadOptions {
  /** The bucket to look into; default the current one. */
  readonly bucketName?: string;
}

/**
 * Objects as bytes, streams, JSON, pickles and files, in one bucket or below a prefix of it.
 *
 * Each method calls a function of the same feature, which says all there is to know; an interface adds its store, its prefix and its defaults. Methods that read
 * reject with `NotFoundError` when there is no such object, those that write with `AlreadyExistsError` when there is one and `overwrite` is false.
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
  /**
   * Stores bytes, text (as UTF-8), a `Blob` or a stream of any length as an object, all or nothing; see {@linkcode writeObject}.
   */
  uploadObject(name: string, body: ObjectBody, options: WriteOptions = {}): Promise<UploadResult> {
    return consuming(
      body,
      () => this.run((key) => writeObject(this.backend, key, body, this.writing(options)), name),
    );
  }

  /** The stored bytes of an object, or of a range of it, in memory; see {@linkcode readObject}. */
  downloadObject(
    name: string,
    options: ObjectReadOptions & { range?: ByteRange } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.run((key) => readObject(this.backend, key, this.reading(options)), name);
  }

  /** The stored bytes of an object, or of a range of it, as a stream, with its metadata; see {@linkcode openStream}. */
  downloadStream(
    name: string,
    options: ObjectReadOptions & { range?: ByteRange } = {},
  ): Promise<CloudStream> {
    return this.run((key) => openStream(this.backend, key, this.reading(options)), name);
  }

  /** What the store tells of an object: size, time, metadata. */
  getObject(name: string, options: OtherBucketOptions & ObjectReadOptions = {}): Promise<ObjectHead> {
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
      const request = this.reading(rest);
      checkOptions(request, OBJECT_READ_OPTIONS);
      if (raiseErr) await headObject(backend, key, request);
      return raiseErr || await backend.head(await objectKey(backend, key, request), request) !== undefined;
    }, name);
  }

  /**
   * All objects, or those whose names begin with `prefix`, in the order of their names' UTF-8 bytes; see {@linkcode listObjects}. Their `key` is relative to the
   * interface's prefix.
   */
  getObjects(options: ObjectsOptions = {}): AsyncIterable<ObjectInfo> {
    return listObjects(this.backend, this.rooted(options));
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
    return await totalSize(this.backend, this.rooted(options));
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

  /** Prints the objects, name, local time and size of each, and returns what it prints. */
  async showObjects(options: ListingOptions = {}): Promise<string> {
    const table = objectTable(await Array.fromAsync(this.getObjects(options)));
    print(table);
    return table;
  }

  /** An object's tags, where the store has tags; see {@linkcode objectTags}. */
  async getTags(name: string, options: HeadOptions = {}): Promise<Record<string, string>> {
    const { backend } = this;
    const { objectTags } = await import("../objects/capabilities/mod.ts");
    return await this.run((key) => objectTags(backend, key, this.reading(options)), name);
  }

  /** Replaces an object's tags, where the store has tags; see {@linkcode setObjectTags}. */
  async setTags(
    name: string,
    tags: Readonly<Record<string, string>>,
    options: HeadOptions = {},
  ): Promise<void> {
    const { backend } = this;
    const { setObjectTags } = await import("../objects/capabilities/mod.ts");
    return await this.run((key) => setObjectTags(backend, key, tags, this.reading(options)), name);
  }

  /**
   * A URL by which whoever has it may read an object for some time, or look it up, store it or delete it; see {@linkcode presignUrl}.
   *
   * @param options `method`: what for, default `"GET"`; `expires`: for how many seconds, default 3600.
   */
  async presign(name: string, options: PresignOptions = {}): Promise<string> {
    const { backend } = this;
    const { presignUrl } = await import("../objects/capabilities/mod.ts");
    return await this.run((key) => presignUrl(backend, key, this.reading(options)), name);
  }

  /** All versions of the objects whose names begin with `prefix`, relative to the interface's prefix; see {@linkcode listVersions}. */
  listVersions(options: PrefixedOptions = {}): AsyncIterable<ObjectVersion> {
    const { backend } = this;
    const below = this.rooted(options);
    return (async function* () {
      const { listVersions } = await import("../objects/capabilities/mod.ts");
      yield* listVersions(backend, below);
    })();
  }

  /** Brings a deleted object back, where the store has kept it; see {@linkcode undeleteObject}. */
  async undelete(name: string, options: RequestOptions = {}): Promise<ObjectVersion> {
    const { backend } = this;
    const { undeleteObject } = await import("../objects/capabilities/mod.ts");
    return await this.run((key) => undeleteObject(backend, key, this.reading(options)), name);
  }

  /** Uploads in parts that were begun and are not complete; see {@linkcode listUploads}. */
  listUploads(options: PrefixedOptions = {}): AsyncIterable<PendingUpload> {
    const { backend } = this;
    const below = this.rooted(options);
    return (async function* () {
      const { listUploads } = await import("../objects/capabilities/mod.ts");
      yield* listUploads(backend, below);
    })();
  }

  /**
   * Ends uploads in parts that were begun before some time, and removes their parts; see {@linkcode abortUploads}.
   *
   * @param options `olderThan`: a `Date`, or a number of milliseconds ago.
   */
  async abortUploads(options: AbortUploadsOptions): Promise<PendingUpload[]> {
    const { backend } = this;
    const { abortUploads } = await import("../objects/capabilities/mod.ts");
    return await abortUploads(backend, this.rooted(options));
  }

  /** Stores a value as JSON, as Python's cottoncandy writes it; see {@linkcode writeJson}. */
  uploadJson(name: string, value: unknown, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writeJson(this.backend, key, value, this.writing(options)), name);
  }

  /** Reads a JSON object; integers that a number can't hold become `bigint`s; see {@linkcode readJson}. */
  downloadJson(name: string, options: ObjectReadOptions = {}): Promise<JsonValue> {
    return this.run((key) => readJson(this.backend, key, this.reading(options)), name);
  }

  /** Stores a value as a pickle, which Python reads with `download_pickle`; see {@linkcode writePickle}. */
  async uploadPickle(name: string, value: unknown, options: WriteOptions = {}): Promise<UploadResult> {
    const { backend } = this;
    const { writePickle } = await import("../objects/pickle.ts");
    return await this.run((key) => writePickle(backend, key, value, this.writing(options)), name);
  }

  /** Reads a pickle: data and numpy arrays. Nothing in it is ever called; see {@linkcode readPickle}. */
  async downloadPickle(
    name: string,
    options: ObjectReadOptions & PickleReadOptions = {},
  ): Promise<PickleValue> {
    const { backend } = this;
    const { readPickle } = await import("../objects/pickle.ts");
    return await this.run((key) => readPickle(backend, key, this.reading(options)), name);
  }

  /** Stores a stream of any length in parts of `bufferSize` bytes, where the store takes parts; see {@linkcode writeInParts}. */
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
   * Stores a file from disk as an object; see {@linkcode uploadFile}. In a browser this and its like are an `UnsupportedError`.
   *
   * @param path A path, or `file:` URL.
   * @param name The object's name; default the path as it is given, without a leading `/`, as in Python's cottoncandy.
   */
  async uploadFromFile(path: string | URL, name?: string, options: WriteOptions = {}): Promise<UploadResult> {
    const { backend } = this;
    const { defaultName, uploadFile } = await import("../files/mod.ts");
    return await this.run(
      (key) => uploadFile(backend, path, key, this.writing(options)),
      name ?? await defaultName(path),
    );
  }

  /** Writes an object's stored bytes to a file on disk, all or nothing; see {@linkcode downloadFile}. */
  async downloadToFile(
    name: string,
    path: string | URL,
    options: DownloadFileOptions = {},
  ): Promise<DownloadedFile> {
    const { backend } = this;
    const { downloadFile } = await import("../files/mod.ts");
    return await this.run((key) => downloadFile(backend, key, path, this.reading(options)), name);
  }

  /**
   * Stores the files of a directory on disk as objects, several at once; see {@linkcode uploadDirectory}.
   *
   * @param cloudPath What the objects' names begin with; default the path as it is given, without a leading `/`.
   * @param options `recursive`: the directories below it too, default false; `concurrency`: how many files at once, default 8.
   * @throws {PartialFailureError} when some files could not be stored.
   */
  async uploadFromDirectory(
    path: string | URL,
    cloudPath?: string,
    options: UploadDirectoryOptions = {},
  ): Promise<UploadedDirectory> {
    const { backend } = this;
    const { defaultName, uploadDirectory } = await import("../files/mod.ts");
    const below = this.below(cloudPath ?? await defaultName(path));
    return await uploadDirectory(backend, path, below, this.writing(options));
  }
}
