/** What S3 checks of a body before it acts: x-amz-content-sha256, aws-chunked, Content-MD5, x-amz-checksum-*. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type Algorithm, ALGORITHMS, checksum, DIGEST_BYTES, md5 } from "./checksum.ts";
import { decodeAwsChunked } from "./chunked.ts";
import { type ErrorCode, s3Error } from "./error.ts";
import type { Features } from "./options.ts";
import type { Operation } from "./route.ts";
import type { Verified } from "./signature.ts";

type Header = (name: string) => string | undefined;

/** A body that holds what its headers say. */
export interface Payload {
  readonly bytes: Uint8Array;
  readonly checksum?: { readonly algorithm: Algorithm; readonly value: string };
}

const BODY_OPERATIONS: readonly Operation[] = [
  "PutObject",
  "UploadPart",
  "CompleteMultipartUpload",
  "DeleteObjects",
];

/** What can be refused before the body is read. */
export function checkBodyHeaders(operation: Operation, header: Header, features: Features): void {
  const streaming = header("x-amz-content-sha256")?.startsWith("STREAMING-") ?? false;
  if (streaming && !features.streamingPayload) {
    throw s3Error(
      "NotImplemented",
      "A header you provided implies functionality that is not implemented: STREAMING payload",
    );
  }
  const declared = header("content-length");
  const decoded = header("x-amz-decoded-content-length");
  if (
    BODY_OPERATIONS.includes(operation) && declared === undefined && !(streaming && decoded !== undefined)
  ) {
    throw s3Error("MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  const size = Number(decoded ?? declared ?? 0);
  if (size > features.maxPutSize) {
    throw s3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
      ProposedSize: String(size),
      MaxSizeAllowed: String(features.maxPutSize),
    });
  }
  const trailer = header("x-amz-trailer");
  const wantsChecksum = trailer !== undefined || header("x-amz-sdk-checksum-algorithm") !== undefined ||
    header("x-amz-checksum-algorithm") !== undefined ||
    ALGORITHMS.some((name) => header(`x-amz-checksum-${name.toLowerCase()}`) !== undefined);
  if (features.checksums === "reject" && wantsChecksum) {
    throw s3Error(
      "NotImplemented",
      "A header you provided implies functionality that is not implemented: x-amz-checksum",
    );
  }
}

/** A value of so many bytes in base64, or an error. */
function fromBase64(value: string, bytes: number, code: ErrorCode, message: string): Buffer {
  const decoded = Buffer.from(value, "base64");
  if (decoded.length !== bytes || decoded.toString("base64") !== value) throw s3Error(code, message);
  return decoded;
}

function sentChecksum(header: Header, trailers: ReadonlyMap<string, string>) {
  const sent = ALGORITHMS.flatMap((algorithm) => {
    const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const value = header(name) ?? trailers.get(name);
    return value === undefined ? [] : [{ algorithm, value }];
  });
  if (sent.length > 1) {
    throw s3Error(
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  return sent.at(0);
}

/** Checks a body that has been read. */
export function checkPayload(
  operation: Operation,
  body: Uint8Array,
  header: Header,
  verified: Verified | undefined,
  features: Features,
): Payload {
  const hash = header("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
  let bytes = body;
  let trailers: ReadonlyMap<string, string> = new Map();
  if (hash.startsWith("STREAMING-")) {
    ({ bytes, trailers } = decodeAwsChunked(body, verified));
    if (String(bytes.length) !== header("x-amz-decoded-content-length")) {
      throw s3Error(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the x-amz-decoded-content-length header",
      );
    }
    const announced = header("x-amz-trailer")?.toLowerCase();
    if (announced !== undefined && !trailers.has(announced)) {
      throw s3Error("InvalidRequest", `The trailer ${announced} was announced and not sent.`);
    }
  } else if (hash !== "UNSIGNED-PAYLOAD") {
    const actual = createHash("sha256").update(body).digest("hex");
    if (actual !== hash) {
      throw s3Error(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        { ClientComputedContentSHA256: hash, S3ComputedContentSHA256: actual },
      );
    }
  }

  const contentMd5 = header("content-md5");
  if (contentMd5 !== undefined) {
    const expected = fromBase64(
      contentMd5,
      16,
      "InvalidDigest",
      "The Content-MD5 you specified was invalid.",
    );
    const actual = md5([bytes]);
    if (!actual.equals(expected)) {
      throw s3Error("BadDigest", "The Content-MD5 you specified did not match what we received.", {
        ExpectedDigest: contentMd5,
        CalculatedDigest: actual.toString("base64"),
      });
    }
  }
  // What CompleteMultipartUpload is sent is the object's checksum, not that of its XML.
  const sent = features.checksums === "verify" && operation !== "CompleteMultipartUpload"
    ? sentChecksum(header, trailers)
    : undefined;
  if (sent) {
    const { algorithm, value } = sent;
    fromBase64(
      value,
      DIGEST_BYTES[algorithm],
      "InvalidRequest",
      `Value for x-amz-checksum-${algorithm.toLowerCase()} header is invalid.`,
    );
    const actual = checksum(algorithm, [bytes]);
    if (actual !== value) {
      throw s3Error("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`);
    }
  } else if (
    features.checksums === "verify" && header("x-amz-sdk-checksum-algorithm") !== undefined &&
    BODY_OPERATIONS.includes(operation) && operation !== "CompleteMultipartUpload"
  ) {
    throw s3Error(
      "InvalidRequest",
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  const { deleteObjectsNeedsMd5, checksums } = features;
  const vouched = contentMd5 !== undefined || (!deleteObjectsNeedsMd5 && (sent || checksums === "ignore"));
  if (operation === "DeleteObjects" && !vouched) {
    throw s3Error("InvalidRequest", "Missing required header for this request: Content-MD5");
  }
  return { bytes, checksum: sent };
}
