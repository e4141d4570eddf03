import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
} from "@aws-sdk/client-s3";
import { asError, messageOf } from "../../../lib/error_context.ts";
import {
  CottonCandyError,
  type FailedObject,
  IntegrityError,
  PartialFailureError,
} from "../../../lib/errors.ts";
import { forEachConcurrent } from "../../../lib/streams/mod.ts";
import { warnOncePerKind } from "../../../lib/warnings.ts";
import { checkedAge } from "../../arguments.ts";
import type { AbortUploadsOptions, PendingUpload, PrefixOptions } from "../../backend.ts";
import { sleep } from "../../transport/mod.ts";
import { s3FailureOf } from "../failure.ts";
import type { S3Store } from "../store.ts";
import { markedPages, type Markers } from "./markers.ts";

/** Uploads that are aborted at once. */
const CONCURRENCY = 8;
/** How often the store is told before the parts are left to the bucket's own rules. */
const TRIES = 6;
/** Milliseconds that the end of a failed write may take: somebody is waiting for the error that led there. */
const LIMIT = 20_000;

/**
 * Has the store forget an upload in parts. A part that arrives while an upload is aborted may stay, and is paid for: so it is aborted again until
 * the store says that there is no such upload.
 */
export async function forgetUpload(
  store: S3Store,
  key: string,
  uploadId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const input = { Bucket: store.bucket, Key: key, UploadId: uploadId };
  const pause = store.policy.backoff();
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await sleep(pause.next(), signal);
    const abort = new AbortMultipartUploadCommand(input);
    if (await isForgotten(store.send({ operation: "AbortMultipartUpload", key }, abort, signal))) return;
    const list = new ListPartsCommand({ ...input, MaxParts: 1 });
    if (await isForgotten(store.send({ operation: "ListParts", key }, list, signal))) return;
  }
  throw new CottonCandyError(
    `the store still has parts of an upload of "${key}" after it was aborted ${TRIES} times: abort it again later`,
    { key, bucket: store.bucket },
  );
}

/** Whether the store says that there is no such upload. */
async function isForgotten(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    const { code, status } = s3FailureOf(error);
    if (code === "NoSuchUpload" || status === 404) return true;
    throw error;
  }
}

/** Whether the store knows nothing of an upload any more; `undefined` when it does not tell. */
export async function isUploadGone(
  store: S3Store,
  key: string,
  uploadId: string | undefined,
): Promise<boolean | undefined> {
  const command = new ListPartsCommand({ Bucket: store.bucket, Key: key, UploadId: uploadId, MaxParts: 1 });
  try {
    return await isForgotten(store.send({ operation: "ListParts", key }, command, undefined));
  } catch {
    return undefined;
  }
}

/** Aborts the upload of a write that failed, as far as that can be done in short time. Where it can't be, that is a warning: the failure that led here matters more. */
export async function abortUpload(store: S3Store, key: string, uploadId: string): Promise<void> {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), LIMIT);
  try {
    await forgetUpload(store, key, uploadId, control.signal);
  } catch (error) {
    // Denied, unreachable, or out of time.
    const onWarning = store.options.onWarning ?? warnOncePerKind;
    const cause = control.signal.aborted
      ? `there was no answer in ${LIMIT / 1000} seconds`
      : messageOf(error);
    onWarning({
      kind: "leftover",
      key,
      message:
        `the parts that were sent of "${key}" may still be in bucket "${store.bucket}", since they could not be removed: ${cause}. They are paid for until abortUploads({ olderThan }) ends the upload`,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Lists uploads in parts that are not complete, by key and page by page. */
export async function* listS3Uploads(
  store: S3Store,
  { prefix = "", signal }: PrefixOptions = {},
): AsyncGenerator<PendingUpload, void, void> {
  const send = async ({ key, id }: Markers, EncodingType?: "url") =>
    await store.send(
      { operation: "ListMultipartUploads" },
      new ListMultipartUploadsCommand({
        Bucket: store.bucket,
        Prefix: prefix || undefined,
        EncodingType,
        KeyMarker: key,
        UploadIdMarker: id,
      }),
      signal,
    );
  const ask = async (after: Markers) => {
    const page = await send(after, "url");
    // Ceph encodes keys here and doesn't say so, others don't encode them: what a "%" is can't be told.
    const unclear = page.EncodingType !== "url" && page.Uploads?.some(({ Key }) => Key?.includes("%"));
    return unclear ? await send(after) : page;
  };
  for await (const page of markedPages(store, "pending uploads", prefix, ask, uploadsIn)) yield* page;
}

function uploadsIn(
  { Bucket, Uploads = [] }: ListMultipartUploadsCommandOutput,
  decode: (key: string) => string,
): PendingUpload[] {
  return Uploads.map(({ Key = "", UploadId, Initiated }) => {
    // Without its time it might be one that has just begun.
    if (UploadId && Initiated) return { key: decode(Key), uploadId: UploadId, started: Initiated };
    throw new IntegrityError(`the store lists an upload of "${decode(Key)}" without its id or time`, {
      bucket: Bucket,
    });
  });
}

/** Aborts uploads in parts that were begun before some time, and tells which they were. */
export async function abortS3Uploads(
  store: S3Store,
  { olderThan, only = () => true, prefix, signal }: AbortUploadsOptions,
): Promise<PendingUpload[]> {
  const where = { bucket: store.bucket };
  checkedAge(olderThan, where);
  const uploads: PendingUpload[] = [];
  for await (const upload of listS3Uploads(store, { prefix, signal })) {
    // The list's answer has told the server's clock.
    const before = checkedAge(olderThan, where, store.clock.offset()?.least);
    if (upload.started.getTime() <= before && only(upload)) uploads.push(upload);
  }
  const done: PendingUpload[] = [];
  const failed: FailedObject[] = [];
  await forEachConcurrent(uploads, async (upload) => {
    try {
      await forgetUpload(store, upload.key, upload.uploadId, signal);
      done.push(upload);
    } catch (error) {
      signal?.throwIfAborted();
      failed.push({ key: upload.key, error: asError(error) });
    }
  }, { concurrency: CONCURRENCY, signal });
  if (failed.length === 0) return done;
  throw new PartialFailureError("aborted", done.map(({ key }) => key), failed, { bucket: store.bucket });
}
