/**
 * Files and folders that somebody else has deleted, or moved to the trash, since they were found. Listings may go on showing them for a while:
 * they are looked at by their ids.
 *
 * @module
 */
import { CottonCandyError } from "../../lib/errors.ts";
import type { About } from "./errors.ts";
import { type DriveFile, isAt } from "./file.ts";
import { beforehand } from "./settle.ts";
import type { DriveStore, Found } from "./store.ts";

/** How often a file is taken out of the trash whose folder goes there again. */
const TRIES = 3;

/** Looks whether the folders and the files of what was found are still there, and remembers of those that are not that they are gone. */
export async function forgetGone(
  store: DriveStore,
  { key, place, files }: Pick<Found, "key" | "place" | "files">,
  signal?: AbortSignal,
): Promise<void> {
  // From the top: where a folder is gone, so is all below it.
  for (let depth = 1; depth <= place.folders.length; depth++) {
    const path = place.folders.slice(0, depth);
    const ids = await store.folders.find(path, signal);
    const gone = await Promise.all(ids.map((id) => forgetIfGone(store, id, key, signal)));
    if (gone.includes(true)) store.folders.forget(path);
  }
  for (const { id } of files) await forgetIfGone(store, id, key, signal);
}

async function forgetIfGone(
  store: DriveStore,
  id: string,
  key: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const file = await store.files.look(id, { operation: "files.get", key }, signal);
  if (file && !file.trashed) return false;
  store.recent.removed({ id }, "", file?.version);
  return true;
}

/**
 * A file that was written, as it is remembered: out of the trash, where somebody moved it there, or its folder, meanwhile.
 *
 * @param parent The folder that it was written to.
 * @param before What it was, where it was not made for this.
 * @throws {CottonCandyError} when it was no longer the object's, since somebody renamed or moved it meanwhile.
 */
export async function remembered(
  store: DriveStore,
  found: Pick<Found, "key" | "place">,
  written: DriveFile,
  parent: string,
  before?: DriveFile,
): Promise<DriveFile> {
  const { key, place } = found;
  if (before && !isAt(written, place.name, before.parents)) {
    store.recent.wrote(written, written.parents[0] ?? "");
    throw new CottonCandyError(
      `somebody renamed or moved the file of "${key}" in ${store.name} at the moment when it was written: it is "${written.name}" now, and has what was written. Write again.`,
      { key, bucket: store.name, committed: "no" },
    );
  }
  const file = written.trashed ? await rescue(store, found, written) : written;
  store.recent.wrote(file, written.trashed ? file.parents[0] ?? parent : parent);
  return file;
}

/**
 * What was written belongs to an object that somebody moved to the trash meanwhile, or one of its folders: it comes out again, and goes to a folder that is there.
 *
 * @returns The file as it is then.
 */
async function rescue(
  store: DriveStore,
  { key, place }: Pick<Found, "key" | "place">,
  file: DriveFile,
): Promise<DriveFile> {
  const about: About = { operation: "files.update", key, writes: true };
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    // Until it is out again, there is nothing at the key.
    const parent = await beforehand(undefined, async () => {
      await forgetGone(store, { key, place, files: [] });
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
