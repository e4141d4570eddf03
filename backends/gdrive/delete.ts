import {
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { asError } from "../../lib/error_context.ts";
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import { warnOncePerKind } from "../../lib/warnings.ts";
import { checkKey } from "../arguments.ts";
import type { DeleteItem, DeleteOptions, DeleteResult, Owner, RequestOptions } from "../backend.ts";
import { asUncommitted, removeFile } from "./conflicts.ts";
import { withCommitted } from "./errors.ts";
import { fileEtag, memberOf } from "./file.ts";
import { ALL_DRIVES } from "./files.ts";
import type { DriveStore, FoundKey } from "./store.ts";

/** Objects that are looked up together. */
const BATCH = 100;
/** Files that are deleted at once: Drive takes one a request. */
const CONCURRENCY = 6;

interface Item {
  readonly key: string;
  readonly ifMatch?: string;
}

/** Deletes objects, or moves them to the trash. All files of an object's name go: an older one must not come to light again. */
export async function* deleteFiles(
  store: DriveStore,
  items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
  options: DeleteOptions = {},
): AsyncGenerator<DeleteResult, void, void> {
  const { signal } = options;
  signal?.throwIfAborted();
  let batch: Item[] = [];
  for await (const item of items) {
    signal?.throwIfAborted();
    batch.push(typeof item === "string" ? { key: item } : item);
    if (batch.length < BATCH) continue;
    yield* await deleteBatch(store, batch, options);
    batch = [];
  }
  if (batch.length > 0) yield* await deleteBatch(store, batch, options);
}

async function deleteBatch(
  store: DriveStore,
  items: readonly Item[],
  options: DeleteOptions,
): Promise<DeleteResult[]> {
  const { signal } = options;
  const results = items.map(({ key }): DeleteResult => ({ key, error: invalidKeyError(key) }));
  const valid = items.map((_, index) => index).filter((index) => !results[index].error);
  const found = await store.findEach(valid.map((index) => items[index].key), signal);
  await forEachConcurrent(valid, async (index, i) => {
    const { key, ifMatch } = items[index];
    const before = found[i];
    try {
      if (before instanceof CottonCandyError) throw withCommitted(before, "no");
      if (before instanceof Error) throw before;
      await deleteOne(store, before, ifMatch, options);
      results[index] = { key };
    } catch (error) {
      signal?.throwIfAborted();
      results[index] = { key, error: asError(error) };
    }
  }, { concurrency: CONCURRENCY, signal });
  return results.map(({ key, error }) => error ? { key, error } : { key });
}

function invalidKeyError(key: string): Error | undefined {
  try {
    checkKey(key);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error;
    throw error;
  }
}

async function deleteOne(
  store: DriveStore,
  before: FoundKey,
  ifMatch: string | undefined,
  { signal, trash = false, onWarning = store.options.onWarning ?? warnOncePerKind }: DeleteOptions,
): Promise<void> {
  const { key } = before;
  // Whoever is at work with it may write; and a version that is named may have been replaced while others were deleted.
  const again = store.locks.isHeld(key) || (ifMatch !== undefined && before.files.length > 0);
  await store.locks.run(key, signal, async () => {
    const { files } = await asUncommitted(
      signal,
      async () => await store.now(again ? await store.find(key, signal, () => {}) : before, signal),
    );
    if (ifMatch !== undefined && files.length > 0 && fileEtag(files[0]) !== ifMatch) {
      throw new PreconditionFailedError(
        `"${key}" in ${store.name} is not, or no longer, the version ${ifMatch}: it was not deleted. Look it up again.`,
        { key, bucket: store.name, committed: "no" },
      );
    }
    for (const file of [...files].reverse()) {
      const trashed = await removeFile(store, file, key, trash);
      if (!trashed || trash) continue;
      onWarning({
        kind: "trashed",
        key,
        message:
          `you may not delete from ${store.name} for good: what was deleted is in the trash, where a manager of the shared drive can delete it`,
      });
    }
  });
}

/** Who owns an object: in a shared drive nobody does. */
export async function ownerOfFile(
  store: DriveStore,
  key: string,
  { signal, onWarning }: RequestOptions = {},
): Promise<Owner> {
  signal?.throwIfAborted();
  checkKey(key);
  const where = { key, bucket: store.name };
  const { files: [file] } = await store.find(key, signal, onWarning);
  if (!file) throw new NotFoundError(`there is no "${key}" in ${store.name}.`, where);
  const answer = await store.client.json({ operation: "files.get", key }, {
    method: "GET",
    path: `/drive/v3/files/${file.id}`,
    query: { ...ALL_DRIVES, fields: "owners(permissionId,displayName,emailAddress)" },
  }, { signal });
  const owners = memberOf(answer, "owners");
  const first: unknown = Array.isArray(owners) ? owners[0] : undefined;
  const email = memberOf(first, "emailAddress");
  const id = memberOf(first, "permissionId");
  const name = memberOf(first, "displayName");
  const known = typeof email === "string" ? email : id;
  if (typeof known !== "string") {
    throw new UnsupportedError(
      `"${key}" has no owner: what is in a shared drive belongs to the drive`,
      where,
    );
  }
  return { id: known, ...(typeof name === "string" ? { displayName: name } : {}) };
}
