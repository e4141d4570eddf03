/**
 * The contract that every object store keeps: objects are named bytes with metadata, streams go in and come out.
 *
 * Rules of all backends, kept by one conformance suite:
 * - A put is all or nothing. Until it resolves, a reader sees the old object or none; one that failed or was aborted leaves nothing behind.
 * - A stream of unknown length is put in bounded memory.
 * - A read never gives short or wrong bytes without an error.
 * - What is missing is a `NotFoundError`, or `undefined` from `head`. A range of an empty object is empty.
 * - A listing is complete, and ordered by the keys' UTF-8 bytes.
 * - Keys are opaque: nothing is decoded or normalised here.
 *
 * @module
 */
import type {
  Body,
  CopyOptions,
  DeleteItem,
  DeleteOptions,
  DeleteResult,
  HeadOptions,
  ListOptions,
  MoveOptions,
  ObjectHead,
  ObjectInfo,
  ObjectReader,
  ObjectVersion,
  OpenOptions,
  Prefix,
  PrefixOptions,
  PresignOptions,
  PutOptions,
  PutResult,
  RequestOptions,
} from "./requests.ts";
import type {
  AbortUploadsOptions,
  PendingUpload,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "./uploads.ts";

export type * from "./requests.ts";
export type * from "./uploads.ts";

/** Who owns an object. */
export interface Owner {
  /** The store's id of the owner. */
  readonly id: string;
  /** A name to show. */
  readonly displayName?: string;
}

/** A bucket. */
export interface BucketInfo {
  /** Its name. */
  readonly name: string;
  /** When it was made, where the store tells. */
  readonly created?: Date;
}

/** Operations on buckets, where a store has them. */
export interface BucketOperations {
  /** All buckets that the credentials see, by name. */
  list(options?: RequestOptions): Promise<BucketInfo[]>;
  /** Makes a bucket. `AlreadyExistsError` when there is one. */
  create(name: string, options?: RequestOptions & { acl?: string }): Promise<void>;
  /** Removes an empty bucket; `PreconditionFailedError` when it isn't empty, `NotFoundError` when there is none. */
  remove(name: string, options?: RequestOptions): Promise<void>;
  /** Whether there is such a bucket; one that may not be looked into exists. */
  exists(name: string, options?: RequestOptions): Promise<boolean>;
}

/** What a store can do. */
export interface Capabilities {
  /** Parts of objects can be read without the rest. */
  readonly ranges: boolean;
  /** `put` with `ifAbsent` is decided by the store, atomically; otherwise it is looked up first. */
  readonly atomicCreate: boolean;
  /** `put` with `ifMatch` is decided by the store, atomically. */
  readonly atomicReplace: boolean;
  /** `copy` does not move the bytes through this process. */
  readonly serverSideCopy: boolean;
  /** How many bytes of metadata (names and values) an object may have. */
  readonly metadataLimit: number;
  /** There are buckets: {@linkcode Backend.buckets} is there. */
  readonly buckets: boolean;
  /** Deleted objects can go to a trash. */
  readonly trash: boolean;
  /** Canned ACLs mean something. */
  readonly acl: boolean;
  /** Objects are stored in classes: `storageClass` means something. Default false. */
  readonly storageClasses?: boolean;
  /** Objects can have tags. Default false. */
  readonly tags?: boolean;
  /** The store can keep several versions of an object. Default false. */
  readonly versions?: boolean;
  /** Nothing can be stored or deleted: every attempt is an `UnsupportedError`. Default false. */
  readonly readOnly?: boolean;
  /** Requests travel over a line, which several at once fill better than one. Default false. */
  readonly remote?: boolean;
  /** `lastModified` is when the content last changed, and what a put or copy says of that in the metadata entry `mtime`: a file's time. Default false. */
  readonly contentTimes?: boolean;
}

/** Between which bounds a store's clock is ahead of this machine's, in milliseconds; negative where it is behind. */
export interface ClockOffset {
  /** At least that much. */
  readonly least: number;
  /** At most that much. */
  readonly most: number;
}

/** An object store, or one bucket of it. An immutable value: its bucket and credentials never change. */
export interface Backend {
  /** For messages: `"s3://bucket"`. */
  readonly name: string;
  /** The bucket's name, where there are buckets. */
  readonly bucket?: string;
  /** Tells the store from others that have its name, as buckets of other servers may: tokens of uploads are bound to it. Absent: the name does. */
  readonly identity?: string;
  /** The store around which this is, in whose keys its objects stand. Absent: there is none. */
  readonly store?: Backend;
  /** What this store can do. */
  readonly capabilities: Capabilities;
  /** Operations on buckets, where the store has them. */
  readonly buckets?: BucketOperations;
  /** The same store and credentials with another bucket, where the store has buckets; a local store with another directory. */
  withBucket?(name: string): Backend;
  /**
   * Where the root is, where it is not the top of what everybody sees: names of directories from the top, with `/` between. Who opens a directory above or below finds an
   * object by what this and the object's key make together; keys themselves count from the root. Absent or `""`: the root is the top.
   */
  rootPath?(options?: RequestOptions): Promise<string>;
  /** Whether `copy` reaches another backend's objects, by `fromBucket` where its bucket is another: it is of the same store and credentials. Where it is absent, only its own. */
  reaches?(other: Backend): boolean;
  /**
   * By how many milliseconds the clock that `lastModified` goes by is ahead of this machine's, at least and at most, as the store's answers have told;
   * `undefined` before the first. Where the store tells.
   */
  clockOffset?(): ClockOffset | undefined;
  /** What the store tells of an object, `undefined` when there is none. */
  head(key: string, options?: HeadOptions): Promise<ObjectHead | undefined>;
  /** Opens one version of an object for reading; `NotFoundError` when there is none. */
  open(key: string, options?: OpenOptions): Promise<ObjectReader>;
  /** Stores an object, all or nothing. */
  put(key: string, body: Body, options?: PutOptions): Promise<PutResult>;
  /** Lists objects, and prefixes where a delimiter is given, completely and in the order of the keys' UTF-8 bytes. */
  list(options?: ListOptions): AsyncIterable<ObjectInfo | Prefix>;
  /** Deletes objects; tells of each what became of it. Lazy: nothing happens until the result is iterated. */
  delete(
    items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
    options?: DeleteOptions,
  ): AsyncIterable<DeleteResult>;
  /** Copies an object with its metadata, content type, storage class and tags. Onto itself only with new metadata or storage class, or from another version. */
  copy(from: string, to: string, options?: CopyOptions): Promise<PutResult>;
  /**
   * Moves an object with its metadata and content type to another key in one step, where the store can. `undefined`, and nothing has changed, where it can't
   * here: then the object may be copied, and deleted. What may not be deleted either is an `AccessDeniedError`.
   */
  move?(from: string, to: string, options?: MoveOptions): Promise<PutResult | undefined>;
  /** Who owns an object, where the store tells. */
  owner?(key: string, options?: RequestOptions): Promise<Owner>;
  /** An object's tags, where the store has tags. */
  getTags?(key: string, options?: HeadOptions): Promise<Record<string, string>>;
  /** Replaces an object's tags, where the store has tags. */
  setTags?(key: string, tags: Readonly<Record<string, string>>, options?: HeadOptions): Promise<void>;
  /** A URL by which whoever has it may do one thing with one object for some time, where the store has such URLs. */
  presign?(key: string, options?: PresignOptions): Promise<string>;
  /** All versions of all objects, delete markers among them: in the order of their keys, newest first. Where the store keeps versions. */
  listVersions?(options?: PrefixOptions): AsyncIterable<ObjectVersion>;
  /**
   * Brings a deleted object back, by removing the delete markers that hide it, and tells the version that is the latest then; one that is not
   * deleted is left alone. `NotFoundError` when there is no version of it. Where the store keeps versions.
   */
  undelete?(key: string, options?: RequestOptions): Promise<ObjectVersion>;
  /** Uploads in parts that are not complete, in the order of their keys. Where the store keeps parts until somebody ends their upload. */
  listUploads?(options?: PrefixOptions): AsyncIterable<PendingUpload>;
  /** Ends uploads in parts that are not complete, removes their parts, and tells which they were. `PartialFailureError` when that failed with some. */
  abortUploads?(options: AbortUploadsOptions): Promise<PendingUpload[]>;
  /**
   * Begins an upload that can be taken up again, in another process too, and gives what it takes for that: to be kept before anything is sent. Nothing of the body is
   * sent yet. What is begun stays until it is complete or `abortUpload` ends it, and may be paid for. Conditions are checked now, and decide when the
   * upload completes. Where the store can.
   */
  startUpload?(key: string, options: StartUploadOptions): Promise<UploadToken>;
  /**
   * Sends what the store lacks of an upload that was begun, and completes it, all or nothing like a put. The body is given from its beginning, the same bytes each time: what the
   * store has is held against it by checksum rather than sent again. Whatever fails, an abort too, leaves what has arrived to be resumed. An upload that had been completed, its
   * answer lost, is told as such.
   *
   * `NotFoundError` when the store knows of no such upload and has not completed it: begin anew. `IntegrityError` when the body is not the one that was begun
   * (other bytes, another length); nothing is stored then. `InvalidArgumentError` for another store's token.
   */
  resumeUpload?(token: UploadToken, body: Body, options?: ResumeUploadOptions): Promise<PutResult>;
  /** Ends an upload that was begun, and has the store forget what has arrived. One that is over already is left alone. */
  abortUpload?(token: UploadToken, options?: RequestOptions): Promise<void>;
}
