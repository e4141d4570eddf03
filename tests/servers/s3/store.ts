/** What the stand-in keeps, in memory. Tests look into it and put things there. */
import { Buffer } from "node:buffer";
import { type Algorithm, checksum, type ChecksumType, type StoredChecksum } from "./checksum.ts";
import { etagOf, type Keeping } from "./keeping.ts";
import type { BucketOptions } from "./options.ts";
import { type StoredVersion, writeObject } from "./versions.ts";

/** Headers stored with an object and given back with it. */
export const STORED_HEADERS = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
] as const;

/** What comes with an object's bytes. */
export interface ObjectAttributes extends Keeping {
  /** `x-amz-meta-*` without the prefix, names in lower case; values as received, bytes as latin1. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Those of {@linkcode STORED_HEADERS} that were given. */
  readonly headers: Readonly<Record<string, string>>;
  /** The canned ACL that was sent; `undefined` when none was. */
  readonly acl?: string;
}

/** A stored object: one version. */
export interface StoredObject extends ObjectAttributes {
  readonly key: string;
  /** The bytes in pieces; never changed. */
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  /** The checksum that came with it or was asked for. */
  readonly checksum?: StoredChecksum;
  /** Sizes of its parts, when it was uploaded in parts. */
  readonly parts?: readonly number[];
  /** Names the version, where the bucket keeps several. */
  readonly versionId?: string;
}

/** A part of an upload. */
export interface StoredPart {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly lastModified: Date;
  /** The checksum of the part: sent with it, or computed in the upload's algorithm. */
  readonly checksum?: { readonly algorithm: Algorithm; readonly value: string };
}

/** A multipart upload in progress. */
export interface MultipartUpload extends ObjectAttributes {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  readonly algorithm?: Algorithm;
  readonly checksumType?: ChecksumType;
  readonly parts: Map<number, StoredPart>;
}

/** A completed upload, remembered so that completing it again answers the same. */
export interface CompletedUpload {
  readonly key: string;
  /** `number:etag` of each part. */
  readonly parts: string;
  readonly object: StoredObject;
}

/** A bucket. */
export interface Bucket extends BucketOptions {
  readonly created: Date;
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, MultipartUpload>;
  /** Of a bucket that keeps versions: all of them by key, newest first. */
  readonly history: Map<string, StoredVersion[]>;
  readonly completed: Map<string, CompletedUpload>;
}

/** Order of keys: by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The bytes in pieces from `start` to `end`. */
export function sliceChunks(chunks: readonly Uint8Array[], start: number, end: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let at = 0;
  for (const chunk of chunks) {
    const from = Math.max(start - at, 0), to = Math.min(end - at, chunk.length);
    if (from < to) out.push(chunk.subarray(from, to));
    at += chunk.length;
  }
  return out;
}

// Computed once an object, and only when someone asks.
const defaults = new WeakMap<StoredObject, StoredChecksum>();
/** The checksum that AWS gives to objects that came without. */
export function defaultChecksum(object: StoredObject): StoredChecksum {
  let value = defaults.get(object);
  if (!value) {
    value = { algorithm: "CRC64NVME", value: checksum("CRC64NVME", object.chunks), type: "FULL_OBJECT" };
    defaults.set(object, value);
  }
  return value;
}

/** All buckets. */
export class Store {
  readonly buckets: Map<string, Bucket> = new Map();

  /** The bucket; throws when there is none. */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new Error(`the stand-in has no bucket ${name}`);
    return bucket;
  }

  /** Makes a bucket, without asking who may. */
  createBucket(options: BucketOptions): Bucket {
    const bucket: Bucket = {
      ...options,
      created: new Date(),
      objects: new Map(),
      uploads: new Map(),
      history: new Map(),
      completed: new Map(),
    };
    this.buckets.set(options.name, bucket);
    return bucket;
  }

  /** Stores an object past the API, for tests to find. */
  put(
    bucket: string,
    key: string,
    body: Uint8Array | string,
    attributes: Partial<ObjectAttributes> & { etag?: string; checksum?: StoredChecksum } = {},
  ): StoredObject {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const object: StoredObject = {
      key,
      chunks: [bytes],
      size: bytes.length,
      etag: attributes.etag ?? etagOf([bytes], attributes.encryption),
      tags: attributes.tags ?? {},
      storageClass: attributes.storageClass,
      encryption: attributes.encryption,
      lastModified: new Date(),
      metadata: attributes.metadata ?? {},
      headers: attributes.headers ?? {},
      acl: attributes.acl,
      checksum: attributes.checksum,
    };
    return writeObject(this.bucket(bucket), object);
  }

  /** The object, if there is one. */
  get(bucket: string, key: string): StoredObject | undefined {
    return this.bucket(bucket).objects.get(key);
  }

  /** The object's bytes in one copy; throws when there is none. */
  bytes(bucket: string, key: string): Uint8Array<ArrayBuffer> {
    const object = this.get(bucket, key);
    if (!object) throw new Error(`the stand-in has no object ${key} in ${bucket}`);
    const out = new Uint8Array(object.size);
    let at = 0;
    for (const chunk of object.chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }

  /** All keys of a bucket in order. */
  keys(bucket: string): string[] {
    return [...this.bucket(bucket).objects.keys()].sort(compareKeys);
  }

  /** The multipart uploads in progress. */
  uploads(bucket: string): MultipartUpload[] {
    return [...this.bucket(bucket).uploads.values()];
  }
}
