import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { NotFoundError } from "../../lib/errors.ts";
import type { ObjectHead } from "../backend.ts";
import { adjust } from "./command.ts";
import { bucketExists } from "./bucket_exists.ts";
import { headOf } from "./info.ts";
import type { S3Store } from "./store.ts";

/** Asks for an object's checksum without having the SDK check it. */
export const CHECKSUM_MODE = "x-amz-checksum-mode";

/** What the store tells of an object; `undefined` when there is none. */
export async function headObject(
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
      return headOf(key, output, output.ContentLength ?? 0, true);
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
