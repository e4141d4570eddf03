/**
 * Options and results that all methods share.
 *
 * @module
 */
import type { OnProgress, RequestOptions } from "../../backends/backend.ts";
import type { DriveKey } from "../../backends/gdrive/mod.ts";
import type { RetryOptions, S3Checksums } from "../../backends/s3/mod.ts";
import type { CodecName } from "../../codecs/codec.ts";
import type { OnWarning } from "../warnings.ts";

/** Options of everything that reads. */
export interface ReadOptions extends RequestOptions {
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** Receives progress, in stored bytes. */
  readonly onProgress?: OnProgress;
}

/** Options of everything that writes. */
export interface WriteOptions extends RequestOptions {
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

/** Static credentials of an S3 store. */
export interface S3Credentials {
  /** The access key's id. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
  /** The token of temporary credentials. */
  readonly sessionToken?: string;
  /** When temporary credentials end. */
  readonly expiration?: Date;
}

/** What the methods of an interface do where a call does not say otherwise. */
export interface InterfaceDefaults {
  /** Canned ACL of everything that is written; sent only when given. */
  readonly acl?: string;
  /** How arrays are compressed; default `true`, see {@linkcode RawWriteOptions}. */
  readonly compression?: Compression;
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** Receives warnings; by default the first of each kind is printed. */
  readonly onWarning?: OnWarning;
}

/**
 * Options of {@linkcode getInterface}. Those from `region` to `profile` are for S3, those from `secrets` to `folderId` for Google Drive, `endpoint`, `credentials` and those from `partSize` on for both; other
 * stores have no use for them.
 */
export interface InterfaceOptions extends InterfaceDefaults {
  /** What kind of store `target` names where it is no URL; default `"s3"`. */
  readonly backend?: "s3" | "gdrive" | "local" | "memory";
  /** Create the bucket or directory if there is none. */
  readonly createBucket?: boolean;
  /** Print what Python's cottoncandy prints: the buckets, and the current one. Default false. */
  readonly verbose?: boolean;
  /** Ends the opening: what `createBucket` and `verbose` ask of the store. Nothing that is asked later. */
  readonly signal?: AbortSignal;
  /** URL of the server; on S3 default that of the environment, the profile or `options.cfg`, else AWS; on Drive Google's. */
  readonly endpoint?: string;
  /** Default: that of the environment or the profile, else `us-east-1`. */
  readonly region?: string;
  /** Address buckets as `endpoint/bucket` rather than `bucket.endpoint`; default: true with an `endpoint`. */
  readonly forcePathStyle?: boolean;
  /**
   * Credentials; default what the environment and the user's files give, see {@linkcode getInterface}. On S3 keys, a function that gets them (again whenever they expire), or
   * `"anonymous"` to send unsigned requests. On Drive the path of a file (a service account's key, what `deno task gdrive:login` wrote, Python's `credentials.txt`), what it holds as
   * `parseDriveCredentials` gives it, or a function that gives access tokens.
   */
  readonly credentials?: S3Credentials | DriveKey | string | (() => Promise<S3Credentials | string>);
  /** Shorthand for `credentials`. */
  readonly accessKeyId?: string;
  /** Shorthand for `credentials`. */
  readonly secretAccessKey?: string;
  /** Shorthand for `credentials`. */
  readonly sessionToken?: string;
  /** The profile in `~/.aws` to take credentials, region and endpoint from; the environment's keys are left alone then. Default that of `AWS_PROFILE`. */
  readonly profile?: string;
  /** An OAuth client's `client_secrets.json`, its path or its parsed JSON, where the credentials name no client; default that of Python's cottoncandy. */
  readonly secrets?: string | object;
  /** The user for whom a service account acts, where the domain lets it. */
  readonly subject?: string;
  /** The id of the shared drive to work in; default My Drive. */
  readonly driveId?: string;
  /** The id of the folder that is the root; default the drive's own. */
  readonly folderId?: string;
  /** Bytes a part of a multipart upload, or of a stream to Drive: a number for equal parts (as R2 needs them), `"auto"`, the default, for parts that grow. */
  readonly partSize?: number | "auto";
  /** What guards bodies on their way; default `"CRC32"`. On Drive `"SHA256"`, `"MD5"` or false: what is read is held against it. */
  readonly checksums?: S3Checksums;
  /** How often and how long a failed request is tried again: a number of attempts, or more precisely; default 10 within three minutes. */
  readonly retries?: number | RetryOptions;
  /** Limits in milliseconds: until a connection stands (default 10,000), and without a byte moving (default 30,000). */
  readonly timeout?: { readonly connect?: number; readonly idle?: number };
}

/**
 * How an array is compressed: by a codec's name, `false` for not at all, or `true`, which looks at a sample of the array and stores it raw
 * when compressing saves less than a tenth, and as `"gzip"` otherwise.
 */
export type Compression = boolean | CodecName;
