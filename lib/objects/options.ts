/**
 * Options and results that all methods share.
 *
 * @module
 */
import type { HeadOptions, OnProgress, RequestOptions, StorageOptions } from "../../backends/backend.ts";
import type { AnyCodecName } from "../../codecs/mod.ts";
import type { OnWarning } from "../warnings.ts";

/** Options of everything that reads. */
export interface ReadOptions extends RequestOptions {
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** Receives progress, in stored bytes. */
  readonly onProgress?: OnProgress;
}

/** Options of what reads one object. */
export interface ObjectReadOptions extends ReadOptions, HeadOptions {}

/** Options of everything that writes. */
export interface WriteOptions extends RequestOptions, StorageOptions {
  /** Canned ACL, such as `"private"` or `"authenticated-read"`; sent only when given. */
  readonly acl?: string;
  /**
   * User metadata: keys are stored in lower case, values are printable ASCII. `shape dtype compression order gzip key` and names that begin
   * with `cc-` are reserved, in any case.
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /** MIME type; the store's default when absent, as Python's cottoncandy leaves it. */
  readonly contentType?: string;
  /** Whether to replace an object of the same name; default true. With false, one that exists is an `AlreadyExistsError`. */
  readonly overwrite?: boolean;
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** Receives progress, in stored bytes. */
  readonly onProgress?: OnProgress;
}

/** What a format's own writer may say besides. */
export interface PutObjectOptions extends WriteOptions {
  /** The length of a stream in bytes, where known. */
  readonly size?: number;
  /** Bytes a part, where the store takes objects in parts. */
  readonly partSize?: number;
  /** Wait until it is on the medium, where the store does not do so anyway. */
  readonly durable?: boolean;
}

/** What an upload stored. */
export interface UploadResult {
  /** The full key within the bucket. */
  readonly key: string;
  /** Stored size in bytes, after compression. */
  readonly size: number;
  /** Names the version written. */
  readonly etag?: string;
  /** The store's own id of the version, where it keeps versions. */
  readonly versionId?: string;
  /** The metadata stored with it, the library's own included. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the methods of an interface do where a call does not say otherwise. */
export interface InterfaceDefaults {
  /** Canned ACL of everything that is written; sent only when given. */
  readonly acl?: string;
  /** How arrays are compressed; default `true`, see {@linkcode RawWriteOptions}. */
  readonly compression?: Compression;
  /** In how many workers the codecs of arrays may run; `false` for none. See {@linkcode RawWriteOptions}. */
  readonly workers?: number | false;
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** Receives warnings; by default the first of each kind is printed. */
  readonly onWarning?: OnWarning;
}

/**
 * How an array is compressed: by a codec's name, `false` for not at all, or `true`, which looks at a sample of the array and stores it raw
 * when compressing saves less than a tenth, and as `"gzip"` otherwise.
 */
export type Compression = boolean | AnyCodecName;
