/**
 * Uploads that outlive a process: those in parts that the store keeps until somebody ends them, and those that are begun to be resumed.
 *
 * @module
 */
import type { JsonValue } from "../lib/json.ts";
import type { Checksum, OnProgress, PrefixOptions, PutOptions, RequestOptions } from "./requests.ts";

/** An upload in parts that was begun and is not complete, as {@linkcode Backend.listUploads} tells of it. Its parts are stored, and paid for. */
export interface PendingUpload {
  /** The full key of the object that it is to become. */
  readonly key: string;
  /** The store's name for the upload. */
  readonly uploadId: string;
  /** When it was begun. */
  readonly started: Date;
}

/** Options of {@linkcode Backend.abortUploads}. */
export interface AbortUploadsOptions extends PrefixOptions {
  /** Only uploads that were begun before this time, or as many milliseconds ago by the store's clock: younger ones may still be underway. 0 is all. */
  readonly olderThan: Date | number;
  /** Only uploads of which it says so; default all. */
  readonly only?: (upload: PendingUpload) => boolean;
}

/** Options of {@linkcode Backend.startUpload}: everything that must be known before the first byte, since the store is told then. */
export interface StartUploadOptions extends Omit<PutOptions, "size" | "concurrency" | "onProgress"> {
  /** Bytes of the whole body. */
  readonly size: number;
  /**
   * Tells the body from any other: a digest of it, or what a file tells of itself (size, times, inode). What encrypts needs it, and resumes with the same alone; other stores hold what they have against the body itself,
   * and have no use for it.
   */
  readonly source?: string;
}

/**
 * Names an upload that was begun to be resumed. Plain JSON, to be kept wherever the next process finds it; it has no secrets, and is of no use to
 * somebody without the store's credentials.
 */
export interface UploadToken {
  /** The form of this token. */
  readonly version: 1;
  /** The store: its {@linkcode Backend.identity}, or else its name; no other takes it. */
  readonly store: string;
  /** The full key of the object that it is to become. */
  readonly key: string;
  /** Bytes of the whole body. */
  readonly size: number;
  /** When it was begun, as ISO 8601. */
  readonly started: string;
  /** The store's own affair. */
  readonly state: Readonly<Record<string, JsonValue>>;
}

/** An object's version that a body is of, to be read from anywhere. */
export interface BodyFrom {
  /** Names the version, and the object and its store: no other bytes have the same. */
  readonly version: string;
  /** The checksum of the whole, where it is known. */
  readonly checksum?: Checksum;
  /** The bytes of that version from one on; fails where it is gone. */
  open(offset: number): ReadableStream<Uint8Array>;
}

/** Options of {@linkcode Backend.resumeUpload}. */
export interface ResumeUploadOptions extends RequestOptions {
  /**
   * The version that `body` gives the bytes of, where it can be read from anywhere. A store that has a record of its own of what has arrived (a directory) then reads the
   * rest alone, and leaves `body` unread. Others need the body from its beginning, and have no use for it.
   */
  readonly bodyFrom?: BodyFrom;
  /** What the body is, as it was told when the upload began; of use where the body is encrypted. */
  readonly source?: string;
  /** Wait until the object is on the medium, as a put does that says so. */
  readonly durable?: boolean;
  /** How many requests may run at once. */
  readonly concurrency?: number;
  /** Receives progress; what the store has already counts as moved. */
  readonly onProgress?: OnProgress;
}
