/**
 * Listings: folder by folder, in the order of the keys' UTF-8 bytes, though Drive gives files in no order.
 *
 * @module
 */
import { NotFoundError } from "../../lib/errors.ts";
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import { compareKeys } from "../arguments.ts";
import type { ListOptions, ObjectInfo, Prefix } from "../backend.ts";
import { type ListCursor, listed } from "../listing.ts";
import { isGone } from "./errors.ts";
import { type DriveFile, fileInfo, FOLDER, hasBytes, isFolder, oldestFirst } from "./file.ts";
import { findInFolders, inFolders, quotedTerm } from "./search.ts";
import { endOf, foldersOf, invalidKeyError, MOST_FOLDERS, partOf, prefixOf } from "./folders.ts";
import type { DriveStore } from "./store.ts";

/** Folders that one query asks for. */
const PARENTS = 50;
/** Folders that are looked into at once, where each needs a request of its own. */
const CONCURRENCY = 6;
/** Folders that are listed at once to begin with: few, for whoever looks at the first objects only. */
const FIRST_BATCH = 4;
/** Files that are held of folders ahead of the one that is listed. */
const AHEAD = 5000;

/** An object in a directory. */
interface ObjectEntry {
  readonly key: string;
  /** All files of that name, the oldest first: that one counts. */
  readonly files: readonly DriveFile[];
}

/** A directory in a directory: all folders of one name. */
interface SubdirectoryEntry {
  /** Ends in a slash. */
  readonly key: string;
  /** The folders' ids. */
  readonly ids: readonly string[];
  /** How many folders it is below the root. */
  readonly depth: number;
  /** What is in it, once that was asked for. */
  contents?: Contents;
  /** Whether there is an object below it, once that was asked for. */
  isPopulated?: boolean;
}

/** What is in a directory. */
interface Contents {
  /** In the order of their keys. */
  readonly entries: readonly (ObjectEntry | SubdirectoryEntry)[];
  /** What no key stands for, and why. */
  readonly leftOut: readonly { readonly key: string; readonly why: string }[];
  /** Files and folders in all. */
  readonly size: number;
}

/**
 * What is in a directory.
 *
 * @param children The files and folders in its folders.
 * @param prefix Its key.
 * @param depth How many folders it is below the root.
 */
function contentsOf(children: readonly DriveFile[], prefix: string, depth: number): Contents {
  const leftOut: { key: string; why: string }[] = [];
  // No object's key is a folder's: that ends in a slash behind its name.
  const groups = new Map<string, DriveFile[]>();
  for (const file of children) {
    const why = reasonToLeaveOut(file, prefix, depth);
    if (why !== undefined) {
      leftOut.push({ key: prefix + file.name, why });
      continue;
    }
    const key = prefix + (isFolder(file) ? `${partOf(file.name)}/` : endOf(file.name, depth));
    groups.set(key, [...groups.get(key) ?? [], file]);
  }
  const entries = Array.from(groups, ([key, files]): ObjectEntry | SubdirectoryEntry => {
    files.sort(oldestFirst);
    return isFolder(files[0]) ? { key, ids: files.map(({ id }) => id), depth: depth + 1 } : { key, files };
  });
  return { entries: entries.sort((a, b) => compareKeys(a.key, b.key)), leftOut, size: children.length };
}

function reasonToLeaveOut(file: DriveFile, prefix: string, depth: number): string | undefined {
  if (isFolder(file)) {
    // Of keys that are so long, the rest is a file's name.
    if (depth === MOST_FOLDERS) return `it is a folder in ${MOST_FOLDERS} others: move it up`;
    return partOf(file.name) === undefined ? "its name has a slash: rename it" : undefined;
  }
  if (!hasBytes(file)) return "it is a document of Google's, or a shortcut, and has no bytes";
  const end = endOf(file.name, depth);
  if (end === undefined) return "its name has a slash: rename it";
  return invalidKeyError(prefix + end) && "no key is empty, or so long: rename it";
}

/**
 * What is in each of several folders; a folder that is gone is left out.
 *
 * Drive sometimes says of several folders at once that there is nothing in some of them that are not empty, as its users found (rclone/rclone#3114,
 * rclone/rclone#9810): those of which it said so are asked for again, one by one.
 */
async function childrenOfFolders(
  store: DriveStore,
  folders: readonly string[],
  { signal, pageSize }: Pick<ListOptions, "signal" | "pageSize">,
): Promise<Map<string, DriveFile[]>> {
  const options = { signal, pageSize };
  const children = new Map<string, DriveFile[]>();
  for (let i = 0; i < folders.length; i += PARENTS) {
    const lot = folders.slice(i, i + PARENTS);
    const listed = new Map<string, DriveFile[]>(lot.map((id) => [id, []]));
    if (lot.length > 1) {
      // Of a folder that is gone Drive doesn't say which it is: then each is asked for by itself.
      const files = await unlessGone(store.files.list(inFolders(lot), options)) ?? [];
      for (const file of files) for (const parent of file.parents) listed.get(parent)?.push(file);
    }
    await forEachConcurrent(listed, async ([id, files]) => {
      const all = files.length > 0
        ? await store.overlay.correct(files, [id], isThere, (id) => getFile(store, id, signal))
        : await unlessGone(findInFolders(store, [id], undefined, isThere, options));
      if (all) children.set(id, all);
    }, { concurrency: CONCURRENCY, signal });
  }
  return children;
}

/** Which of several folders have an object in them, at any depth: empty folders are no part of any key. */
async function populated(
  store: DriveStore,
  folders: readonly string[],
  signal: AbortSignal | undefined,
  concurrency: number = CONCURRENCY,
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let i = 0; i < folders.length; i += PARENTS) {
    const lot = folders.slice(i, i + PARENTS);
    if (lot.length > 1) await findPopulated(store, lot, found, signal);
    await forEachConcurrent(lot, async (id) => {
      if (!found.has(id) && await hasObject(store, id, signal)) found.add(id);
    }, { concurrency, signal });
  }
  return found;
}

/**
 * Adds those folders in which an object is seen at first sight: one page of what is in all of them at once, then of what is in the folders in them, and so on. Of the
 * others nothing is known, since Drive overlooks what is in some folders when it is asked so.
 */
async function findPopulated(
  store: DriveStore,
  folders: readonly string[],
  found: Set<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  /** The folders that are looked into, and in which of those asked for they are. */
  let level = new Map(folders.map((id) => [id, id]));
  while (level.size > 0) {
    const parents = [...level.keys()];
    const below = new Map<string, string>();
    for (const listed of await unlessGone(firstPage(store, inFolders(parents), signal)) ?? []) {
      const file = store.overlay.latest(listed, parents);
      for (const top of file?.parents.map((id) => level.get(id)) ?? []) {
        if (!file || top === undefined || file.trashed) continue;
        if (isFolder(file)) below.set(file.id, top);
        else if (hasBytes(file)) found.add(top);
      }
    }
    level = new Map([...below].filter(([, top]) => !found.has(top)).slice(0, PARENTS));
  }
}

async function firstPage(store: DriveStore, q: string, signal?: AbortSignal): Promise<DriveFile[]> {
  for await (const page of store.files.pages(q, { signal })) return page;
  return [];
}

/** Whether there is an object in a folder, at any depth; none in one that is gone. */
async function hasObject(store: DriveStore, folder: string, signal?: AbortSignal): Promise<boolean> {
  if (await unlessGone(hasOwnObject(store, folder, signal))) return true;
  const isSubfolder = (file: DriveFile) => isFolder(file) && !file.trashed;
  const term = `mimeType=${quotedTerm(FOLDER)}`;
  const below = await unlessGone(findInFolders(store, [folder], term, isSubfolder, { signal })) ?? [];
  for (let i = 0; i < below.length; i += PARENTS) {
    const lot = below.slice(i, i + PARENTS).map(({ id }) => id);
    // Several are looked into at once already: each level more would multiply the requests.
    if ((await populated(store, lot, signal, 1)).size > 0) return true;
  }
  return false;
}

async function hasOwnObject(store: DriveStore, folder: string, signal?: AbortSignal): Promise<boolean> {
  const isObject = (file: DriveFile) => hasBytes(file) && !file.trashed;
  const q = `${inFolders([folder])} and mimeType!=${quotedTerm(FOLDER)}`;
  const listed: DriveFile[] = [];
  for await (const page of store.files.pages(q, { signal })) {
    if (page.flatMap((file) => store.overlay.latest(file, [folder]) ?? []).some(isObject)) return true;
    listed.push(...page);
  }
  // Only now: each file that was written of late and isn't listed may have to be asked for.
  const get = (id: string) => getFile(store, id, signal);
  return (await store.overlay.correct(listed, [folder], isObject, get)).length > 0;
}

function isThere({ trashed }: DriveFile): boolean {
  return !trashed;
}

function getFile(store: DriveStore, id: string, signal?: AbortSignal): Promise<DriveFile | undefined> {
  return store.files.get(id, { operation: "files.get" }, signal);
}

/** What a search gives; `undefined` where a folder of it was deleted meanwhile. */
async function unlessGone<T>(search: Promise<T>): Promise<T | undefined> {
  try {
    return await search;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Lists objects, folder by folder, in the order of the keys' UTF-8 bytes. */
export function listFiles(
  store: DriveStore,
  options: ListOptions = {},
): AsyncIterable<ObjectInfo | Prefix> {
  return listed(options, (cursor) => new Walk(store, options, cursor).run());
}

/** One walk through a tree of folders. */
class Walk {
  readonly #store: DriveStore;
  readonly #options: ListOptions;
  readonly #cursor: ListCursor;
  readonly #onWarning: OnWarning;
  /** What the walk is still to come to, the next at the end. */
  readonly #todo: (ObjectEntry | SubdirectoryEntry)[] = [];
  /** Folders that are listed at once. */
  #batch = FIRST_BATCH;
  /** Files that are held of directories ahead. */
  #held = 0;

  constructor(store: DriveStore, options: ListOptions, cursor: ListCursor) {
    this.#store = store;
    this.#options = options;
    this.#cursor = cursor;
    this.#onWarning = options.onWarning ?? store.options.onWarning ?? warnOncePerKind;
  }

  /** All objects that the cursor asks for, in order; some more, which it passes over. */
  async *run(): AsyncGenerator<ObjectInfo, void, void> {
    const path = foldersOf(this.#cursor.prefix);
    this.#enter(contentsOf(await this.#first(path), prefixOf(path), path.length));
    for (let entry = this.#todo.pop(); entry; entry = this.#todo.pop()) {
      if ("files" in entry) {
        this.#warnOfDuplicates(entry);
        yield fileInfo(entry.key, entry.files[0]);
      } else if (!this.#isWanted(entry)) {
        continue;
      } else if (this.#isSummedUp(entry)) {
        if (await this.#isPopulated(entry)) yield { key: entry.key, size: 0, lastModified: new Date(0) };
      } else {
        const contents = entry.contents ?? await this.#fetch(entry);
        this.#held -= contents.size;
        this.#enter(contents);
      }
    }
  }

  /** What is in the folders of a path. */
  async #first(path: readonly string[]): Promise<readonly DriveFile[]> {
    const { folders, name } = this.#store;
    for (let again = false;; again = true) {
      const ids = await folders.find(path, this.#options.signal);
      const children = await childrenOfFolders(this.#store, ids, this.#options);
      if (children.size === ids.length || again) {
        if (path.length === 0 && children.size === 0) {
          throw new NotFoundError(`the folder of ${name} is gone, or is not shared any more`, {
            bucket: name,
          });
        }
        return [...children.values()].flat();
      }
      // A folder was deleted since it was found.
      folders.forget(path);
    }
  }

  #enter({ entries, leftOut }: Contents): void {
    for (const { key, why } of leftOut) {
      if (!this.#isAsked(key)) continue;
      this.#onWarning({
        kind: "left-out",
        key,
        message: `${JSON.stringify(key)} in ${this.#store.name} is left out: ${why}`,
      });
    }
    for (const entry of entries.toReversed()) this.#todo.push(entry);
  }

  #warnOfDuplicates({ key, files }: ObjectEntry): void {
    if (files.length === 1 || !this.#isAsked(key)) return;
    // Since they were fetched, a copy may have taken one's place.
    const there = files.filter((file) => this.#store.overlay.latest(file, file.parents));
    this.#store.warnOfDuplicates(key, there.length, this.#onWarning);
  }

  #isAsked(key: string): boolean {
    const { prefix, after } = this.#cursor;
    return key.startsWith(prefix) && (after === "" || compareKeys(key, after) > 0);
  }

  /** Whether a directory can hold keys that are asked for. */
  #isWanted({ key }: SubdirectoryEntry): boolean {
    const { prefix, after, summed } = this.#cursor;
    if (!key.startsWith(prefix) && !prefix.startsWith(key)) return false;
    if (summed !== undefined && key.startsWith(summed)) return false;
    return after === "" || after.startsWith(key) || compareKeys(key, after) > 0;
  }

  /** Whether a directory is one entry of the listing, whatever is in it. */
  #isSummedUp({ key }: SubdirectoryEntry): boolean {
    const { prefix, after } = this.#cursor;
    return this.#options.delimiter === "/" && key.startsWith(prefix) && key !== prefix &&
      !after.startsWith(key);
  }

  /** Directories that the walk comes to next, and must look into or sum up. */
  *#next(isSummedUp: boolean): Generator<SubdirectoryEntry, void, void> {
    for (let i = this.#todo.length - 1; i >= 0; i--) yield* this.#unknown(this.#todo[i], isSummedUp);
  }

  *#unknown(
    entry: ObjectEntry | SubdirectoryEntry,
    isSummedUp: boolean,
  ): Generator<SubdirectoryEntry, void, void> {
    if (!("ids" in entry) || !this.#isWanted(entry) || this.#isSummedUp(entry) !== isSummedUp) return;
    if (!entry.contents) yield entry;
    else for (const inner of entry.contents.entries) yield* this.#unknown(inner, isSummedUp);
  }

  /** Lists the folders of a directory, and of some that the walk comes to next. */
  async #fetch(first: SubdirectoryEntry): Promise<Contents> {
    const lot = atMost(this.#batch, first, this.#next(false));
    const ids = lot.flatMap(({ ids }) => ids);
    const children = await childrenOfFolders(this.#store, ids, this.#options);
    const contents = lot.map((entry) => {
      const files = entry.ids.flatMap((id) => children.get(id) ?? []);
      return entry.contents = contentsOf(files, entry.key, entry.depth);
    });
    const fetched = contents.reduce((sum, { size }) => sum + size, 0);
    this.#held += fetched;
    const room = Math.floor((AHEAD - this.#held) / Math.max(1, fetched / ids.length));
    this.#batch = Math.max(1, Math.min(PARENTS, 4 * this.#batch, room));
    return contents[0];
  }

  /** Whether there is an object below a directory; asked for some that the walk comes to next, too. */
  async #isPopulated(entry: SubdirectoryEntry): Promise<boolean> {
    if (entry.isPopulated === undefined) {
      const lot = atMost(PARENTS, entry, this.#next(true));
      const found = await populated(this.#store, lot.flatMap(({ ids }) => ids), this.#options.signal);
      for (const next of lot) next.isPopulated = next.ids.some((id) => found.has(id));
    }
    return entry.isPopulated === true;
  }
}

/** A directory and those behind it, until they have so many folders. */
function atMost(
  count: number,
  first: SubdirectoryEntry,
  others: Iterable<SubdirectoryEntry>,
): SubdirectoryEntry[] {
  const lot = [first];
  let folders = first.ids.length;
  if (folders >= count) return lot;
  for (const entry of others) {
    lot.push(entry);
    folders += entry.ids.length;
    if (folders >= count) break;
  }
  return lot;
}
