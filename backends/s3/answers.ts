/**
 * What S3's answers tell, and whether they account for what was asked: an answer that contradicts the question, or itself, is an error.
 *
 * @module
 */
import { fromHex, toBase64 } from "../../lib/base64.ts";
import { type Committed, IntegrityError } from "../../lib/errors.ts";
import type { Checksum, ObjectHead } from "../backend.ts";
import type { ObjectPlace } from "../conditions.ts";
import { type AnsweredExtent, parseContentRange } from "../transport/mod.ts";
import type { ObjectAnswer } from "./requests/mod.ts";

/** An ETag without its quotes; a weak one as it is. An empty one, as Ceph completes uploads with, is none. */
export function plainETag(etag: string | undefined): string | undefined {
  const isQuoted = etag !== undefined && etag.length > 1 && etag.startsWith('"') && etag.endsWith('"');
  return (isQuoted ? etag.slice(1, -1) : etag) || undefined;
}

/** An ETag as headers carry it. */
export function quotedETag(etag: string): string;
export function quotedETag(etag: string | undefined): string | undefined;
export function quotedETag(etag: string | undefined): string | undefined {
  return etag === undefined || /^(W\/)?"/.test(etag) || etag === "*" ? etag : `"${etag}"`;
}

/** A storage class; the standard one, which heads leave away and listings name, is none. */
export function plainStorageClass(name: string | undefined): string | undefined {
  return name === "STANDARD" ? undefined : name || undefined;
}

/**
 * The ETag that an answer gives to what was written.
 *
 * @throws {IntegrityError} when there is none: then nobody said that something was written.
 */
export function writtenETag(
  { key, bucket }: ObjectPlace,
  operation: string,
  etag: string | undefined,
  committed: Committed = "unknown",
): string {
  const plain = plainETag(etag);
  if (plain !== undefined) return plain;
  throw new IntegrityError(
    `the answer to ${operation} of "${key}" has no ETag, so it says nothing of what was stored. Check the endpoint's address; in a browser the bucket's CORS rules must expose that header.`,
    { key, bucket, committed },
  );
}

/**
 * What the headers of an answer tell of an object of `size` bytes.
 *
 * @throws {IntegrityError} when they name no version, neither by an ETag nor by a time (which pages of other origins see, whatever the bucket's CORS rules): then it was somebody else who answered, as a
 * proxy or a portal does with a page of its own.
 * @param whole The answer is about all of the object's bytes, and so is its checksum.
 * @param trustETag The store's ETags are the MD5s of objects in one part: only who set `checksums: "MD5"` knows that.
 */
export function s3HeadOf(
  { key, bucket }: Pick<ObjectPlace, "key" | "bucket">,
  output: ObjectAnswer,
  size: number,
  whole: boolean,
  trustETag = false,
): ObjectHead {
  if (plainETag(output.ETag) === undefined && output.LastModified === undefined) {
    throw new IntegrityError(
      `the answer for "${key}" has neither an ETag nor a time, so it is no object's. Check the endpoint's address, and what stands between.`,
      { key, bucket },
    );
  }
  return {
    key,
    size,
    lastModified: output.LastModified ?? new Date(0),
    etag: plainETag(output.ETag),
    versionId: output.VersionId === "null" ? undefined : output.VersionId,
    storageClass: plainStorageClass(output.StorageClass),
    metadata: { ...output.Metadata },
    contentType: output.ContentType,
    contentEncoding: plainContentEncoding(output.ContentEncoding),
    checksum: (whole ? s3ChecksumOf(output) : undefined) ?? (trustETag ? md5Of(output) : undefined),
  };
}

/** The checksum of the whole object's bytes; those that are composed of the parts' checksums say nothing that a reader could check. */
function s3ChecksumOf(output: ObjectAnswer): Checksum | undefined {
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

/** The MD5 that an ETag is. That of an object in parts has a dash, and of one that is encrypted with a key of KMS or of the customer it is no digest of the bytes. */
function md5Of({ ETag, ServerSideEncryption, SSECustomerAlgorithm }: ObjectAnswer): Checksum | undefined {
  if (SSECustomerAlgorithm !== undefined || ServerSideEncryption?.startsWith("aws:kms")) return undefined;
  const etag = plainETag(ETag);
  const md5 = etag?.length === 32 ? fromHex(etag) : undefined;
  return md5 && { algorithm: "MD5", value: toBase64(md5) };
}

/** A content encoding without `aws-chunked`, which is how a body was sent, and which some stores keep; `undefined` where nothing else is said. */
export function plainContentEncoding(encoding: string | undefined): string | undefined {
  const left = (encoding ?? "").split(",").map((one) => one.trim())
    .filter((one) => one !== "" && !/^(aws-chunked|identity)$/i.test(one));
  return left.join(", ") || undefined;
}

/** What to ask for of an object's bytes. */
export interface WantedBytes {
  /** First byte. */
  readonly start?: number;
  /** Where it ends, exclusive. */
  readonly end?: number;
  /** Or: the last bytes. */
  readonly suffix?: number;
  /** This version only. */
  readonly etag?: string;
  /** The version to ask for; default the latest. */
  readonly versionId?: string;
}

/** The `Range` header that asks for bytes. */
export function rangeHeader({ start, end, suffix }: WantedBytes): string | undefined {
  if (suffix !== undefined) return `bytes=-${suffix}`;
  if (start === undefined && end === undefined) return undefined;
  return `bytes=${start ?? 0}-${end === undefined ? "" : end - 1}`;
}

/** Which bytes an answer holds, checked against the question. */
export function checkedExtent(
  { key, bucket }: ObjectPlace,
  wanted: WantedBytes,
  { status, ContentRange, ContentLength }: ObjectAnswer,
): AnsweredExtent {
  const contradiction = (what: string) =>
    new IntegrityError(`the store's answer for "${key}" contradicts itself or the question: ${what}`, {
      key,
      bucket,
    });
  if (ContentRange === undefined) {
    if (status === 206) throw contradiction("it is said to be a part, and not of what");
    // Without a range everything comes; some servers know no ranges, and send everything too.
    if (ContentLength !== undefined) return { start: 0, end: ContentLength, size: ContentLength };
    throw new IntegrityError(
      `the store does not tell how long "${key}" is; in a browser the bucket's CORS rules must expose Content-Length and Content-Range`,
      { key, bucket },
    );
  }
  const answered = parseContentRange(ContentRange);
  if (!answered) throw contradiction(`Content-Range is "${ContentRange}"`);
  const { start, end, size } = answered;
  // None of no bytes, whatever was asked for.
  if (size === 0 && end === 0 && !ContentLength) return answered;
  if (ContentLength !== undefined && ContentLength !== end - start) {
    throw contradiction(`Content-Range is "${ContentRange}" and Content-Length ${ContentLength}`);
  }
  const first = wanted.suffix !== undefined ? Math.max(0, size - wanted.suffix) : wanted.start ?? 0;
  if (start !== first || end !== Math.min(wanted.end ?? size, size)) {
    throw contradiction(`${rangeHeader(wanted) ?? "everything"} was asked for, and "${ContentRange}" came`);
  }
  return answered;
}
