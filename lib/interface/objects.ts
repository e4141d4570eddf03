/**
 * Objects as bytes and streams.
 *
 * @module
 */
import type {
  ByteRange,
  HeadOptions,
  ObjectHead,
  ObjectInfo,
  ObjectVersion,
  PresignOptions,
  RequestOptions,
} from "../../backends/backend.ts";
import { collect } from "../async.ts";
import { checkOptions } from "../options.ts";
import {
  type CloudStream,
  consuming,
  headObject,
  type ListingOptions,
  listObjects,
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
  writeObject,
  type WriteOptions,
} from "../objects/mod.ts";
import type {
  EndUploadsOptions,
  ListUploadsOptions,
  PrefixedOptions,
  UnfinishedUpload,
} from "../objects/capabilities/mod.ts";
import { InterfaceObject } from "./base.ts";
import { warnDeprecated } from "./buckets.ts";

/** Options that name another bucket than the current one. */
export interface OtherBucketOptions extends ReadOptions {
  /** The bucket to look into; default the current one. */
  readonly bucketName?: string;
}

/**
 * Objects as bytes and streams, in one bucket or below a prefix of it: written, read, listed, with their tags and versions.
 *
 * Methods that read reject with `NotFoundError` when there is no such object, those that write with `AlreadyExistsError` when there is one and `overwrite` is false.
 *
 * @category Opening a store
 * @example
 * ```ts
 * import { MemoryBackend, ObjectsInterface } from "@cottoncandy/cottoncandy";
 *
 * const cci = new ObjectsInterface(new MemoryBackend(), { prefix: "sub01" });
 * const { key } = await cci.uploadObject("notes", "two runs were lost");
 * console.assert(key === "sub01/notes");
 * ```
 */
export class ObjectsInterface extends InterfaceObject {
  /**
   * Stores bytes, text (as UTF-8), a `Blob` or a stream of any length as an object, all or nothing; see {@linkcode writeObject}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("notes.txt", "two runs were lost", { contentType: "text/plain" });
   * await cci.uploadObject("log", new Blob(["a stream ", "of any length"]).stream());
   * ```
   */
  uploadObject(name: string, body: ObjectBody, options: WriteOptions = {}): Promise<UploadResult> {
    return consuming(
      body,
      () => this.run((key) => writeObject(this.backend, key, body, this.writing(options)), name),
    );
  }

  /**
   * The stored bytes of an object, or of a range of it, in memory; see {@linkcode readObject}.
   *
   * @param options `range`: which bytes; default all. `into`: memory to fill instead of new memory, as long as what is read.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("notes.txt", "two runs were lost");
   * const bytes = await cci.downloadObject("notes.txt", { range: { offset: 4, length: 4 } });
   * console.assert(new TextDecoder().decode(bytes) === "runs");
   * ```
   */
  downloadObject(
    name: string,
    options: ObjectReadOptions & { range?: ByteRange; into?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.run((key) => readObject(this.backend, key, this.reading(options)), name);
  }

  /**
   * The stored bytes of an object, or of a range of it, as a stream, with its metadata; see {@linkcode openStream}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("notes.txt", "two runs were lost", { metadata: { by: "me" } });
   * const { content, metadata } = await cci.downloadStream("notes.txt");
   * console.assert(metadata.by === "me" && await new Response(content).text() === "two runs were lost");
   * ```
   */
  downloadStream(
    name: string,
    options: ObjectReadOptions & { range?: ByteRange } = {},
  ): Promise<CloudStream> {
    return this.run((key) => openStream(this.backend, key, this.reading(options)), name);
  }

  /**
   * What the store tells of an object: size, time, metadata.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("notes.txt", "two runs were lost", { metadata: { by: "me" } });
   * const { size, metadata } = await cci.getObject("notes.txt");
   * console.assert(size === 18 && metadata.by === "me");
   * ```
   */
  getObject(name: string, options: OtherBucketOptions & ObjectReadOptions = {}): Promise<ObjectHead> {
    const { bucketName, ...rest } = options;
    return this.run((key) => headObject(this.inBucket(bucketName), key, this.reading(rest)), name);
  }

  /**
   * Whether there is an object of this name.
   *
   * @param options `raiseErr`: reject with `NotFoundError` instead of resolving to false.
   * @throws {AccessDeniedError} when the store won't tell.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("notes.txt", "two runs were lost");
   * console.assert(await cci.existsObject("notes.txt") && !await cci.existsObject("notes"));
   * ```
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
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * for (const name of ["sub01/a", "sub01/b", "sub02/a"]) await cci.uploadObject(name, "…");
   * const names: string[] = [];
   * for await (const { key } of cci.getObjects({ prefix: "sub01/" })) names.push(key);
   * console.assert(names.join() === "sub01/a,sub01/b");
   * ```
   */
  getObjects(options: ObjectsOptions = {}): AsyncIterable<ObjectInfo> {
    return listObjects(this.backend, this.rooted(options));
  }

  /**
   * Another name of `getObjects`.
   *
   * @deprecated Use `getObjects`.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab", { onWarning: () => {} });
   * await cci.uploadObject("a", "…");
   * for await (const { key } of cci.getBucketObjects()) console.assert(key === "a");
   * ```
   */
  getBucketObjects(options: ObjectsOptions = {}): AsyncIterable<ObjectInfo> {
    warnDeprecated("getBucketObjects", "getObjects", this.reading(options).onWarning);
    return this.getObjects(options);
  }

  /**
   * How many bytes all objects have together, as stored, or those whose names begin with `prefix`.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("sub01/a", new Uint8Array(100));
   * console.assert(await cci.getSize({ prefix: "sub01/" }) === 100);
   * ```
   */
  async getSize(options: ObjectsOptions = {}): Promise<number> {
    return await totalSize(this.backend, this.rooted(options));
  }

  /**
   * Another name of `getSize`.
   *
   * @deprecated Use `getSize`.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab", { onWarning: () => {} });
   * await cci.uploadObject("sub01/a", new Uint8Array(100));
   * console.assert(await cci.getBucketSize() === 100);
   * ```
   */
  async getBucketSize(options: ObjectsOptions = {}): Promise<number> {
    warnDeprecated("getBucketSize", "getSize", this.reading(options).onWarning);
    return await this.getSize(options);
  }

  /**
   * Prints the objects, name, local time and size of each, and returns what it prints.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("sub01/a", new Uint8Array(100));
   * const table = await cci.showObjects(); // and prints it
   * console.assert(table.includes("sub01/a"));
   * ```
   */
  async showObjects(options: ListingOptions = {}): Promise<string> {
    const table = objectTable(await collect(this.getObjects(options)));
    print(table);
    return table;
  }

  /**
   * An object's tags, where the store has tags; see {@linkcode objectTags}.
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * const { study } = await cci.getTags("betas");
   * ```
   */
  async getTags(name: string, options: HeadOptions = {}): Promise<Record<string, string>> {
    const { backend } = this;
    const { objectTags } = await import("../objects/capabilities/mod.ts");
    return await this.run((key) => objectTags(backend, key, this.reading(options)), name);
  }

  /**
   * Replaces an object's tags, where the store has tags; see {@linkcode setObjectTags}.
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * await cci.setTags("betas", { study: "7", checked: "yes" });
   * ```
   */
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
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * const url = await cci.presign("betas.npy", { expires: 600 }); // for somebody without credentials
   * const response = await fetch(url);
   * ```
   */
  async presign(name: string, options: PresignOptions = {}): Promise<string> {
    const { backend } = this;
    const { presignUrl } = await import("../objects/capabilities/mod.ts");
    return await this.run((key) => presignUrl(backend, key, this.reading(options)), name);
  }

  /**
   * All versions of the objects whose names begin with `prefix`, relative to the interface's prefix; see {@linkcode listVersions}.
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * for await (const { key, versionId, isLatest } of cci.listVersions({ prefix: "sub01/" })) {
   *   if (!isLatest) console.log(key, versionId);
   * }
   * ```
   */
  listVersions(options: PrefixedOptions = {}): AsyncIterable<ObjectVersion> {
    const { backend } = this;
    const below = this.rooted(options);
    return (async function* () {
      const { listVersions } = await import("../objects/capabilities/mod.ts");
      yield* listVersions(backend, below);
    })();
  }

  /**
   * Brings a deleted object back, where the store has kept it; see {@linkcode undeleteObject}.
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * await cci.rm("betas");
   * await cci.undelete("betas"); // where the bucket keeps versions
   * ```
   */
  async undelete(name: string, options: RequestOptions = {}): Promise<ObjectVersion> {
    const { backend } = this;
    const { undeleteObject } = await import("../objects/capabilities/mod.ts");
    return await this.run((key) => undeleteObject(backend, key, this.reading(options)), name);
  }

  /**
   * Uploads in parts that were begun and are not complete; see {@linkcode listUploads}.
   *
   * @param options `prefix`; `resume`: a resume store, whose uploads are told too.
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * for await (const { key, started } of cci.listUploads()) console.log(key, started);
   * ```
   */
  listUploads(options: ListUploadsOptions = {}): AsyncIterable<UnfinishedUpload> {
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
   * @param options `olderThan`: a `Date`, or a number of milliseconds ago; `resume`: a resume store, whose uploads are ended and forgotten too.
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * await cci.abortUploads({ olderThan: 7 * 24 * 3600 * 1000 }); // begun a week ago or more
   * ```
   */
  async abortUploads(options: EndUploadsOptions): Promise<UnfinishedUpload[]> {
    const { backend } = this;
    const { abortUploads } = await import("../objects/capabilities/mod.ts");
    return await abortUploads(backend, this.rooted(options));
  }
}
