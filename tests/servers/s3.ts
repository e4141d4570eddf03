/**
 * A strict stand-in for S3, in this process and in memory: it verifies signatures and checksums, keeps S3's rules for parts,
 * conditions, listings and limits, remembers every request, and lets things go wrong on demand.
 *
 * ```ts
 * await using s3 = await startS3({ buckets: ["bucket"] });
 * s3.store.put("bucket", "key", "hello");
 * s3.inject({ operation: "GetObject", kind: "delay", ms: 10, at: "answer" });
 * const response = await fetch(`${s3.endpoint}/bucket/key`); // without a signature
 * console.assert(response.status === 403 && s3.requests[0].code === "AccessDenied");
 * await response.body?.cancel();
 * ```
 *
 * It shares no code with the product, so that each checks the other. Its own oracle is the AWS SDK: see s3_test.ts.
 *
 * @module
 */
import type { S3Options } from "./s3/options.ts";
import { type FakeS3, S3Server } from "./s3/server.ts";

export type { Algorithm, ChecksumType, StoredChecksum } from "./s3/checksum.ts";
export type { InjectedFault } from "./http/fault.ts";
export type { Fault, FaultAction, FaultMatch, FaultRequest } from "./s3/fault.ts";
export type { BucketOptions, Dialect, Features, S3Options } from "./s3/options.ts";
export type { Operation } from "./s3/route.ts";
export type { StoredEncryption } from "./s3/keeping.ts";
export type { StoredVersion } from "./s3/versions.ts";
export type { FakeS3, RequestRecord } from "./s3/server.ts";
export type { Credentials } from "./s3/signature.ts";
export type {
  Bucket,
  MultipartUpload,
  ObjectAttributes,
  Store,
  StoredObject,
  StoredPart,
} from "./s3/store.ts";

/** Starts a stand-in on a free port of 127.0.0.1. */
export async function startS3(options: S3Options = {}): Promise<FakeS3> {
  const server = new S3Server(options);
  await server.listen(options.port ?? 0);
  return server;
}
