import { AbortMultipartUploadCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import { failureOf } from "./errors.ts";
import { sleep } from "../http/retry.ts";
import type { S3Store } from "./store.ts";

/** How often the store is told before the parts are left to the bucket's own rules. */
const TRIES = 6;
/** Milliseconds that all of it may take: somebody is waiting for the error that led here. */
const LIMIT = 20_000;

/**
 * Has the store forget an upload in parts. A part that arrives while an upload is aborted may stay, and is paid for: so it is aborted again until
 * the store says that there is no such upload. Failures are swallowed; the one that led here matters more.
 */
export async function abortUpload(store: S3Store, key: string, uploadId: string): Promise<void> {
  const input = { Bucket: store.bucket, Key: key, UploadId: uploadId };
  const pause = store.policy.backoff();
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), LIMIT);
  const limit = control.signal;
  try {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (attempt > 0) await sleep(pause.next(), limit);
      const gone = await unlessMissing(() =>
        store.call(
          { operation: "AbortMultipartUpload", key },
          limit,
          (client, options) => client.send(new AbortMultipartUploadCommand(input), options),
        )
      );
      if (gone) return;
      const listed = await unlessMissing(() =>
        store.call(
          { operation: "ListParts", key },
          limit,
          (client, options) => client.send(new ListPartsCommand({ ...input, MaxParts: 1 }), options),
        )
      );
      if (listed) return;
    }
  } catch {
    // Denied, unreachable, or out of time.
  } finally {
    clearTimeout(timer);
  }
}

/** True when the store says that there is no such upload. */
async function unlessMissing(request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request();
    return false;
  } catch (error) {
    const { code, status } = failureOf(error);
    if (code === "NoSuchUpload" || status === 404) return true;
    throw error;
  }
}
