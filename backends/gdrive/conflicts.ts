/** What comes before and after a write. */
import { AccessDeniedError, AlreadyExistsError, CottonCandyError } from "../../lib/errors.ts";
import { type DriveCall, driveStatusOf, isEffectUnknown, withCommitted } from "./errors.ts";
import { type DriveFile, isAt, oldestFirst } from "./file.ts";
import type { DriveStore, FoundKey } from "./store.ts";

/** Does what comes before a write: where it fails, nothing is stored. */
export async function asUncommitted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof CottonCandyError ? withCommitted(error, "no") : error;
  }
}

/** The error where an object must not be there. */
export function alreadyExistsError(store: DriveStore, key: string, cause?: unknown): AlreadyExistsError {
  return new AlreadyExistsError(
    `"${key}" in ${store.name} exists already. Allow overwriting, or choose another name.`,
    { key, bucket: store.name, committed: "no", cause },
  );
}

/** Does what comes after a write: where it fails, the write is done all the same. */
async function asCommitted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CottonCandyError ? withCommitted(error, "yes") : error;
  }
}

/**
 * Sees to it that a new file is the only one of its name, although others may have made one at the same moment: of plain writes the newest stays,
 * as if it had come last, of those that must be the first the oldest.
 *
 * @throws {AlreadyExistsError} when it is taken away again.
 */
export async function removeDuplicates(
  store: DriveStore,
  { key }: FoundKey,
  file: DriveFile,
  ifAbsent: boolean,
): Promise<void> {
  const found = await asCommitted(() => store.find(key, undefined, () => {}));
  const older = found.files.filter((other) => other.id !== file.id && oldestFirst(other, file) < 0);
  if (older.length > 0 && ifAbsent) throw await yieldToOlder(store, key, file);
  // A listing may show what others have renamed or moved since.
  const { files: others } = await asCommitted(() => store.now({ ...found, files: older }));
  try {
    // The oldest is what is seen: it goes last.
    for (const other of [...others].reverse()) await removeFile(store, other, key, true);
  } catch (error) {
    if (!(error instanceof CottonCandyError)) throw error;
    if (driveStatusOf(error) === 403) throw await overruledError(store, key, file, error);
    throw withCommitted(error, "yes");
  }
}

/**
 * Moves an old file that came out of the trash there again, if whoever had moved it there has put another one in its place: it was overwritten. Not the other
 * way round: who made that removes what is older, and in the end there would be none.
 *
 * @param before What there was before the write: duplicates that are older than it are none of that.
 */
export async function giveWay(store: DriveStore, before: FoundKey, file: DriveFile): Promise<void> {
  const { key } = before;
  const { files: successors } = await asCommitted(async () => {
    const found = await store.find(key, undefined, () => {});
    const known = new Set([file, ...before.files].map(({ id }) => id));
    return await store.now({ ...found, files: found.files.filter(({ id }) => !known.has(id)) });
  });
  // One that stays is what is seen, as if it had come last.
  if (successors.length > 0) await removeFile(store, file, key, true).catch(() => {});
}

/** Takes a file away that is not seen, since an older one may not be taken away. */
async function overruledError(
  store: DriveStore,
  key: string,
  file: DriveFile,
  cause: CottonCandyError,
): Promise<AccessDeniedError> {
  await removeFile(store, file, key, false).catch(() => {});
  return new AccessDeniedError(
    `somebody else made "${key}" in ${store.name} at the same time, and you may not move that to the trash: it is what is seen. Write again, over it.`,
    { key, bucket: store.name, committed: "no", cause },
  );
}

/** Takes a file away that came too late. One that stays is not seen: an older one is. */
async function yieldToOlder(store: DriveStore, key: string, file: DriveFile): Promise<AlreadyExistsError> {
  try {
    await removeFile(store, file, key, false);
    return alreadyExistsError(store, key);
  } catch (error) {
    return alreadyExistsError(store, key, error);
  }
}

/** Takes a file away, and remembers it. Gives the file as it is in the trash, if that is where it went. */
export async function removeFile(
  store: DriveStore,
  file: DriveFile,
  key: string,
  trash: boolean,
): Promise<DriveFile | undefined> {
  const about: DriveCall = { operation: trash ? "files.update" : "files.delete", key, writes: true };
  let gone: DriveFile | undefined;
  try {
    gone = trash ? await store.files.trash(file.id, about) : await store.files.discard(file.id, about);
  } catch (error) {
    if (!isEffectUnknown(error)) throw error;
    gone = await store.files.look(file.id, { operation: "files.get", key }).catch(() => {
      throw error;
    });
    if (gone && !gone.trashed) throw withCommitted(error, "no");
  }
  store.overlay.removed(file, file.parents[0] ?? "", gone?.version);
  return gone;
}

/**
 * Makes a change whose answer may get lost: where it is unknown whether it took effect, the file is looked at.
 *
 * @param isDone Whether the change is seen in the file.
 */
export async function confirmLostChange(
  store: DriveStore,
  id: string,
  key: string,
  signal: AbortSignal,
  change: () => Promise<DriveFile>,
  isDone: (file: DriveFile) => boolean,
): Promise<DriveFile> {
  try {
    return await change();
  } catch (error) {
    signal.throwIfAborted();
    if (!isEffectUnknown(error)) throw error;
    const file = await store.files.look(id, { operation: "files.get", key }).catch(() => {
      throw error;
    });
    if (file && isDone(file)) return file;
    throw withCommitted(error, "no");
  }
}

// Files and folders that somebody else has deleted, or moved to the trash, since they were found. Listings may go on showing them for a while:
// they are looked at by their ids.

/** How often a file is taken out of the trash whose folder goes there again. */
const TRIES = 3;

/** Looks whether the folders and the files of what was found are still there, and remembers of those that are not that they are gone. */
export async function forgetVanished(
  store: DriveStore,
  { key, place, files }: Pick<FoundKey, "key" | "place" | "files">,
  signal?: AbortSignal,
): Promise<void> {
  // From the top: where a folder is gone, so is all below it.
  for (let depth = 1; depth <= place.folders.length; depth++) {
    const path = place.folders.slice(0, depth);
    const ids = await store.folders.find(path, signal);
    const gone = await Promise.all(ids.map((id) => forgetIfVanished(store, id, key, signal)));
    if (gone.includes(true)) store.folders.forget(path);
  }
  for (const { id } of files) await forgetIfVanished(store, id, key, signal);
}

async function forgetIfVanished(
  store: DriveStore,
  id: string,
  key: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const file = await store.files.look(id, { operation: "files.get", key }, signal);
  if (file && !file.trashed) return false;
  store.overlay.removed({ id }, "", file?.version);
  return true;
}

/**
 * A file that was written, as it is remembered: out of the trash, where somebody moved it there, or its folder, meanwhile.
 *
 * @param parent The folder that it was written to.
 * @param before What it was, where it was not made for this.
 * @throws {CottonCandyError} when it was no longer the object's, since somebody renamed or moved it meanwhile.
 */
export async function confirmPlace(
  store: DriveStore,
  found: Pick<FoundKey, "key" | "place">,
  written: DriveFile,
  parent: string,
  before?: DriveFile,
): Promise<DriveFile> {
  const { key, place } = found;
  if (before && !isAt(written, place.name, before.parents)) {
    store.overlay.wrote(written, written.parents[0] ?? "");
    throw new CottonCandyError(
      `somebody renamed or moved the file of "${key}" in ${store.name} at the moment when it was written: it is "${written.name}" now, and has what was written. Write again.`,
      { key, bucket: store.name, committed: "no" },
    );
  }
  const file = written.trashed ? await rescue(store, found, written) : written;
  store.overlay.wrote(file, written.trashed ? file.parents[0] ?? parent : parent);
  return file;
}

/**
 * What was written belongs to an object that somebody moved to the trash meanwhile, or one of its folders: it comes out again, and goes to a folder that is there.
 *
 * @returns The file as it is then.
 */
async function rescue(
  store: DriveStore,
  { key, place }: Pick<FoundKey, "key" | "place">,
  file: DriveFile,
): Promise<DriveFile> {
  const about: DriveCall = { operation: "files.update", key, writes: true };
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    // Until it is out again, there is nothing at the key.
    const parent = await asUncommitted(undefined, async () => {
      await forgetVanished(store, { key, place, files: [] });
      return await store.folders.ensure(place.folders);
    });
    const query: Record<string, string> = file.parents.includes(parent)
      ? {}
      : { addParents: parent, removeParents: file.parents.join(",") };
    file = await store.files.patch(file.id, { trashed: false }, about, { query });
    if (!file.trashed) return file;
  }
  throw new CottonCandyError(`"${key}" was written to ${store.name}, which is in the trash`, {
    key,
    bucket: store.name,
    committed: "no",
  });
}
