/**
 * aws-chunked payloads ("Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks" of the S3
 * API reference), with and without signatures of the chunks, with and without trailing headers.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { s3Error } from "./error.ts";
import type { Verified } from "./signature.ts";

/** A decoded payload. */
export interface Decoded {
  readonly bytes: Uint8Array;
  /** Trailing headers, names in lower case. */
  readonly trailers: ReadonlyMap<string, string>;
}

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");

/** Decodes a whole aws-chunked body in place; throws IncompleteBody or SignatureDoesNotMatch. */
export function decodeAwsChunked(body: Uint8Array, verified: Verified | undefined): Decoded {
  const kind = verified?.payloadHash ?? "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  const isSigned = kind.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const hasTrailer = kind.endsWith("-TRAILER");
  const incomplete = () => s3Error("IncompleteBody", "The request body terminated unexpectedly");
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let at = 0, length = 0, previous = verified?.signature ?? "";

  const readLine = (): string => {
    const end = view.indexOf("\r\n", at, "latin1");
    if (end < 0) throw incomplete();
    const line = view.toString("latin1", at, end);
    at = end + 2;
    return line;
  };
  const check = (given: string | undefined, type: string, ...hashes: string[]) => {
    if (!isSigned || !verified) return;
    const toSign = [type, verified.timestamp, verified.scope, previous, ...hashes].join("\n");
    const expected = createHmac("sha256", verified.signingKey).update(toSign).digest("hex");
    if (given !== expected) {
      throw s3Error("SignatureDoesNotMatch", "The signature of a chunk does not match.", {
        StringToSign: toSign,
      });
    }
    previous = expected;
  };

  while (true) {
    const header = /^([0-9a-fA-F]+)(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(readLine());
    if (!header) throw incomplete();
    const size = parseInt(header[1], 16);
    if (at + size > body.length) throw incomplete();
    const chunk = body.subarray(at, at + size);
    check(header[2], "AWS4-HMAC-SHA256-PAYLOAD", sha256(""), sha256(chunk));
    if (size === 0) break;
    at += size;
    if (readLine() !== "") throw incomplete();
    body.copyWithin(length, at - size - 2, at - 2);
    length += size;
  }
  const trailers = new Map<string, string>();
  let canonical = "";
  for (let line = readLine(); line !== ""; line = readLine()) {
    const colon = line.indexOf(":");
    if (!hasTrailer || colon < 0) throw incomplete();
    const name = line.slice(0, colon).trim().toLowerCase(), value = line.slice(colon + 1).trim();
    if (name === "x-amz-trailer-signature") check(value, "AWS4-HMAC-SHA256-TRAILER", sha256(canonical));
    else canonical += `${name}:${value}\n`;
    trailers.set(name, value);
  }
  if (isSigned && hasTrailer && !trailers.has("x-amz-trailer-signature")) throw incomplete();
  if (at !== body.length) throw incomplete();
  return { bytes: body.subarray(0, length), trailers };
}
