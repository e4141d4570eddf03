import { DeleteObjectCommand, DeleteObjectsCommand } from "@aws-sdk/client-s3";
import { toBase64 } from "../../lib/base64.ts";
import { unshared } from "../../lib/bytes.ts";
import { digestOf } from "../../lib/checksums.ts";
import { IntegrityError, NotFoundError, PreconditionFailedError } from "../../lib/errors.ts";
import type { DeleteOptions, DeleteResult } from "../backend.ts";
import { type DeleteItems, deleteResult, keysToDelete, type KeyToDelete } from "../deleting.ts";
import { quotedETag } from "./answers.ts";
import { adjust, type UnsignedRequest } from "./command.ts";
import { isPassing, refusesChecksum, s3Error } from "./errors.ts";
import { s3FailureOf } from "./failure.ts";
import { headS3Object } from "./read.ts";
import type { S3Store } from "./store.ts";
import { checkS3Conditions } from "./writing/mod.ts";

/** Keys that S3 deletes at a time. */
const BATCH = 1000;
/** Requests at once where one key is deleted at a time. */
const SINGLES = 8;

/** Deletes objects, a thousand a request; one that names a version is deleted by itself. */
export async function* deleteS3Objects(
  store: S3Store,
  items: DeleteItems,
  { signal }: DeleteOptions = {},
): AsyncGenerator<DeleteResult, void, void> {
  const batch: string[] = [];
  const versions: KeyToDelete[] = [];
  for await (const item of keysToDelete(items, signal, true)) {
    const { key, ifMatch, versionId, invalid } = item;
    if (invalid) {
      yield { key, error: invalid };
    } else if (ifMatch !== undefined || versionId !== undefined) {
      // In the order of the items: a key may be there twice.
      yield* deleteKeys(store, batch.splice(0), signal);
      if (versions.some((other) => other.key === key)) yield* deleteSingly(store, versions.splice(0), signal);
      if (versions.push(item) === SINGLES) yield* deleteSingly(store, versions.splice(0), signal);
    } else {
      yield* deleteSingly(store, versions.splice(0), signal);
      if (batch.push(key) === BATCH) yield* deleteKeys(store, batch.splice(0), signal);
    }
  }
  yield* deleteSingly(store, versions, signal);
  yield* deleteKeys(store, batch, signal);
}

async function* deleteKeys(
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
    if (!results) return yield* deleteSingly(store, keys.map((key) => ({ key })), signal);
    for (const result of results) {
      yield isPassing(s3FailureOf(result.error)) || result.error instanceof IntegrityError
        ? await deleteOne(store, result, signal)
        : result;
    }
  }
  yield* deleteSingly(store, apart.map((key) => ({ key })), signal);
}

// deno-lint-ignore no-control-regex -- those are what it is about
const UNNAMEABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

async function* deleteSingly(
  store: S3Store,
  items: readonly KeyToDelete[],
  signal: AbortSignal | undefined,
): AsyncGenerator<DeleteResult, void, void> {
  for (let i = 0; i < items.length; i += SINGLES) {
    yield* await Promise.all(items.slice(i, i + SINGLES).map((item) => deleteOne(store, item, signal)));
  }
}

async function deleteOne(
  store: S3Store,
  { key, ifMatch, versionId }: KeyToDelete,
  signal: AbortSignal | undefined,
): Promise<DeleteResult> {
  const send = (etag: string | undefined) =>
    store.send(
      { operation: "DeleteObject", key, writes: true, ifMatch: etag !== undefined },
      new DeleteObjectCommand({
        Bucket: store.bucket,
        Key: key,
        IfMatch: quotedETag(etag),
        VersionId: versionId,
      }),
      signal,
    );
  return await deleteResult(key, signal, async () => {
    try {
      // Most stores overlook the header, and would delete whatever is there.
      if (ifMatch !== undefined) await checkS3Conditions(store, { key, ifMatch }, signal);
      try {
        await send(ifMatch);
      } catch (error) {
        if (ifMatch === undefined || s3FailureOf(error).status !== 501) throw error;
        await send(undefined);
      }
    } catch (error) {
      signal?.throwIfAborted();
      // Some stores say that what isn't there can't be deleted.
      if (error instanceof NotFoundError && /^NoSuch(Key|Version)$/.test(s3FailureOf(error).code)) return;
      // It is no other version but none: deleted before, or by a request whose answer was lost.
      if (error instanceof PreconditionFailedError && await isMissing(store, key, signal)) return;
      throw error;
    }
  });
}

async function isMissing(store: S3Store, key: string, signal: AbortSignal | undefined): Promise<boolean> {
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
      const command = new DeleteObjectsCommand({
        Bucket: store.bucket,
        // What is deleted is what the answer names: saying nothing of a key is no word that it is gone.
        Delete: { Objects: keys.map((key) => ({ Key: key })), Quiet: false },
      });
      if (md5) adjust(command, withMd5);
      const output = await store.send(about, command, signal);
      const failed = new Map((output.Errors ?? []).map((error) => [error.Key, error]));
      const deleted = new Set((output.Deleted ?? []).map((each) => each.Key));
      return keys.map((key) => {
        const error = failed.get(key);
        if (!error) return deleted.has(key) ? { key } : { key, error: unanswered(store, key) };
        if (error.Code === "NoSuchKey") return { key };
        const failure = Object.assign(new Error(error.Message ?? ""), {
          Code: error.Code,
          // Errors within a batch have a code and no status.
          $metadata: error.Code === "AccessDenied" ? { httpStatusCode: 403 } : {},
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

/** What stands for a key that the answer says nothing of. */
function unanswered({ endpoint, bucket }: S3Store, key: string): IntegrityError {
  return new IntegrityError(`the answer of ${endpoint} does not say whether "${key}" was deleted`, {
    key,
    bucket,
    committed: "unknown",
  });
}

/** The older guard of this request, which some stores insist on, in place of the SDK's. */
async function withMd5({ headers, body }: UnsignedRequest): Promise<void> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  if (!(bytes instanceof Uint8Array)) return;
  for (const name of Object.keys(headers)) {
    if (/^x-amz-(checksum-|sdk-checksum-)/.test(name)) delete headers[name];
  }
  headers["content-md5"] = toBase64(await digestOf("MD5", unshared(bytes)));
}
