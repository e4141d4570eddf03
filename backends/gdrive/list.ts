import { NotFoundError } from "../../lib/errors.ts";
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import { compareKeys } from "../arguments.ts";
import type { ListOptions, ObjectInfo, Prefix } from "../backend.ts";
import { type ListCursor, listed } from "../listing.ts";
import { type Contents, contentsOf, type DirectoryEntry } from "./directory.ts";
import { type DriveFile, fileInfo, FOLDER, hasBytes, isFolder } from "./file.ts";
import { type FileListOptions, findInFolders, inFolders, quotedTerm } from "./files.ts";
import { foldersOf, prefixOf } from "./folders.ts";
import type { DriveStore } from "./store.ts";

/** Folders that one query asks for. */
export const PARENTS = 50;
/** Folders that are looked into at once, where each needs a request of its own. */
const CONCURRENCY = 6;

const IS_FOLDER = `mimeType=${quotedTerm(FOLDER)}`;
const IS_NONE = `mimeType!=${quotedTerm(FOLDER)}`;

/**
 * What is in each of several folders, at most {@linkcode PARENTS}; a folder that is gone is left out.
 *
 * Drive sometimes says of several folders at once that there is nothing in some of them that are not empty, as its users found (rclone/rclone#3114,
 * rclone/rclone#9810): those of which it said so are asked for again, one by one.
 */
export async function childrenOfFolders(
  store: DriveStore,
  folders: readonly string[],
  options: FileListOptions = {},
): Promise<Map<string, DriveFile[]>> {
  const { signal } = options;
  const get = (id: string) => store.files.get(id, { operation: "files.get" }, signal);
  const isThere = ({ trashed }: DriveFile) => !trashed;
  const listed = new Map<string, DriveFile[]>(folders.map((id) => [id, []]));
  if (folders.length > 1) {
    // Of a folder that is gone Drive doesn't say which it is: then each is asked for by itself.
    const files = await unlessGone(store.files.list(inFolders(folders), options)) ?? [];
    for (const file of files) for (const parent of file.parents) listed.get(parent)?.push(file);
  }
  const gone: string[] = [];
  await forEachConcurrent(listed, async ([id, files]) => {
    const all = files.length > 0
      ? await store.overlay.correct(files, [id], isThere, get)
      : await unlessGone(findInFolders(store, [id], undefined, isThere, options));
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
  const q = `${inFolders([...level.keys()])} and ${IS_FOLDER}`;
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
  const below = await unlessGone(findInFolders(store, [folder], IS_FOLDER, isThere, { signal })) ?? [];
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
    for await (const page of store.files.pages(`${inFolders(folders)} and ${IS_NONE}`, { signal })) {
      const objects = page.flatMap((file) => store.overlay.latest(file, folders) ?? []).filter(isObject);
      if (objects.length > 0) return objects;
      listed.push(...page);
    }
    // Only now: each file that was written of late and isn't listed may have to be asked for.
    return await store.overlay.correct(listed, folders, isObject, get);
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

/** Folders that are listed at once to begin with: few, for whoever looks at the first objects only. */
const FIRST_BATCH = 4;
/** Files that are held of folders ahead of the one that is listed. */
const AHEAD = 5000;

/** Lists objects, folder by folder, in the order of the keys' UTF-8 bytes. */
export function listFiles(
  store: DriveStore,
  options: ListOptions = {},
): AsyncIterable<ObjectInfo | Prefix> {
  return listed(options, (cursor) => new Walk(store, options, cursor).run());
}

/** A directory that the walk is in: what is in it, and which of that the walk has come to. */
interface Level {
  readonly entries: Contents["entries"];
  at: number;
}

/** One walk through a tree of folders. */
class Walk {
  readonly #store: DriveStore;
  readonly #options: ListOptions;
  readonly #cursor: ListCursor;
  readonly #onWarning: OnWarning;
  /** Directories ahead of which it is known whether there are objects in them. */
  readonly #populated = new Map<string, boolean>();
  /** From the first directory to the one that is listed. */
  readonly #levels: Level[] = [];
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
    yield* this.#walk(contentsOf(await this.#first(path), prefixOf(path), path.length));
  }

  /** What is in the folders of a path. */
  async #first(path: readonly string[]): Promise<readonly DriveFile[]> {
    const { folders, name } = this.#store;
    for (let again = false;; again = true) {
      const ids = await folders.find(path, this.#options.signal);
      const children = await this.#children(ids);
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

  async *#walk({ entries, leftOut }: Contents): AsyncGenerator<ObjectInfo, void, void> {
    for (const { key, why } of leftOut) this.#leaveOut(key, why);
    const level: Level = { entries, at: 0 };
    this.#levels.push(level);
    for (; level.at < entries.length; level.at++) {
      const entry = entries[level.at];
      if ("files" in entry) {
        const { key, files } = entry;
        if (files.length > 1 && this.#isAsked(key)) {
          // Since they were fetched, a copy may have taken one's place.
          const there = files.filter((file) => this.#store.overlay.latest(file, file.parents));
          this.#store.warnOfDuplicates(key, there.length, this.#onWarning);
        }
        yield fileInfo(key, files[0]);
      } else if (!this.#isWanted(entry.key)) {
        continue;
      } else if (this.#isSummedUp(entry.key)) {
        if (await this.#isPopulated(entries, level.at)) {
          yield { key: entry.key, size: 0, lastModified: new Date(0) };
        }
      } else {
        if (!entry.contents) await this.#fetch();
        const { contents } = entry;
        if (!contents) continue;
        // Given free: the folders behind it are still to come.
        entry.contents = undefined;
        this.#held -= contents.size;
        yield* this.#walk(contents);
      }
    }
    this.#levels.pop();
  }

  /** Says what is not listed, although it is in a folder that is asked for. */
  #leaveOut(key: string, why: string): void {
    if (!this.#isAsked(key)) return;
    this.#onWarning({
      kind: "left-out",
      key,
      message: `${JSON.stringify(key)} in ${this.#store.name} is left out: ${why}`,
    });
  }

  #isAsked(key: string): boolean {
    const { prefix, after } = this.#cursor;
    return key.startsWith(prefix) && (after === "" || compareKeys(key, after) > 0);
  }

  /** Whether a directory can hold keys that are asked for. */
  #isWanted(directory: string): boolean {
    const { prefix, after, summed } = this.#cursor;
    if (!directory.startsWith(prefix) && !prefix.startsWith(directory)) return false;
    if (summed !== undefined && directory.startsWith(summed)) return false;
    return after === "" || after.startsWith(directory) || compareKeys(directory, after) > 0;
  }

  /** Whether a directory is one entry of the listing, whatever is in it. */
  #isSummedUp(directory: string): boolean {
    const { prefix, after } = this.#cursor;
    return this.#options.delimiter === "/" && directory.startsWith(prefix) && directory !== prefix &&
      !after.startsWith(directory);
  }

  async #children(ids: readonly string[]): Promise<Map<string, DriveFile[]>> {
    const { signal, pageSize } = this.#options;
    const children = new Map<string, DriveFile[]>();
    for (let i = 0; i < ids.length; i += PARENTS) {
      const lot = ids.slice(i, i + PARENTS);
      for (const [id, files] of await childrenOfFolders(this.#store, lot, { signal, pageSize })) {
        children.set(id, files);
      }
    }
    return children;
  }

  /** Lists the folders of the directory that the walk has come to, and of some that it comes to next. */
  async #fetch(): Promise<void> {
    const lot: DirectoryEntry[] = [];
    let count = 0;
    for (const entry of this.#ahead()) {
      lot.push(entry);
      count += entry.ids.length;
      if (count >= this.#batch) break;
    }
    const children = await this.#children(lot.flatMap(({ ids }) => ids));
    let files = 0;
    for (const entry of lot) {
      const { ids, key, depth } = entry;
      entry.contents = contentsOf(ids.flatMap((id) => children.get(id) ?? []), key, depth);
      files += entry.contents.size;
    }
    this.#held += files;
    const each = Math.max(1, files / count);
    this.#batch = Math.max(1, Math.min(PARENTS, 4 * this.#batch, Math.floor((AHEAD - this.#held) / each)));
  }

  /** Directories of which is not known what is in them, in the order in which the walk comes to them. */
  *#ahead(): Generator<DirectoryEntry, void, void> {
    for (const level of this.#levels.toReversed()) {
      // Above the last level the walk is in the directory.
      yield* this.#unknown(level.entries, level === this.#levels.at(-1) ? level.at : level.at + 1);
    }
  }

  *#unknown(entries: Contents["entries"], from = 0): Generator<DirectoryEntry, void, void> {
    for (let i = from; i < entries.length; i++) {
      const entry = entries[i];
      if (!("ids" in entry) || !this.#isWanted(entry.key) || this.#isSummedUp(entry.key)) continue;
      if (entry.contents) yield* this.#unknown(entry.contents.entries);
      else yield entry;
    }
  }

  /** Whether there is an object below a directory; asked for some behind it too. */
  async #isPopulated(entries: Contents["entries"], from: number): Promise<boolean> {
    const { key } = entries[from];
    const known = this.#populated.get(key);
    if (known !== undefined) {
      this.#populated.delete(key);
      return known;
    }
    const lot: DirectoryEntry[] = [];
    let count = 0;
    for (let i = from; i < entries.length; i++) {
      const next = entries[i];
      if (!("ids" in next) || !this.#isWanted(next.key) || !this.#isSummedUp(next.key)) continue;
      if (count > 0 && count + next.ids.length > PARENTS) break;
      lot.push(next);
      count += next.ids.length;
    }
    const found = await populated(this.#store, lot.flatMap(({ ids }) => ids), this.#options.signal);
    for (const { key, ids } of lot) this.#populated.set(key, ids.some((id) => found.has(id)));
    const mine = this.#populated.get(key) ?? false;
    this.#populated.delete(key);
    return mine;
  }
}
