/** CreateMultipartUpload, UploadPart, UploadPartCopy, AbortMultipartUpload. Completing is in complete.ts, listing in uploads.ts. */
import { randomBytes } from "node:crypto";
import { emptyReply, type Reply } from "../http/reply.ts";
import { readAlgorithm, readAttributes } from "./attributes.ts";
import { type Call, findBucket, queryInteger, xmlReply } from "./call.ts";
import { type Algorithm, checksum, type ChecksumType } from "./checksum.ts";
import { copyTooLarge, findCopySource } from "./copy.ts";
import { s3Error } from "./error.ts";
import { checkCustomerKey, encryptionHeaders, etagOf } from "./keeping.ts";
import { type MultipartUpload, sliceChunks, type StoredPart } from "./store.ts";
import { document, text } from "./xml.ts";

/** What the checksum of a whole upload covers: SHAs can't be combined from parts, CRC64NVME has no other form. */
function readChecksumType(call: Call, algorithm: Algorithm | undefined): ChecksumType | undefined {
  const asked = call.features.checksums === "verify" ? call.header("x-amz-checksum-type") : undefined;
  if (asked !== undefined && asked !== "COMPOSITE" && asked !== "FULL_OBJECT") {
    throw s3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.");
  }
  if (!algorithm) {
    if (asked === undefined) return undefined;
    throw s3Error(
      "InvalidRequest",
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    );
  }
  const type = asked ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  if (type === "COMPOSITE" ? algorithm === "CRC64NVME" : algorithm.startsWith("SHA")) {
    throw s3Error(
      "InvalidRequest",
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return type;
}

/** CreateMultipartUpload. */
export function createMultipartUpload(call: Call): Reply {
  const bucket = findBucket(call);
  const algorithm = readAlgorithm(call);
  const checksumType = readChecksumType(call, algorithm);
  const upload: MultipartUpload = {
    ...readAttributes(call),
    id: randomBytes(24).toString("base64url"),
    key: call.key,
    initiated: call.now,
    algorithm,
    checksumType,
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  const headers: Record<string, string> = encryptionHeaders(upload.encryption);
  if (algorithm && checksumType) {
    headers["x-amz-checksum-algorithm"] = algorithm;
    headers["x-amz-checksum-type"] = checksumType;
  }
  return xmlReply(
    document(
      "InitiateMultipartUploadResult",
      text("Bucket", bucket.name),
      text("Key", call.key),
      text("UploadId", upload.id),
    ),
    headers,
  );
}

/** What S3 says of an upload that isn't, or is no more. */
export function noSuchUpload(id: string): Error {
  return s3Error(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { UploadId: id },
  );
}

/** The upload of a call, or NoSuchUpload. */
export function findUpload(call: Call): MultipartUpload {
  const id = call.query.get("uploadId") ?? "";
  const upload = findBucket(call).uploads.get(id);
  if (!upload || upload.key !== call.key) throw noSuchUpload(id);
  return upload;
}

function partNumber(call: Call): number {
  if (!call.query.has("partNumber") || !call.query.has("uploadId")) {
    throw s3Error("InvalidArgument", "This operation needs both a partNumber and an uploadId.");
  }
  return queryInteger(call, "partNumber", 0, 1, 10000);
}

function storePart(call: Call, upload: MultipartUpload, number: number, bytes: Uint8Array): StoredPart {
  const { algorithm } = upload;
  const part: StoredPart = {
    number,
    bytes,
    etag: etagOf([bytes], upload.encryption),
    lastModified: call.now,
    checksum: call.checksum ?? (algorithm && { algorithm, value: checksum(algorithm, [bytes]) }),
  };
  upload.parts.set(number, part);
  return part;
}

/** UploadPart. */
export function uploadPart(call: Call): Reply {
  const number = partNumber(call);
  const upload = findUpload(call);
  checkCustomerKey(call, upload);
  const { algorithm, checksumType } = upload;
  const mismatch = call.checksum ? algorithm !== call.checksum.algorithm : checksumType === "COMPOSITE";
  // An upload made without an algorithm takes parts with any: the SDK sends CRC32 with every part.
  if (algorithm && mismatch) {
    throw s3Error(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${
        call.checksum?.algorithm.toLowerCase() ?? "null"
      }`,
    );
  }
  const part = storePart(call, upload, number, call.body);
  const headers: Record<string, string> = { etag: `"${part.etag}"` };
  if (part.checksum) headers[`x-amz-checksum-${part.checksum.algorithm.toLowerCase()}`] = part.checksum.value;
  return emptyReply(200, headers);
}

/** UploadPartCopy. */
export function uploadPartCopy(call: Call): Reply {
  if (!call.features.uploadPartCopy) {
    throw s3Error("NotImplemented", "A header you provided implies functionality that is not implemented", {
      Header: "x-amz-copy-source",
    });
  }
  const number = partNumber(call);
  const upload = findUpload(call);
  checkCustomerKey(call, upload);
  const { object: source } = findCopySource(call);
  let start = 0, end = source.size;
  const range = call.header("x-amz-copy-source-range");
  if (range !== undefined) {
    const m = /^bytes=(\d+)-(\d+)$/.exec(range);
    if (!m || +m[2] < +m[1]) {
      throw s3Error(
        "InvalidArgument",
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
        { ArgumentName: "x-amz-copy-source-range", ArgumentValue: range },
      );
    }
    [start, end] = [+m[1], +m[2] + 1];
    if (end > source.size) {
      throw s3Error(
        "InvalidArgument",
        `Range specified is not valid for source object of size: ${source.size}`,
        {
          ArgumentName: "x-amz-copy-source-range",
          ArgumentValue: range,
        },
      );
    }
  }
  if (end - start > call.features.maxCopySize) throw copyTooLarge(call);
  const bytes = new Uint8Array(end - start);
  let at = 0;
  for (const chunk of sliceChunks(source.chunks, start, end)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const part = storePart(call, upload, number, bytes);
  return xmlReply(document(
    "CopyPartResult",
    text("LastModified", part.lastModified.toISOString()),
    text("ETag", `"${part.etag}"`),
    part.checksum ? text(`Checksum${part.checksum.algorithm}`, part.checksum.value) : "",
  ));
}

/** AbortMultipartUpload. */
export function abortMultipartUpload(call: Call): Reply {
  const upload = findUpload(call);
  findBucket(call).uploads.delete(upload.id);
  return emptyReply(204);
}
