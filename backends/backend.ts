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
import type { OnWarning } from "../lib/warnings.ts";

/**
 * A part of an object, in bytes: from `offset` to the end or for `length` bytes, or the last `suffix` bytes. What lies beyond the object's end is left
 * out: a range that begins there is empty, and no error.
 */
export type ByteRange = { readonly offset: number; readonly length?: number } | { readonly suffix: number };

/** What a listing tells of an object. */
export interface ObjectInfo {
  /** The full key within the bucket. */
  readonly key: string;
  /** Stored size in bytes. */
  readonly size: number;
  /** When this version was written. */
  readonly lastModified: Date;
  /** Names this version of the content; opaque, without quotes. */
  readonly etag?: string;
  /** The store's own id of the version, where it keeps versions. */
  readonly versionId?: string;
  /** What it is stored as, where the store has classes, such as `"GLACIER"`; absent for the store's standard one. */
  readonly storageClass?: string;
}

/** One version of an object, as {@linkcode Backend.listVersions} tells of it. */
export interface ObjectVersion extends ObjectInfo {
  /** Names the version; `"null"` for one that was written while versioning was off. */
  readonly versionId: string;
  /** It is what a read without a version gets. */
  readonly isLatest: boolean;
  /** It stands for a deletion: it has no bytes, and where it is the latest version there is no such object. */
  readonly isDeleteMarker: boolean;
}

/** An upload in parts that was begun and is not complete, as {@linkcode Backend.listUploads} tells of it. Its parts are stored, and paid for. */
export interface PendingUpload {
  /** The full key of the object that it is to become. */
  readonly key: string;
  /** The store's name for the upload. */
  readonly uploadId: string;
  /** When it was begun. */
  readonly started: Date;
}

/** A common prefix of a listing with a delimiter: a "directory"; ends in the delimiter. */
export interface Prefix {
  /** The prefix, delimiter included. */
  readonly prefix: string;
}

/** Checksum algorithms that stores report or check. */
export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256" | "MD5";

/** A checksum of a whole object's stored bytes. */
export interface Checksum {
  /** How it is computed. */
  readonly algorithm: ChecksumAlgorithm;
  /** The value in base64. */
  readonly value: string;
}

/** What a store tells of one object. */
export interface ObjectHead extends ObjectInfo {
  /** User metadata; keys in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Why metadata may be missing that the writer stored, where the store can't show them: for messages. */
  readonly metadataNote?: string;
  /** MIME type. */
  readonly contentType?: string;
  /** Content coding under which the bytes are stored; they are given as stored, never decoded. */
  readonly contentEncoding?: string;
  /** A checksum of the whole object, where the store has one. */
  readonly checksum?: Checksum;
}

/** How far a transfer has come. */
export interface Progress {
  /** The object. */
  readonly key: string;
  /** Bytes moved so far. */
  readonly loaded: number;
  /** Bytes in all, where known. */
  readonly total?: number;
  /** True in the last report, once the transfer is complete. */
  readonly done: boolean;
}

/** What receives progress. */
export type OnProgress = (progress: Progress) => void;

/** Options of everything that asks the store. */
export interface RequestOptions {
  /** Ends the request; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Receives warnings; by default the first of each kind is printed. */
  readonly onWarning?: OnWarning;
}

/** Options of {@linkcode Backend.head}. */
export interface HeadOptions extends RequestOptions {
  /** The version to ask for, where the store keeps several; default the latest. */
  readonly versionId?: string;
}

/** Options of {@linkcode Backend.open}. */
export interface OpenOptions extends HeadOptions {
  /** What the first request fetches; a later `read` or `stream` of the same range uses its bytes. Default: the whole object. */
  readonly range?: ByteRange;
  /** The caller will read all of `range` into memory: the store may fetch its parts concurrently. */
  readonly parallel?: boolean;
  /** Read this version only; any other is a `PreconditionFailedError`. */
  readonly ifMatch?: string;
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** Receives progress. */
  readonly onProgress?: OnProgress;
}

/**
 * One version of one object. Opening has already made a request, whose bytes wait to be read; everything read through the same
 * reader is of that version, or a `PreconditionFailedError` says that it is gone.
 */
export interface ObjectReader {
  /** What the store told with the first bytes. */
  readonly info: ObjectHead;
  /** The bytes of a range as a byte stream; without one the range that was opened. Cancelling it ends the request. */
  stream(range?: ByteRange, options?: RequestOptions): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * The bytes of a range in memory; without one the range that was opened. Filled in place: into `into` where given, which must
   * have the range's exact length.
   */
  read(
    range?: ByteRange,
    options?: RequestOptions & { into?: Uint8Array<ArrayBuffer> },
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Gives up whatever is open and unread. Harmless when nothing is. */
  close(): Promise<void>;
}

/** The body of a put. */
export type Body = Uint8Array | ReadableStream<Uint8Array>;

/** How an object is to be stored. A store that has no such thing refuses it with `UnsupportedError`. */
export interface StorageOptions {
  /** The storage class, such as S3's `"STANDARD_IA"`; default the store's own. */
  readonly storageClass?: string;
  /** Tags, by their keys: unlike metadata they can be changed later, and rules of the bucket can go by them. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Options of {@linkcode Backend.put}. */
export interface PutOptions extends RequestOptions, StorageOptions {
  /** Length of a stream in bytes, where known; a stream of another length fails with `IntegrityError` and stores nothing. */
  readonly size?: number;
  /** User metadata: printable ASCII values; keys are stored in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** MIME type. */
  readonly contentType?: string;
  /** Canned ACL; sent only when given. */
  readonly acl?: string;
  /** Only if no object has the key: otherwise `AlreadyExistsError`. */
  readonly ifAbsent?: boolean;
  /** Only over this version: otherwise `PreconditionFailedError`. */
  readonly ifMatch?: string;
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** A hint: bytes a part, where the store takes large objects in parts. A store without parts has no use for it. */
  readonly partSize?: number;
  /** Receives progress. */
  readonly onProgress?: OnProgress;
}

/** What a put or a copy stored. */
export interface PutResult {
  /** The full key. */
  readonly key: string;
  /** Stored size in bytes. */
  readonly size: number;
  /** Names the version written. */
  readonly etag?: string;
  /** The store's own id of the version, where it keeps versions. */
  readonly versionId?: string;
}

/** Options of {@linkcode Backend.list}. */
export interface ListOptions extends PrefixOptions {
  /** Keys that have it after the prefix are summed up as a {@linkcode Prefix}. */
  readonly delimiter?: string;
  /** Only keys after this one, in the order of UTF-8 bytes. */
  readonly startAfter?: string;
  /** Keys a request; never limits how many are listed. */
  readonly pageSize?: number;
}

/** One object to delete. */
export type DeleteItem = string | {
  /** The key. */
  readonly key: string;
  /** Delete only this version. */
  readonly ifMatch?: string;
  /** Delete this version for good, where the store keeps several. Without it such a store only hides the object behind a delete marker. */
  readonly versionId?: string;
};

/** What became of one object to delete; deleting what isn't there succeeds. */
export interface DeleteResult {
  /** The key. */
  readonly key: string;
  /** Why it could not be deleted; absent when it is gone. */
  readonly error?: Error;
}

/** Options of {@linkcode Backend.delete}. */
export interface DeleteOptions extends RequestOptions {
  /** Move to the trash, where the store has one. */
  readonly trash?: boolean;
}

/** Options of {@linkcode Backend.copy}; what is said of storage class and tags replaces the source's. */
export interface CopyOptions extends RequestOptions, StorageOptions {
  /** The source's bucket; default the backend's own. */
  readonly fromBucket?: string;
  /** The source's version, where the store keeps several; default the latest. */
  readonly fromVersionId?: string;
  /** Replaces all metadata; default: the source's. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Copy this version only. */
  readonly ifSourceMatch?: string;
  /** Only if no object has the destination's key: otherwise `AlreadyExistsError`. */
  readonly ifAbsent?: boolean;
  /** Canned ACL; sent only when given. */
  readonly acl?: string;
}

/** Options of {@linkcode Backend.presign}. */
export interface PresignOptions extends RequestOptions {
  /** What the URL is for: reading (`"GET"`, the default), looking up, storing in one request, or deleting. */
  readonly method?: "GET" | "HEAD" | "PUT" | "DELETE";
  /** Seconds for which the URL holds, at most a week (604,800); default an hour (3600). Not longer than the credentials do. */
  readonly expires?: number;
  /** Which version it reads or deletes; default the latest. */
  readonly versionId?: string;
  /** For `"GET"`: a name under which browsers save what they get, rather than show it. */
  readonly filename?: string;
  /** For `"GET"` the content type of the answer, for `"PUT"` the one that must be sent. */
  readonly contentType?: string;
}

/** Options of {@linkcode Backend.listVersions} and {@linkcode Backend.listUploads}. */
export interface PrefixOptions extends RequestOptions {
  /** Only what has keys that start with this. */
  readonly prefix?: string;
}

/** Options of {@linkcode Backend.abortUploads}. */
export interface AbortUploadsOptions extends PrefixOptions {
  /** Only uploads that were begun before this time, or as many milliseconds ago: younger ones may still be underway. 0 is all. */
  readonly olderThan: Date | number;
}

/** Options of {@linkcode Backend.move}. */
export interface MoveOptions extends RequestOptions {
  /** Move this version only. */
  readonly ifSourceMatch?: string;
  /** Only if no object has the new key: otherwise `AlreadyExistsError`. */
  readonly ifAbsent?: boolean;
}

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
}

/** An object store, or one bucket of it. An immutable value: its bucket and credentials never change. */
export interface Backend {
  /** For messages: `"s3://bucket"`. */
  readonly name: string;
  /** The bucket's name, where there are buckets. */
  readonly bucket?: string;
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
}
