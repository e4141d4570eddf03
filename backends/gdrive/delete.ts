/**
 * Files that go: deleted, moved to the trash, or taken back.
 *
 * @module
 */
import {
  AccessDeniedError,
  CottonCandyError,
  NotFoundError,
  PreconditionFailedError,
} from "../../lib/errors.ts";
import { asError } from "../../lib/error_context.ts";
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import { warnOncePerKind } from "../../lib/warnings.ts";
import { refuseVersion } from "../arguments.ts";
import type { DeleteItem, DeleteOptions, DeleteResult } from "../backend.ts";
import { withCommitted } from "../transport/mod.ts";
import { asUncommitted, type DriveCall, driveStatusOf, isDoubtful } from "./errors.ts";
import { type DriveFile, fileEtag } from "./file.ts";
import { ownedBy } from "./files.ts";
import type { DriveStore, FoundKey } from "./store.ts";

/** Objects that are looked up together. */
const BATCH = 100;
/** Files that are deleted at once: Drive takes one a request. */
const CONCURRENCY = 6;

type Item = Exclude<DeleteItem, string>;

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
  const found = await store.findEach(items.map(({ key }) => key), signal);
  const results: DeleteResult[] = items.map(({ key }) => ({ key }));
  // Heeded before each object: one that is being removed is waited for, and told of.
  await forEachConcurrent(items, async ({ key, ifMatch, versionId }, i) => {
    signal?.throwIfAborted();
    const before = found[i];
    try {
      refuseVersion(versionId, { key, bucket: store.name, committed: "no" });
      if (before instanceof CottonCandyError) throw withCommitted(before, "no");
      if (before instanceof Error) throw before;
      await deleteOne(store, before, ifMatch, options);
    } catch (error) {
      signal?.throwIfAborted();
      results[i] = { key, error: asError(error) };
    }
  }, { concurrency: CONCURRENCY });
  return results;
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
    for (const file of files.toReversed()) {
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

/** Takes a file away, and remembers it. Gives the file as it is in the trash, if that is where it went. */
export async function removeFile(
  store: DriveStore,
  file: DriveFile,
  key: string,
  trash: boolean,
): Promise<DriveFile | undefined> {
  const call: DriveCall = { operation: trash ? "files.update" : "files.delete", key, writes: true };
  let removed: DriveFile | undefined;
  try {
    removed = trash ? await store.files.trash(file.id, call) : await store.files.discard(file.id, call);
  } catch (error) {
    if (!isDoubtful(error)) throw await refusalOf(store, file, key, error);
    removed = await store.lookAfter(file.id, key, error);
    if (removed && !removed.trashed) throw withCommitted(error, "no");
  }
  store.overlay.removed(file, file.parents[0] ?? "", removed?.version);
  return removed;
}

/** The error when a file may not be removed: who may. */
async function refusalOf(
  store: DriveStore,
  { id }: DriveFile,
  key: string,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof AccessDeniedError) || driveStatusOf(error) !== 403) return error;
  const rights = await store.files.rights(id, key).catch(() => undefined);
  if (!rights || rights.canRemove) return error;
  const said = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return new AccessDeniedError(
    `"${key}" in ${store.name} may not be removed: ${ownedBy(rights)}${said}.`,
    { key, bucket: store.name, committed: "no", cause: error.cause },
  );
}

/**
 * Throws where a file that was just written is in the trash: somebody moved it there meanwhile, or its folder, and there is nothing at the key. An old file stays there.
 *
 * @param isNew It was made for this, and is taken away again.
 */
export async function refuseTrashed(
  store: DriveStore,
  file: DriveFile,
  key: string,
  isNew: boolean,
): Promise<void> {
  if (!file.trashed) return;
  if (isNew) await removeFile(store, file, key, false).catch(() => {});
  else store.overlay.removed(file, file.parents[0] ?? "", file.version);
  throw new NotFoundError(
    `somebody moved the file of "${key}" in ${store.name}, or its folder, to the trash while it was being written: it is in the trash. Write again.`,
    { key, bucket: store.name, committed: "no" },
  );
}
