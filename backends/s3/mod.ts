/**
 * Objects in Amazon S3, and in every store that speaks its language: Ceph, MinIO, R2, Google's, Swift's…
 *
 * What is written is guarded by a checksum, and whole objects are checked when they are read. Requests are tried again where that may help; a body
 * that breaks off is resumed; uploads of any length run in bounded memory and leave nothing behind when they fail.
 *
 * Single objects are read, looked up and written, and listed, by requests that are made here. The AWS SDK (88 kB gzipped in a page) makes all others: copies, deletes, uploads in
 * parts. It and the code of each operation are loaded on their first use.
 *
 * @module
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { loadOnce } from "../../lib/async.ts";
import { checkKey } from "../arguments.ts";
import type {
  AbortUploadsOptions,
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
  ObjectVersion,
  OpenOptions,
  Owner,
  PendingUpload,
  Prefix,
  PrefixOptions,
  PresignOptions,
  PutOptions,
  PutResult,
  RequestOptions,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../backend.ts";
import type { S3CommandSender } from "./command.ts";
import { isSameStore, S3_CAPABILITIES, type S3Options } from "./options.ts";
import { withSdk } from "./requests/mod.ts";
import { S3Store } from "./store.ts";

export {
  credentialChain,
  type CredentialChainOptions,
  type CredentialSource,
  type SharedConfig,
  sharedConfig,
} from "./credentials.ts";
export type {
  S3Checksums,
  S3Credentials,
  S3Encryption,
  S3OpenOptions,
  S3Options,
  S3StoringOptions,
} from "./options.ts";
export type { S3Command, S3CommandSender } from "./command.ts";
export type { RetryOptions } from "../options.ts";

const reading = loadOnce(() => import("./read.ts"));
const writing = loadOnce(() => import("./writing/mod.ts"));

/**
 * A bucket of an S3 store.
 *
 * `capabilities.atomicCreate` and `atomicReplace` are kept by Amazon's, and by what `conditionalWrites` is said of. Other stores may refuse conditions or overlook them: there objects are looked up
 * before they are written, and after they are created, which two writers at the same moment can get past; a warning says so once.
 *
 * An abort of a `put` comes too late once the last byte of a single request has left, or the parts are being put together: it is
 * ignored then, and the put resolves. A browser can't tell when a byte has left; there an abort in that moment may leave the object stored.
 *
 * @example
 * ```ts
 * import { S3Backend } from "@cottoncandy/cottoncandy/backends/s3";
 *
 * const backend = new S3Backend({
 *   bucket: "brains",
 *   endpoint: "http://127.0.0.1:9000",
 *   credentials: { accessKeyId: "key", secretAccessKey: "secret" },
 * });
 * console.assert(backend.name === "s3://brains");
 * console.assert(backend.withBucket("minds").bucket === "minds");
 * ```
 */
export class S3Backend implements Backend {
  /** What S3 can do. */
  readonly capabilities: Capabilities;
  readonly #store: S3Store;

  /**
   * Opens a bucket; nothing is sent yet.
   *
   * @param options Where it is, who asks, and how.
   * @param sibling Another bucket of the same store: its connections are shared, and what it has learned of the store.
   * @throws {InvalidArgumentError} when an option can't work, or a browser is given no credentials.
   */
  constructor(options: S3Options, sibling?: S3Backend) {
    this.#store = new S3Store(options, sibling ? sibling.#store : undefined);
    const { keepsConditions } = this.#store;
    this.capabilities = Object.freeze({
      ...S3_CAPABILITIES,
      atomicCreate: keepsConditions,
      atomicReplace: keepsConditions,
    });
  }

  /** For messages: `"s3://bucket"`. */
  get name(): string {
    return `s3://${this.bucket}`;
  }

  /** Tells the bucket from those of its name on other servers than Amazon's: the name, and the endpoint. */
  get identity(): string | undefined {
    return this.#store.identity;
  }

  /** The bucket's name. */
  get bucket(): string {
    return this.#store.bucket;
  }

  /** Sends commands of the SDK, for what is not here; the SDK is loaded with the first. It has none of this backend's retries and checks. */
  get client(): S3CommandSender {
    return { send: async (command, options) => await (await this.loadClient()).send(command, options) };
  }

  /**
   * The SDK's client itself.
   *
   * @throws {AccessDeniedError} when Deno was not allowed to load the SDK, which looks into the environment.
   */
  async loadClient(): Promise<S3Client> {
    return await this.#store.client();
  }

  /** Lists, makes, removes and looks up buckets. */
  get buckets(): BucketOperations {
    const operations = async () => {
      const { s3Buckets } = await withSdk(() => import("./buckets.ts"));
      return s3Buckets(this.#store, (bucket) => this.#storeOf(bucket));
    };
    return {
      list: async (options) => await (await operations()).list(options),
      create: async (name, options) => await (await operations()).create(name, options),
      remove: async (name, options) => await (await operations()).remove(name, options),
      exists: async (name, options) => await (await operations()).exists(name, options),
    };
  }

  /** The same store and credentials with another bucket. */
  withBucket(name: string): S3Backend {
    return name === this.bucket ? this : new S3Backend({ ...this.#store.options, bucket: name }, this);
  }

  /** Whether the other is a bucket of the same endpoint, opened with the same credentials and keys. */
  reaches(other: Backend): boolean {
    return #store in other && isSameStore(this.#store.options, other.#store.options);
  }

  /** By how much the store's clock is ahead of this machine's, as its answers have told: to a second or two. */
  clockOffset(): ClockOffset | undefined {
    return this.#store.clock.offset();
  }

  /**
   * What the store tells of an object, `undefined` when there is none.
   *
   * @throws {NotFoundError} when there is no such bucket.
   * @throws {AccessDeniedError} also for an object that does not exist, where the credentials may not list the bucket.
   */
  async head(key: string, options: HeadOptions = {}): Promise<ObjectHead | undefined> {
    checkKey(key);
    const { headS3Object } = await reading();
    return await headS3Object(this.#store, key, options.signal, options.versionId);
  }

  /**
   * Opens one version for reading. With `parallel` the first request brings the first 8 MiB, and `read` fetches the rest 8 MiB at a time, 6 at once.
   *
   * A whole object is held against its checksum when it is read, where the store tells one of all bytes.
   */
  async open(key: string, options: OpenOptions = {}): Promise<ObjectReader> {
    const { openS3Object } = await reading();
    return await openS3Object(this.#store, key, options);
  }

  /**
   * Stores an object: in one request up to the first part's size (8 MiB), else in parts, 4 at once. Of a stream 2 are underway while a
   * third is gathered: 24 MiB of it are in memory, and more only after 8 GB, when parts grow. With memory to spare, a higher `concurrency` is
   * faster over long distances.
   *
   * @throws {InvalidArgumentError} when key, metadata (2048 bytes), ACL or part size can't work; nothing was sent.
   * @throws {IntegrityError} when a stream is shorter or longer than `size`; nothing is stored.
   * @throws {AlreadyExistsError} with `ifAbsent`, when there is such an object.
   * @throws {PreconditionFailedError} with `ifMatch`, when the object is another version, or there is none.
   */
  async put(key: string, body: Body, options: PutOptions = {}): Promise<PutResult> {
    const { putS3Object } = await writing();
    return await putS3Object(this.#store, key, body, options);
  }

  /** Lists objects and prefixes, 1000 a request, completely and in the order of their UTF-8 bytes. */
  async *list(options: ListOptions = {}): AsyncIterable<ObjectInfo | Prefix> {
    const { listS3Objects } = await import("./list.ts");
    yield* listS3Objects(this.#store, options);
  }

  /** Deletes objects, 1000 a request; those that name a version are looked up first, since few stores do that themselves. There is no trash. */
  async *delete(
    items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
    options: DeleteOptions = {},
  ): AsyncIterable<DeleteResult> {
    const { deleteS3Objects } = await withSdk(() => import("./delete.ts"));
    yield* deleteS3Objects(this.#store, items, options);
  }

  /** Copies an object within the store: above 5 GiB in parts, 8 at once. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<PutResult> {
    const { copyS3Object } = await writing();
    const source = options.fromBucket === undefined ? this.#store : this.#storeOf(options.fromBucket);
    return await copyS3Object(this.#store, source, from, to, options);
  }

  /** Who owns an object. */
  async owner(key: string, options: RequestOptions = {}): Promise<Owner> {
    const { s3ObjectOwner } = await withSdk(() => import("./owner.ts"));
    return await s3ObjectOwner(this.#store, key, options.signal);
  }

  /** An object's tags. */
  async getTags(key: string, options: HeadOptions = {}): Promise<Record<string, string>> {
    const { s3Tags } = await withSdk(() => import("./tags.ts"));
    return await s3Tags(this.#store, key, options);
  }

  /** Replaces an object's tags: 10 at most, keys of up to 128 and values of up to 256 characters. */
  async setTags(
    key: string,
    tags: Readonly<Record<string, string>>,
    options: HeadOptions = {},
  ): Promise<void> {
    const { setS3Tags } = await withSdk(() => import("./tags.ts"));
    return await setS3Tags(this.#store, key, tags, options);
  }

  /**
   * A URL by which whoever has it may do one thing with one object. Who signed it has no say any more: it holds until it expires, or the credentials do.
   *
   * @throws {UnsupportedError} where the store is opened with `sse`, and the URL would need it: for a customer's key, and for `"PUT"`.
   * @throws {InvalidArgumentError} when `expires` is longer than a week, or the store is opened without credentials.
   */
  async presign(key: string, options: PresignOptions = {}): Promise<string> {
    const { presignS3 } = await withSdk(() => import("./presign.ts"));
    return await presignS3(this.#store, key, options);
  }

  /**
   * All versions of all objects, delete markers among them: by key, the latest of each first, then by their times. The store lists versions and markers apart, so that those of one
   * second may be in either order. A bucket that never had versioning lists each object once, as version `"null"`.
   */
  async *listVersions(options: PrefixOptions = {}): AsyncIterable<ObjectVersion> {
    const { listS3Versions } = await withSdk(() => import("./listing/mod.ts"));
    yield* listS3Versions(this.#store, options);
  }

  /** Brings a deleted object back, in a bucket with versioning. */
  async undelete(key: string, options: RequestOptions = {}): Promise<ObjectVersion> {
    const { undeleteS3Object } = await withSdk(() => import("./listing/mod.ts"));
    return await undeleteS3Object(this.#store, key, options);
  }

  /** Uploads in parts that are not complete. */
  async *listUploads(options: PrefixOptions = {}): AsyncIterable<PendingUpload> {
    const { listS3Uploads } = await withSdk(() => import("./listing/mod.ts"));
    yield* listS3Uploads(this.#store, options);
  }

  /** Ends uploads in parts that are not complete, and removes their parts. */
  async abortUploads(options: AbortUploadsOptions): Promise<PendingUpload[]> {
    const { abortS3Uploads } = await withSdk(() => import("./listing/mod.ts"));
    return await abortS3Uploads(this.#store, options);
  }

  /**
   * Begins an upload in parts that can be resumed, and looks whether the store lists its parts, which resuming needs. Its parts are paid for until it is complete or
   * aborted.
   *
   * @throws {UnsupportedError} where the store does not list parts; nothing is left of the upload then.
   * @throws {AccessDeniedError} where the credentials may not list them (`s3:ListMultipartUploadParts`).
   */
  async startUpload(key: string, options: StartUploadOptions): Promise<UploadToken> {
    const { startS3Upload } = await writing();
    return await startS3Upload(this.#store, key, options);
  }

  /**
   * Sends the parts that the store lacks, and completes the upload. A part that it has is held against the body by its checksum, or else its ETag where that is an MD5; where the
   * store tells neither (encryption with a key of KMS or of the customer, without checksums) nothing is proven, and the part is sent again.
   */
  async resumeUpload(token: UploadToken, body: Body, options: ResumeUploadOptions = {}): Promise<PutResult> {
    const { resumeS3Upload } = await writing();
    return await resumeS3Upload(this.#store, token, body, options);
  }

  /** Ends an upload that was begun to be resumed, and removes its parts. */
  async abortUpload(token: UploadToken, options: RequestOptions = {}): Promise<void> {
    const { abortS3Upload } = await writing();
    await abortS3Upload(this.#store, token, options);
  }

  /** Closes connections that are kept for further requests. The backend can still be used. */
  close(): void {
    this.#store.close();
  }

  #storeOf(bucket: string): S3Store {
    return bucket === this.bucket
      ? this.#store
      : new S3Store({ ...this.#store.options, bucket }, this.#store);
  }
}
