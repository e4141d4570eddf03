import type { S3Client } from "@aws-sdk/client-s3";
import type { OptionTable } from "../../lib/options.ts";
import { hasPlatform } from "../../lib/environment.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import type { Capabilities } from "../backend.ts";
import {
  checkConnectionOptions,
  type ConnectionOptions,
  isPartSize,
  type StoreOptions,
  wrongEndpoint,
  wrongLimit,
} from "../options.ts";

/** Keys that sign requests. */
export interface S3Credentials {
  /** The access key's id. */
  readonly accessKeyId: string;
  /** The secret. */
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  /** When temporary credentials end; a provider is then asked again. */
  readonly expiration?: Date;
}

/**
 * What guards bodies on their way: a checksum sent with every body, and asked for with every whole read. A store that does not know the
 * checksum gets Content-MD5, or nothing, after one warning. `"MD5"` sends Content-MD5, and compares the ETags of plain objects when they are read
 * (0.6 GB/s of one core; the CRCs take a tenth of that). `false` sends and checks none.
 */
export type S3Checksums = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA256" | "MD5" | false;

/**
 * How the store encrypts what it keeps, by S3's own names: with Amazon's keys (SSE-S3), with a key of KMS (SSE-KMS), or with a customer's key (SSE-C), which
 * S3 never keeps: whoever loses it has lost the objects. Amazon does the first with everything anyway. For encryption that the store knows nothing of, see
 * `getEncryptedInterface`.
 */
export type S3Encryption =
  | { readonly type: "S3" }
  | {
    readonly type: "KMS";
    /** The key's id, ARN or alias; default Amazon's own key of the account. */
    readonly keyId?: string;
    /** What the key's use is bound to, and its log shows. */
    readonly context?: Readonly<Record<string, string>>;
    /** Ask KMS once in a while for the bucket rather than for each object; default as the bucket has it. */
    readonly bucketKey?: boolean;
  }
  | {
    readonly type: "C";
    /** 32 bytes, or their base64. Every object that is read through this store must be encrypted with it. */
    readonly key: Uint8Array | string;
  };

/** What an S3 store may be told of how it keeps objects, and of who pays. */
export interface S3StoringOptions {
  /** The storage class of everything that is written, where a call names no other; default Amazon's `"STANDARD"`, and for copies that of their source. */
  readonly storageClass?: string;
  /** How the store encrypts what it keeps; default as the bucket says. */
  readonly sse?: S3Encryption;
  /** Buckets may ask that whoever reads pays: this says that the credentials' account does, also for writes and listings. */
  readonly requestPayer?: "requester";
}

/** Options of {@linkcode S3Backend}. Without `concurrency` 6 requests run at once for reads, 4 for writes, and 2 for writes of streams, which need memory. */
export interface S3Options extends ConnectionOptions, S3StoringOptions {
  /** The bucket. */
  readonly bucket: string;
  /** The region; default `"us-east-1"`. A store that names the right one in its refusal is believed. */
  readonly region?: string;
  /** `endpoint/bucket/key` rather than `bucket.endpoint/key`; default: where an endpoint is given. */
  readonly forcePathStyle?: boolean;
  /**
   * What signs the requests; `"anonymous"` signs none. A function is asked again five minutes before the `expiration` that it gives, and, once a request, when the store refuses the token. Default: what {@linkcode credentialChain} finds (environment, profiles, roles), of which a
   * browser has nothing.
   */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | "anonymous";
  /** Bytes a part of a multipart upload: a number for equal parts, as R2 wants them, or `"auto"`, the default: from 8 MiB on, growing. */
  readonly partSize?: number | "auto";
  /** What guards bodies on their way; default `"CRC32"`. */
  readonly checksums?: S3Checksums;
  /**
   * The store decides on `ifAbsent` and `ifMatch` by itself (If-None-Match and If-Match of writes), as Ceph, MinIO and R2 do; default: where it is Amazon's. Some overlook them without a
   * word: so others are looked up before a write, and after an object was created, and a warning says once that two writers at the same moment can get past that.
   */
  readonly conditionalWrites?: boolean;
  /** A client of one's own instead of `endpoint`, `region`, `forcePathStyle`, `credentials`, `proxy`, `ca` and `timeout.connect`. */
  readonly client?: S3Client;
}

/** What opening a bucket by its URL or name may be told. What no option says is looked up in the environment and the user's files. */
export interface S3OpenOptions
  extends StoreOptions, S3StoringOptions, Pick<S3Options, "region" | "forcePathStyle" | "conditionalWrites"> {
  /** Shorthand for `credentials`. */
  readonly accessKeyId?: string;
  /** Shorthand for `credentials`. */
  readonly secretAccessKey?: string;
  /** Shorthand for `credentials`. */
  readonly sessionToken?: string;
  /** The profile in `~/.aws` to take credentials, region and endpoint from; the environment's keys are left alone then. Default that of `AWS_PROFILE`. */
  readonly profile?: string;
  /** What guards bodies on their way; default `"CRC32"`. */
  readonly checksums?: S3Checksums;
}

/** The names of {@linkcode S3Options} that are S3's own. */
const S3_OPTIONS: OptionTable<Omit<S3Options, keyof ConnectionOptions>> & OptionTable<S3StoringOptions> = {
  bucket: true,
  region: true,
  forcePathStyle: true,
  credentials: true,
  conditionalWrites: true,
  client: true,
  storageClass: true,
  sse: true,
  requestPayer: true,
};

/** Bytes of metadata, names and values, that S3 takes. */
const METADATA_LIMIT = 2048;

/** What S3 can do. */
export const S3_CAPABILITIES: Capabilities = Object.freeze({
  ranges: true,
  atomicCreate: true,
  atomicReplace: true,
  serverSideCopy: true,
  metadataLimit: METADATA_LIMIT,
  buckets: true,
  trash: false,
  acl: true,
  storageClasses: true,
  tags: true,
  versions: true,
  remote: true,
});

/** The smallest part that S3 takes, but for the last. */
export const MIN_PART = 5 * 1024 * 1024;

/** Bytes of a part at most. */
export const MAX_PART = 5 * 1024 ** 3;

/** Throws {@linkcode InvalidArgumentError} on options that can't work. */
export function checkS3Options(options: S3Options): void {
  checkConnectionOptions(options, S3_OPTIONS);
  const wrong = (what: string) => {
    throw new InvalidArgumentError(`S3Backend: ${what}`, { bucket: options.bucket });
  };
  if (typeof options.bucket !== "string" || options.bucket === "") wrong("`bucket` is missing");
  if (options.bucket.includes("/") && !options.bucket.startsWith("arn:")) {
    wrong(`"${options.bucket}" is no bucket name: a bucket has no slashes, put what follows into the keys`);
  }
  const wrongAddress = options.endpoint === undefined ? undefined : wrongEndpoint(options.endpoint);
  if (wrongAddress !== undefined) wrong(wrongAddress);
  const { partSize } = options;
  if (partSize !== undefined && partSize !== "auto" && !isPartSize(partSize, MIN_PART, MAX_PART)) {
    wrong(`\`partSize\` must be "auto" or from 5 MiB to 5 GiB in bytes, not ${partSize}`);
  }
  const limit = wrongLimit(options);
  if (limit !== undefined) wrong(limit);
  const { credentials } = options;
  if (
    credentials === undefined && !options.client && !hasPlatform()
  ) {
    wrong(
      '`credentials` are missing; a browser has none of its own: pass keys, a function that fetches them, or "anonymous"',
    );
  }
  if (typeof credentials === "object" && !(credentials.accessKeyId && credentials.secretAccessKey)) {
    wrong("`credentials` need an accessKeyId and a secretAccessKey");
  }
}

/** Whether options open the same store, as the same account and with the same keys: what one reads the other can copy. */
export function isSameStore(a: S3Options, b: S3Options): boolean {
  return addressOf(a) === addressOf(b) && STORE_OPTIONS.every((name) => isSameValue(a[name], b[name]));
}

/** An endpoint as it is however it was written: host in capitals, port of the scheme, a slash at the end. */
function addressOf({ endpoint }: S3Options): string | undefined {
  return endpoint === undefined ? undefined : new URL(endpoint).href.replace(/\/+$/, "");
}

/** Options that say which store it is, and who asks. */
const STORE_OPTIONS = ["region", "credentials", "sse", "requestPayer", "client"] as const;

/** Whether two options' values are one, or objects with the same values. */
function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const isPlain = (value: unknown): value is object =>
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain(a) || !isPlain(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isSameValue(Reflect.get(a, name), Reflect.get(b, name)));
}
