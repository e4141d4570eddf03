import { NotFoundError } from "../../lib/errors.ts";
import { type DriveFile, hasBytes, isFolder } from "./file.ts";
import { quoted, within } from "./query.ts";
import type { DriveStore } from "./store.ts";
import { FOLDER } from "./types.ts";

/** Folders that one query asks for. */
export const PARENTS = 50;

/** How folders are listed. */
export interface ChildrenOptions {
  /** Ends it with its reason. */
  readonly signal?: AbortSignal;
  /** Files that Drive tells of in one answer. */
  readonly pageSize?: number;
}

/**
 * What is in each of several folders, at most {@linkcode PARENTS}. A folder that is gone has nothing in it.
 *
 * Drive sometimes says of several folders at once that there is nothing in some of them that are not empty, as its users found (rclone/rclone#3114,
 * rclone/rclone#9810): those of which it said so are asked for again, one by one.
 */
export async function childrenOf(
  store: DriveStore,
  folders: readonly string[],
  options: ChildrenOptions = {},
): Promise<Map<string, DriveFile[]>> {
  const children = new Map<string, DriveFile[]>(folders.map((id) => [id, []]));
  if (folders.length > 1) {
    for (const file of await listed(store, folders, options)) {
      for (const parent of file.parents) children.get(parent)?.push(file);
    }
  }
  for (const [id, files] of children) {
    if (files.length === 0) children.set(id, await listed(store, [id], options));
  }
  return children;
}

/** Files and folders in some folders, whatever their order. */
async function listed(
  store: DriveStore,
  folders: readonly string[],
  options: ChildrenOptions,
): Promise<DriveFile[]> {
  let files: DriveFile[] = [];
  try {
    files = await store.files.list(within(folders), options);
  } catch (error) {
    // One of them was deleted meanwhile: of several, each is asked for by itself then.
    if (!(error instanceof NotFoundError)) throw error;
  }
  return await corrected(store, folders, files, (file) => !file.trashed, options.signal);
}

/**
 * Which of several folders, at most {@linkcode PARENTS}, have an object in them, at any depth: empty folders are no part of any key.
 */
export async function populated(
  store: DriveStore,
  folders: readonly string[],
  signal?: AbortSignal,
): Promise<Set<string>> {
  const found = new Set<string>();
  let open = [...folders];
  while (open.length > 1) {
    const before = open.length;
    for (const file of await firstObjects(store, open, signal)) {
      for (const parent of file.parents) if (open.includes(parent)) found.add(parent);
    }
    // The answer may have been full of files of a few folders: the others are asked for without those.
    open = open.filter((id) => !found.has(id));
    if (open.length === before) break;
  }
  for (const id of open) if (await hasObject(store, id, signal)) found.add(id);
  return found;
}

async function hasObject(store: DriveStore, folder: string, signal?: AbortSignal): Promise<boolean> {
  if ((await firstObjects(store, [folder], signal)).length > 0) return true;
  const isBelow = (file: DriveFile) => isFolder(file) && !file.trashed;
  const q = `${within([folder])} and mimeType=${quoted(FOLDER)}`;
  const folders = await corrected(store, [folder], await store.files.list(q, { signal }), isBelow, signal);
  const below = folders.map(({ id }) => id);
  for (let i = 0; i < below.length; i += PARENTS) {
    if ((await populated(store, below.slice(i, i + PARENTS), signal)).size > 0) return true;
  }
  return false;
}

/** Some objects that are in some folders: none only when there is none. */
async function firstObjects(
  store: DriveStore,
  folders: readonly string[],
  signal?: AbortSignal,
): Promise<DriveFile[]> {
  const wanted = (file: DriveFile) => hasBytes(file) && !file.trashed;
  const q = `${within(folders)} and mimeType!=${quoted(FOLDER)}`;
  try {
    for await (const page of store.files.pages(q, { signal })) {
      const objects = await corrected(store, folders, page, wanted, signal);
      if (objects.length > 0) return objects;
    }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  return await corrected(store, folders, [], wanted, signal);
}

async function corrected(
  store: DriveStore,
  folders: readonly string[],
  files: readonly DriveFile[],
  wanted: (file: DriveFile) => boolean,
  signal: AbortSignal | undefined,
): Promise<DriveFile[]> {
  const get = (id: string) => store.files.get(id, { operation: "files.get" }, signal);
  return (await store.recent.correct(files, folders, wanted, get)).filter(wanted);
}
