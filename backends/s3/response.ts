import {
  GetObjectAclCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
} from "@aws-sdk/client-s3";
import {
  type CottonCandyError,
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { checkKey } from "../arguments.ts";
import type { Checksum, ObjectHead, Owner } from "../backend.ts";
import type { RemoteBody } from "../transport/mod.ts";
import { bucketExists } from "./buckets.ts";
import { s3FailureOf } from "./errors.ts";
import { adjust, type S3Store } from "./store.ts";

/** An ETag without its quotes; a weak one as it is. An empty one, as Ceph completes uploads with, is none. */
export function plainETag(etag: string | undefined): string | undefined {
  return etag?.replace(/^"(.*)"$/, "$1") || undefined;
}

/** An ETag as headers carry it. */
export function quotedETag(etag: string): string;
export function quotedETag(etag: string | undefined): string | undefined;
export function quotedETag(etag: string | undefined): string | undefined {
  return etag === undefined || /^(W\/)?"/.test(etag) || etag === "*" ? etag : `"${etag}"`;
}

type Output = GetObjectCommandOutput | HeadObjectCommandOutput;

/** What the headers of an answer tell of an object of `size` bytes. */
export function s3HeadOf(key: string, output: Output, size: number, whole: boolean): ObjectHead {
  return {
    key,
    size,
    lastModified: output.LastModified ?? new Date(0),
    etag: plainETag(output.ETag),
    versionId: output.VersionId === "null" ? undefined : output.VersionId,
    metadata: { ...output.Metadata },
    contentType: output.ContentType,
    contentEncoding: output.ContentEncoding || undefined,
    checksum: whole ? s3ChecksumOf(output) : undefined,
  };
}

/** The checksum of the whole object's bytes; those that are composed of the parts' checksums say nothing that a reader could check. */
export function s3ChecksumOf(output: Output): Checksum | undefined {
  if (output.ChecksumType === "COMPOSITE") return undefined;
  const found: Checksum[] = [];
  // The cheapest first.
  if (output.ChecksumCRC32) found.push({ algorithm: "CRC32", value: output.ChecksumCRC32 });
  if (output.ChecksumCRC64NVME) found.push({ algorithm: "CRC64NVME", value: output.ChecksumCRC64NVME });
  if (output.ChecksumCRC32C) found.push({ algorithm: "CRC32C", value: output.ChecksumCRC32C });
  if (output.ChecksumSHA256) found.push({ algorithm: "SHA256", value: output.ChecksumSHA256 });
  if (output.ChecksumSHA1) found.push({ algorithm: "SHA1", value: output.ChecksumSHA1 });
  return found.find(({ value }) => !/-\d+$/.test(value));
}

/** A body that has begun to arrive. */
export interface S3Body extends RemoteBody {
  /** What its headers tell of the object. */
  readonly info: ObjectHead;
}

/** What to ask for. */
export interface WantedBytes {
  /** First byte. */
  readonly start?: number;
  /** Where it ends, exclusive. */
  readonly end?: number;
  /** Or: the last bytes. */
  readonly suffix?: number;
  /** This version only. */
  readonly etag?: string;
}

/**
 * Asks for bytes of an object; `undefined` when there are none in that range.
 *
 * @throws {IntegrityError} when the answer's headers contradict what was asked for, or each other.
 * @throws {PreconditionFailedError} when the object is of another version than `etag`.
 */
export async function requestBytes(
  store: S3Store,
  key: string,
  wanted: WantedBytes,
  signal: AbortSignal | undefined,
): Promise<S3Body | undefined> {
  const range = rangeHeader(wanted);
  try {
    return await store.call(
      { operation: "GetObject", key, ifMatch: wanted.etag !== undefined },
      signal,
      async (client, options) => {
        const command = new GetObjectCommand({
          Bucket: store.bucket,
          Key: key,
          Range: range,
          IfMatch: quotedETag(wanted.etag),
        });
        if (store.options.checksums !== false) {
          adjust(command, ({ headers }) => void (headers[CHECKSUM_MODE] = "ENABLED"));
        }
        const output = await client.send(command, options);
        const body: ReadableStream<Uint8Array<ArrayBuffer>> = output.Body?.transformToWebStream() ??
          new Blob([]).stream();
        try {
          const { start, end, size } = extentOf(
            key,
            store.bucket,
            wanted,
            output.ContentRange,
            output.ContentLength,
          );
          const info = s3HeadOf(key, output, size, start === 0 && end === size);
          if (wanted.etag !== undefined && info.etag !== undefined && info.etag !== plainETag(wanted.etag)) {
            throw versionGoneError(key, store.bucket);
          }
          if (store.browser && info.contentEncoding !== undefined && info.contentEncoding !== "identity") {
            throw new UnsupportedError(
              `"${key}" is stored with Content-Encoding ${info.contentEncoding}, which a browser undoes by itself: the stored bytes can't be had here`,
              { key, bucket: store.bucket },
            );
          }
          store.seen = true;
          return { info, start, end, body };
        } catch (error) {
          await body.cancel().catch(() => {});
          throw error;
        }
      },
      { abortSignal: signal, signal, streaming: true },
    );
  } catch (error) {
    const { status, code } = s3FailureOf(error);
    if (status === 416 || code === "InvalidRange") return undefined;
    throw error;
  }
}

/** The error when an object is replaced while it is being read. */
export function versionGoneError(key: string, bucket: string): CottonCandyError {
  return new PreconditionFailedError(
    `"${key}" in bucket "${bucket}" is not, or no longer, the version that was opened. Open it again.`,
    { key, bucket },
  );
}

function rangeHeader({ start, end, suffix }: WantedBytes): string | undefined {
  if (suffix !== undefined) return `bytes=-${suffix}`;
  if (start === undefined && end === undefined) return undefined;
  return `bytes=${start ?? 0}-${end === undefined ? "" : end - 1}`;
}

interface Answered {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

/** Which bytes an answer holds, checked against the question. */
function extentOf(
  key: string,
  bucket: string,
  wanted: WantedBytes,
  contentRange: string | undefined,
  contentLength: number | undefined,
): Answered {
  const wrong = (what: string) => {
    throw new IntegrityError(`the store's answer for "${key}" contradicts itself or the question: ${what}`, {
      key,
      bucket,
    });
  };
  if (contentRange === undefined) {
    // Without a range everything comes; some servers know no ranges, and send everything too.
    if (contentLength === undefined) {
      throw new IntegrityError(
        `the store does not tell how long "${key}" is; in a browser the bucket's CORS rules must expose Content-Length and Content-Range`,
        { key, bucket },
      );
    }
    return { start: 0, end: contentLength, size: contentLength };
  }
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange);
  if (!match) return wrong(`Content-Range is "${contentRange}"`);
  const [start, last, size] = match.slice(1).map(Number);
  const end = last + 1;
  if (contentLength !== undefined && contentLength !== end - start) {
    wrong(`Content-Range is "${contentRange}" and Content-Length ${contentLength}`);
  }
  const first = wanted.suffix !== undefined ? Math.max(0, size - wanted.suffix) : wanted.start ?? 0;
  const expected = Math.min(wanted.end ?? size, size);
  if (start !== first || end !== expected) {
    wrong(`${rangeHeader(wanted) ?? "everything"} was asked for, and "${contentRange}" came`);
  }
  return { start, end, size };
}

/** Asks for an object's checksum without having the SDK check it. */
export const CHECKSUM_MODE = "x-amz-checksum-mode";

/** What the store tells of an object; `undefined` when there is none. */
export async function headS3Object(
  store: S3Store,
  key: string,
  signal?: AbortSignal,
): Promise<ObjectHead | undefined> {
  try {
    return await store.call({ operation: "HeadObject", key }, signal, async (client, options) => {
      const command = new HeadObjectCommand({ Bucket: store.bucket, Key: key });
      if (store.options.checksums !== false) {
        adjust(command, ({ headers }) => void (headers[CHECKSUM_MODE] = "ENABLED"));
      }
      const output = await client.send(command, options);
      store.seen = true;
      return s3HeadOf(key, output, output.ContentLength ?? 0, true);
    });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    // S3 answers HEAD without a body: a bucket that is missing looks like an object that is.
    if (!store.seen && !await bucketExists(store, signal)) {
      throw new NotFoundError(
        `there is no bucket "${store.bucket}" at ${store.endpoint}. Check its name and the endpoint, or create it.`,
        { bucket: store.bucket, cause: error },
      );
    }
    store.seen = true;
    return undefined;
  }
}

/** Who owns an object, which only its ACL tells. */
export async function s3ObjectOwner(store: S3Store, key: string, signal?: AbortSignal): Promise<Owner> {
  checkKey(key);
  const output = await store.call(
    { operation: "GetObjectAcl", key },
    signal,
    (client, options) => client.send(new GetObjectAclCommand({ Bucket: store.bucket, Key: key }), options),
  );
  const { ID: id, DisplayName: displayName } = output.Owner ?? {};
  if (id === undefined) {
    throw new UnsupportedError(`${store.endpoint} does not tell who owns "${key}"`, {
      key,
      bucket: store.bucket,
    });
  }
  return { id, displayName };
}
