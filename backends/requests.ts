/**
 * What a store is asked and what it answers: objects as it tells of them, and the options and results of each operation.
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
  /** When this version was written; where the store keeps `contentTimes`, when its content last changed. */
  readonly lastModified: Date;
  /**
   * When anything of it last changed at the latest, where the store tells what nobody can set: of a file, by the clock of this machine. What was read of it
   * later is what it still has.
   */
  readonly changed?: Date;
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
  /**
   * Wait until it is on the medium, as before another copy is deleted. Stores that always do so, as those of clouds, have no use for that. Default false: as the store was opened.
   */
  readonly durable?: boolean;
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
  /**
   * Wait until it is on the medium, as before another copy is deleted. Stores that always do so, as those of clouds, have no use for that. Default false: as the store was opened.
   */
  readonly durable?: boolean;
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

/** Options of {@linkcode Backend.move}. */
export interface MoveOptions extends RequestOptions {
  /** Move this version only. */
  readonly ifSourceMatch?: string;
  /** Only if no object has the new key: otherwise `AlreadyExistsError`. */
  readonly ifAbsent?: boolean;
}
