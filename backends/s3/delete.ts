import { DeleteObjectCommand, DeleteObjectsCommand } from "@aws-sdk/client-s3";
import {
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
} from "../../lib/errors.ts";
import { checkKey } from "../arguments.ts";
import type { DeleteItem, DeleteOptions, DeleteResult } from "../backend.ts";
import { checkS3Conditions } from "./conditions.ts";
import { refusesChecksum, s3Error, s3FailureOf } from "./errors.ts";
import { headS3Object, quotedETag } from "./response.ts";
import { adjust, type S3Store } from "./store.ts";

/** Keys that S3 deletes at a time. */
const BATCH = 1000;
/** Requests at once where the store deletes one key at a time. */
const SINGLES = 8;

/** Deletes objects, a thousand a request; one that names a version is deleted by itself. */
export async function* deleteS3Objects(
  store: S3Store,
  items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
  options: DeleteOptions = {},
): AsyncGenerator<DeleteResult, void, void> {
  const { signal } = options;
  signal?.throwIfAborted();
  let batch: string[] = [];
  for await (const item of items) {
    signal?.throwIfAborted();
    const key = typeof item === "string" ? item : item.key;
    try {
      checkKey(key);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      yield { key, error };
      continue;
    }
    if (typeof item !== "string" && item.ifMatch !== undefined) {
      // In the order of the items: a key may be there twice.
      yield* flush(store, batch.splice(0), signal);
      yield await deleteOne(store, key, item.ifMatch, signal);
      continue;
    }
    if (batch.push(key) < BATCH) continue;
    yield* flush(store, batch, signal);
    batch = [];
  }
  yield* flush(store, batch, signal);
}

async function* flush(
  store: S3Store,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<DeleteResult, void, void> {
  // A batch can't name every key: XML 1.0 has no way to write some characters.
  const apart = store.dialect.batchDelete && keys.length > 1
    ? keys.filter((key) => UNNAMEABLE.test(key))
    : keys;
  if (apart.length < keys.length) {
    const results = await deleteBatch(store, keys.filter((key) => !UNNAMEABLE.test(key)), signal);
    if (!results) return yield* deleteSingly(store, keys, signal);
    for (const result of results) {
      yield s3FailureOf(result.error).passing
        ? await deleteOne(store, result.key, undefined, signal)
        : result;
    }
  }
  yield* deleteSingly(store, apart, signal);
}

// deno-lint-ignore no-control-regex -- those are what it is about
const UNNAMEABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

async function* deleteSingly(
  store: S3Store,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<DeleteResult, void, void> {
  for (let i = 0; i < keys.length; i += SINGLES) {
    yield* await Promise.all(
      keys.slice(i, i + SINGLES).map((key) => deleteOne(store, key, undefined, signal)),
    );
  }
}

async function deleteOne(
  store: S3Store,
  key: string,
  ifMatch: string | undefined,
  signal: AbortSignal | undefined,
): Promise<DeleteResult> {
  try {
    // Most stores overlook the header, and would delete whatever is there.
    if (ifMatch !== undefined) await checkS3Conditions(store, { key, ifMatch }, signal);
    const send = (etag: string | undefined) =>
      store.call(
        { operation: "DeleteObject", key, writes: true, ifMatch: etag !== undefined },
        signal,
        (client, options) =>
          client.send(
            new DeleteObjectCommand({ Bucket: store.bucket, Key: key, IfMatch: quotedETag(etag) }),
            options,
          ),
      );
    try {
      await send(ifMatch);
    } catch (error) {
      if (ifMatch === undefined || s3FailureOf(error).status !== 501) throw error;
      await send(undefined);
    }
    return { key };
  } catch (error) {
    signal?.throwIfAborted();
    // Some stores say that what isn't there can't be deleted.
    if (error instanceof NotFoundError && s3FailureOf(error).code === "NoSuchKey") return { key };
    // It is no other version but none: deleted before, or by a request whose answer was lost.
    if (error instanceof PreconditionFailedError && await isGone(store, key, signal)) return { key };
    if (error instanceof CottonCandyError) return { key, error };
    throw error;
  }
}

async function isGone(store: S3Store, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    return await headS3Object(store, key, signal) === undefined;
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}

/** One batch; `undefined` when the store has no such request. */
async function deleteBatch(
  store: S3Store,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<DeleteResult[] | undefined> {
  const about = { operation: "DeleteObjects", writes: true };
  const { dialect } = store;
  while (true) {
    const md5 = dialect.batchDeleteMd5;
    try {
      const output = await store.call(about, signal, (client, options) => {
        const command = new DeleteObjectsCommand({
          Bucket: store.bucket,
          Delete: { Objects: keys.map((key) => ({ Key: key })), Quiet: true },
        });
        if (md5) adjust(command, (request) => withMd5(store, request));
        return client.send(command, options);
      });
      const failed = new Map((output.Errors ?? []).map((error) => [error.Key, error]));
      return keys.map((key) => {
        const error = failed.get(key);
        if (!error || error.Code === "NoSuchKey") return { key };
        const failure = Object.assign(new Error(error.Message ?? ""), {
          Code: error.Code,
          $metadata: statusOf(error.Code),
        });
        return {
          key,
          error: s3Error(failure, { ...about, key, bucket: store.bucket }, store.endpoint, false),
        };
      });
    } catch (error) {
      const failure = s3FailureOf(error);
      if (!md5 && refusesChecksum(failure)) dialect.batchDeleteMd5 = true;
      else if (failure.status === 501 || failure.status === 405) {
        dialect.batchDelete = false;
        return undefined;
      } else throw error;
    }
  }
}

/** The older guard of this request, which some stores insist on, in place of the SDK's. */
async function withMd5(
  store: S3Store,
  { headers, body }: { readonly headers: Record<string, string>; readonly body?: unknown },
): Promise<void> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  if (!(bytes instanceof Uint8Array)) return;
  for (const name of Object.keys(headers)) {
    if (/^x-amz-(checksum-|sdk-checksum-)/.test(name)) delete headers[name];
  }
  headers["content-md5"] = await store.digest("md5", bytes);
}

/** Errors within a batch have a code and no status. */
function statusOf(code: string | undefined): { httpStatusCode?: number } {
  return code === "AccessDenied" ? { httpStatusCode: 403 } : {};
}
