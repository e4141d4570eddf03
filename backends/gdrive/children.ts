import { NotFoundError } from "../../lib/errors.ts";
import { forEachConcurrent } from "../../lib/streams/concurrent.ts";
import { type DriveFile, hasBytes, isFolder } from "./file.ts";
import type { ListOptions } from "./files.ts";
import { quoted, within } from "./query.ts";
import type { DriveStore } from "./store.ts";
import { FOLDER } from "./types.ts";
import { filesWithin } from "./within.ts";

/** Folders that one query asks for. */
export const PARENTS = 50;
/** Folders that are looked into at once, where each needs a request of its own. */
const CONCURRENCY = 6;

const IS_FOLDER = `mimeType=${quoted(FOLDER)}`;
const IS_NONE = `mimeType!=${quoted(FOLDER)}`;

/**
 * What is in each of several folders, at most {@linkcode PARENTS}; a folder that is gone is left out.
 *
 * Drive sometimes says of several folders at once that there is nothing in some of them that are not empty, as its users found (rclone/rclone#3114,
 * rclone/rclone#9810): those of which it said so are asked for again, one by one.
 */
export async function childrenOf(
  store: DriveStore,
  folders: readonly string[],
  options: ListOptions = {},
): Promise<Map<string, DriveFile[]>> {
  const { signal } = options;
  const get = (id: string) => store.files.get(id, { operation: "files.get" }, signal);
  const isThere = ({ trashed }: DriveFile) => !trashed;
  const listed = new Map<string, DriveFile[]>(folders.map((id) => [id, []]));
  if (folders.length > 1) {
    // Of a folder that is gone Drive doesn't say which it is: then each is asked for by itself.
    const files = await unlessGone(store.files.list(within(folders), options)) ?? [];
    for (const file of files) for (const parent of file.parents) listed.get(parent)?.push(file);
  }
  const gone: string[] = [];
  await forEachConcurrent(listed, async ([id, files]) => {
    const all = files.length > 0
      ? await store.recent.correct(files, [id], isThere, get)
      : await unlessGone(filesWithin(store, [id], undefined, isThere, options));
    if (all) listed.set(id, all);
    else gone.push(id);
  }, { concurrency: CONCURRENCY, signal });
  for (const id of gone) listed.delete(id);
  return listed;
}

/**
 * Which of several folders have an object in them, at any depth: empty folders are no part of any key.
 */
export async function populated(
  store: DriveStore,
  folders: readonly string[],
  signal?: AbortSignal,
  concurrency: number = CONCURRENCY,
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let i = 0; i < folders.length; i += PARENTS) {
    const lot = folders.slice(i, i + PARENTS);
    if (lot.length > 1) await glance(store, lot, found, signal);
    await forEachConcurrent(lot, async (id) => {
      if (!found.has(id) && await hasObject(store, id, signal)) found.add(id);
    }, { concurrency, signal });
  }
  return found;
}

/**
 * Adds those folders in which there clearly is an object: all are asked for at once, and a few of the folders in them, and so on. Of the others nothing is known, since Drive overlooks
 * what is in some folders when it is asked so.
 */
async function glance(
  store: DriveStore,
  folders: readonly string[],
  found: Set<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  /** The folders that are looked into, and in which of those asked for they are. */
  let level = new Map(folders.map((id) => [id, id]));
  while (level.size > 0) {
    // The answer may be full of files of a few folders: the others are asked for without those.
    for (let before = Infinity; level.size > 0 && level.size < before;) {
      before = level.size;
      for (const { parents } of await firstObjects(store, [...level.keys()], signal)) {
        for (const top of parents.map((id) => level.get(id))) if (top !== undefined) found.add(top);
      }
      level = new Map([...level].filter(([, top]) => !found.has(top)));
    }
    level = await someBelow(store, level, signal);
  }
}

/** Some of the folders in some folders, at most {@linkcode PARENTS}: of each of those asked for about as many. */
async function someBelow(
  store: DriveStore,
  level: ReadonlyMap<string, string>,
  signal: AbortSignal | undefined,
): Promise<Map<string, string>> {
  const below = new Map<string, string>();
  if (level.size === 0) return below;
  const counts = new Map<string, number>();
  const most = Math.floor(PARENTS / new Set(level.values()).size);
  const q = `${within([...level.keys()])} and ${IS_FOLDER}`;
  for (const { id, parents } of await unlessGone(firstPage(store, q, signal)) ?? []) {
    const top = parents.map((parent) => level.get(parent)).find((known) => known !== undefined);
    const count = counts.get(top ?? "") ?? 0;
    if (top === undefined || count === most) continue;
    counts.set(top, count + 1);
    below.set(id, top);
  }
  return below;
}

async function hasObject(store: DriveStore, folder: string, signal?: AbortSignal): Promise<boolean> {
  if ((await firstObjects(store, [folder], signal)).length > 0) return true;
  const isThere = (file: DriveFile) => isFolder(file) && !file.trashed;
  const below = await unlessGone(filesWithin(store, [folder], IS_FOLDER, isThere, { signal })) ?? [];
  for (let i = 0; i < below.length; i += PARENTS) {
    const lot = below.slice(i, i + PARENTS).map(({ id }) => id);
    // Several are looked into at once already: each level more would multiply the requests.
    if ((await populated(store, lot, signal, 1)).size > 0) return true;
  }
  return false;
}

/** Some objects that are in some folders: of one folder none only when there is none. */
async function firstObjects(
  store: DriveStore,
  folders: readonly string[],
  signal?: AbortSignal,
): Promise<DriveFile[]> {
  const isObject = (file: DriveFile) => hasBytes(file) && !file.trashed;
  const get = (id: string) => store.files.get(id, { operation: "files.get" }, signal);
  const look = async () => {
    const listed: DriveFile[] = [];
    for await (const page of store.files.pages(`${within(folders)} and ${IS_NONE}`, { signal })) {
      const objects = page.flatMap((file) => store.recent.latest(file, folders) ?? []).filter(isObject);
      if (objects.length > 0) return objects;
      listed.push(...page);
    }
    // Only now: each file that was written of late and isn't listed may have to be asked for.
    return await store.recent.correct(listed, folders, isObject, get);
  };
  return await unlessGone(look()) ?? [];
}

async function firstPage(store: DriveStore, q: string, signal?: AbortSignal): Promise<DriveFile[]> {
  for await (const page of store.files.pages(q, { signal })) return page;
  return [];
}

/** What a search gives; `undefined` where a folder of it was deleted meanwhile. */
async function unlessGone<T>(search: Promise<T>): Promise<T | undefined> {
  try {
    return await search;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
