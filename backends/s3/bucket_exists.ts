import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { AccessDeniedError, NotFoundError } from "../../lib/errors.ts";
import { failureOf } from "./errors.ts";
import type { S3Store } from "./store.ts";

/** Whether there is the store's bucket. One that may not be looked into exists, and so does one in another region. */
export async function bucketExists(store: S3Store, signal?: AbortSignal): Promise<boolean> {
  try {
    await store.call(
      { operation: "HeadBucket" },
      signal,
      (client, options) => client.send(new HeadBucketCommand({ Bucket: store.bucket }), options),
    );
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    if (error instanceof AccessDeniedError || failureOf(error).status === 301) return true;
    throw error;
  }
}
