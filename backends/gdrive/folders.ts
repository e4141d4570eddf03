/**
 * How keys become folders and files: each part of a key between slashes is a folder's name, the last one the file's, as they are. Names in Drive may
 * hold any character, slashes too, which parts of a key never do: names that begin with one carry what Drive can't hold otherwise.
 *
 * - A part of no characters (`a//b`, `dir/`) is the name `/`, since Drive calls what has no name "Untitled".
 * - Drive allows 100 folders within each other. From the 60th on, what is left of the key is the file's name, after a `/`.
 *
 * @module
 */
import { InvalidArgumentError } from "../../lib/errors.ts";
import { abortable, SingleFlight } from "../../lib/async.ts";
import { checkKey } from "../arguments.ts";
import { isGone } from "./errors.ts";
import { oldestFirst } from "./file.ts";
import { findNamed, type Sources } from "./search.ts";

/** Folders that a key makes at most; Drive's limit of 100 counts those above the root, too. */
export const MOST_FOLDERS = 60;

/** Where an object is: the names of the folders from the root on, and the file's. */
export interface KeyLocation {
  /** The folders' names. */
  readonly folders: readonly string[];
  /** The file's name. */
  readonly name: string;
}

/** Where a key's object is. */
export function locationOf(key: string): KeyLocation {
  const parts = key.split("/");
  const folders = parts.slice(0, Math.min(parts.length - 1, MOST_FOLDERS)).map(nameOf);
  const rest = parts.slice(folders.length);
  return { folders, name: rest.length === 1 ? nameOf(rest[0]) : `/${rest.join("/")}` };
}

/** The folders in which all keys with a prefix are. */
export function foldersOf(prefix: string): readonly string[] {
  return prefix.split("/").slice(0, -1).slice(0, MOST_FOLDERS).map(nameOf);
}

/** The prefix of the keys in a folder. */
export function prefixOf(folders: readonly string[]): string {
  return folders.map((name) => `${partOf(name) ?? name}/`).join("");
}

/** The name of a part of a key. */
function nameOf(part: string): string {
  return part === "" ? "/" : part;
}

/** The part of a key that a folder's name stands for; `undefined` for a name with a slash that no key makes. */
export function partOf(name: string): string | undefined {
  if (name === "/") return "";
  return name.includes("/") || name === "" ? undefined : name;
}

/**
 * The end of a key that a file's name stands for; `undefined` for a name with a slash that no key makes.
 *
 * @param depth How many folders are above it, below the root.
 */
export function endOf(name: string, depth: number): string | undefined {
  const part = partOf(name);
  if (part !== undefined || depth !== MOST_FOLDERS) return part;
  const rest = name.slice(1);
  return name.startsWith("/") && rest.includes("/") ? rest : undefined;
}

/** Why a key can name no object; `undefined` where it can. */
export function invalidKeyError(key: string): InvalidArgumentError | undefined {
  try {
    checkKey(key);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error;
    throw error;
  }
}

/** Milliseconds for which a folder counts as where it was found: others may move or delete it. */
const FRESH = 30_000;
/** The same of a new one: another process may have made one too, which listings did not show yet. */
const FRESH_WHEN_NEW = 1000;
/** Milliseconds for which a folder that was made here is new: listings may be behind by so much. */
const NEW = 60_000;

/** Where a path leads to. */
interface KnownPath {
  readonly ids: readonly string[];
  /** When it, or what it was looked for in, was found. */
  readonly at: number;
  /** When it was looked for. */
  readonly looked: number;
}

/** What all who look into one drive know of its folders. */
export class KnownFolders {
  /** Where paths lead to. */
  readonly paths: Map<string, KnownPath> = new Map();
  /** Paths that are being made. */
  readonly making: Map<string, Promise<string>> = new Map();
  /** When paths were made here of late, the oldest first. */
  readonly made: Map<string, number> = new Map();
}

/**
 * Finds folders by their path, and makes those that are missing. Drive lets several folders have one name: together they are one directory, in which
 * everything of all of them is found, and to whose oldest new files are written.
 */
export class Folders {
  readonly #sources: Sources;
  readonly #root: (signal?: AbortSignal) => Promise<string>;
  readonly #now: () => number;
  readonly #known: KnownFolders;
  readonly #finding = new Map<string, SingleFlight<readonly string[]>>();

  /** Folders below a root. `now`: the time in milliseconds, from whenever on. */
  constructor(
    sources: Sources,
    root: (signal?: AbortSignal) => Promise<string>,
    now: () => number = () => performance.now(),
    known: KnownFolders = new KnownFolders(),
  ) {
    this.#sources = sources;
    this.#root = root;
    this.#now = now;
    this.#known = known;
  }

  /** The ids of all folders that a path leads to, the oldest first; none when there are none. */
  async find(path: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    signal?.throwIfAborted();
    if (path.length === 0) return [await this.#root(signal)];
    const at = pathKey(path);
    const known = this.#known.paths.get(at);
    if (known && this.#isFresh(at, known)) return known.ids;
    const finding = this.#finding.get(at) ?? new SingleFlight((signal) => this.#look(path, signal));
    this.#finding.set(at, finding);
    try {
      return await finding.run(signal);
    } finally {
      if (!finding.isUnderway && this.#finding.get(at) === finding) this.#finding.delete(at);
    }
  }

  /** What is found in the folders of a path; looked for once more where one of them was deleted since it was found. */
  async search<T>(
    path: readonly string[],
    signal: AbortSignal | undefined,
    look: (folders: readonly string[], options: { readonly passOverGone: boolean }) => Promise<T[]>,
  ): Promise<T[]> {
    for (let again = false;; again = true) {
      const folders = await this.find(path, signal);
      if (folders.length === 0) return [];
      try {
        // Listings may go on showing a folder that is gone; but without the root, nothing is known.
        return await look(folders, { passOverGone: again && path.length > 0 });
      } catch (error) {
        if (again || !isGone(error)) throw error;
        this.forget(path);
      }
    }
  }

  /** The folder at a path to which new files are written; it and those above it are made where they are missing. */
  async ensure(path: readonly string[], signal?: AbortSignal): Promise<string> {
    const [oldest] = await this.find(path, signal);
    if (oldest !== undefined) return oldest;
    const parent = await this.ensure(path.slice(0, -1), signal);
    const at = pathKey(path);
    const { paths, making } = this.#known;
    // Made by somebody else meanwhile?
    const [made] = paths.get(at)?.ids ?? [];
    if (made !== undefined) return made;
    let underway = making.get(at);
    if (!underway) {
      underway = this.#make(path, parent).finally(() => making.delete(at));
      making.set(at, underway);
    }
    // What is begun is brought to its end, whoever still waits for it: others would not know that the folder is there.
    return await (signal ? abortable(underway, signal) : underway);
  }

  /** Forgets what is known of a path and of all below and above it: some folder of it is gone, maybe one that was made here. */
  forget(path: readonly string[]): void {
    const vanished = pathKey(path);
    for (const [at, { ids }] of this.#known.paths) {
      if (!at.startsWith(vanished) && !vanished.startsWith(at)) continue;
      this.#known.paths.delete(at);
      this.#sources.overlay.doubt(ids);
    }
  }

  /** Whether what is known of a path counts. */
  #isFresh(path: string, { at, looked }: KnownPath): boolean {
    const now = this.#now();
    const { made } = this.#known;
    for (const [oldest, when] of made) {
      if (now - when < NEW) break;
      made.delete(oldest);
    }
    return now - at < FRESH && (!made.has(path) || now - looked < FRESH_WHEN_NEW);
  }

  async #look(path: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const name = path[path.length - 1];
    const above = path.slice(0, -1);
    return await this.search(above, signal, async (parents, options) => {
      const looked = this.#now();
      // No fresher than what it is looked for in.
      const at = this.#known.paths.get(pathKey(above))?.at ?? looked;
      const ids = await this.#named(name, parents, { ...options, signal });
      this.#learn(path, ids, at, looked);
      return ids;
    });
  }

  /** Remembers where a path leads to; what is no longer there is looked for each time. */
  #learn(path: readonly string[], ids: readonly string[], at: number, looked: number): void {
    const { paths } = this.#known;
    paths.delete(pathKey(path));
    if (ids.length > 0) paths.set(pathKey(path), { ids, at, looked });
    // In the order of their finding: the first ones are the oldest, and of no use any more.
    for (const [oldest, known] of paths) {
      if (this.#now() - known.at < FRESH) break;
      paths.delete(oldest);
    }
  }

  async #named(
    name: string,
    parents: readonly string[],
    options: { readonly passOverGone?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<string[]> {
    const folders = await findNamed(this.#sources, parents, [name], "folders", options);
    return folders.sort(oldestFirst).map(({ id }) => id);
  }

  async #make(path: readonly string[], parent: string): Promise<string> {
    const { files, overlay } = this.#sources;
    const { made } = this.#known;
    const name = path[path.length - 1];
    const folder = await files.createFolder(name, parent, { operation: "files.create", writes: "later" });
    overlay.wrote(folder, parent);
    const at = this.#now();
    made.delete(pathKey(path));
    made.set(pathKey(path), at);
    // Others may have made one at the same moment: then both are the directory, and the older one takes new files.
    const ids = await this.#named(name, [parent]);
    this.#learn(path, ids, at, at);
    return ids[0] ?? folder.id;
  }
}

/** A path as one string, which begins with that of every folder above. */
function pathKey(path: readonly string[]): string {
  return path.map((name) => `${name.length}:${name}/`).join("");
}
