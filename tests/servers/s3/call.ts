/** One request on its way through an operation, and the answer. */
import type { Reply } from "../http/reply.ts";
import type { Algorithm } from "./checksum.ts";
import { s3Error } from "./error.ts";
import type { Features } from "./options.ts";
import type { Operation } from "./route.ts";
import type { Bucket, Store } from "./store.ts";

/** A request whose signature and payload hold. */
export interface Call {
  readonly operation: Operation;
  readonly bucketName: string;
  readonly key: string;
  readonly query: URLSearchParams;
  /** A header's value; several lines are joined. */
  header(name: string): string | undefined;
  readonly headerNames: readonly string[];
  readonly body: Uint8Array;
  /** The checksum that came with the body and matched it. */
  readonly checksum?: { readonly algorithm: Algorithm; readonly value: string };
  readonly store: Store;
  readonly features: Features;
  readonly region: string;
  readonly now: Date;
  /** Whether the caller may do this too. */
  may(operation: Operation): boolean;
}

/** The owner of everything. */
export const OWNER = {
  id: "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a",
  displayName: "stand-in",
};

/** An answer of XML. */
export function xmlReply(document: string, headers: Record<string, string> = {}): Reply {
  return {
    status: 200,
    headers: { "content-type": "application/xml", ...headers },
    body: [new TextEncoder().encode(document)],
  };
}

/** The bucket of a call, or NoSuchBucket. */
export function findBucket(call: Call, name: string = call.bucketName): Bucket {
  const bucket = call.store.buckets.get(name);
  if (!bucket) throw s3Error("NoSuchBucket", "The specified bucket does not exist", { BucketName: name });
  if (bucket.foreign) throw s3Error("AccessDenied", "Access Denied");
  if (
    bucket.requesterPays && !call.operation.endsWith("Bucket") &&
    call.header("x-amz-request-payer") !== "requester"
  ) {
    throw s3Error("AccessDenied", "Access Denied");
  }
  return bucket;
}

/** A whole number of the query between bounds, or InvalidArgument. */
export function queryInteger(
  call: Call,
  name: string,
  fallback: number,
  least: number,
  most: number,
): number {
  const value = call.query.get(name);
  if (value === null || value === "") return fallback;
  if (!/^-?\d+$/.test(value) || +value < least || +value > most) {
    throw s3Error("InvalidArgument", `Argument ${name} must be an integer between ${least} and ${most}`, {
      ArgumentName: name,
      ArgumentValue: value,
    });
  }
  return +value;
}
