/**
 * How keys become folders and files: each part of a key between slashes is a folder's name, the last one the file's, as they are. Names in Drive may
 * hold any character, slashes too, which parts of a key never do: names that begin with one carry what Drive can't hold otherwise.
 *
 * - A part of no characters (`a//b`, `dir/`) is the name `/`, since Drive calls what has no name "Untitled".
 * - Drive allows 100 folders within each other. From the 60th on, what is left of the key is the file's name, after a `/`.
 *
 * @module
 */
import { NotFoundError } from "../../lib/errors.ts";
import { abortable, SingleFlight } from "../../lib/async.ts";
import { type DriveFile, FOLDER, isFolder, oldestFirst } from "./file.ts";
import { findInFolders, quotedTerm, type Sources, type WithinOptions } from "./files.ts";

/** Folders that a key makes at most; Drive's limit of 100 counts those above the root, too. */
export const MAX_DEPTH = 60;

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
  const folders = parts.slice(0, Math.min(parts.length - 1, MAX_DEPTH)).map(nameOf);
  const rest = parts.slice(folders.length);
  return { folders, name: rest.length === 1 ? nameOf(rest[0]) : `/${rest.join("/")}` };
}

/** The folders in which all keys with a prefix are. */
export function foldersOf(prefix: string): readonly string[] {
  return prefix.split("/").slice(0, -1).slice(0, MAX_DEPTH).map(nameOf);
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
  if (part !== undefined || depth !== MAX_DEPTH) return part;
  const rest = name.slice(1);
  return name.startsWith("/") && rest.includes("/") ? rest : undefined;
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
  readonly known: Map<string, KnownPath> = new Map();
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
  readonly #known: Map<string, KnownPath>;
  readonly #finding = new Map<string, SingleFlight<readonly string[]>>();
  readonly #making: Map<string, Promise<string>>;
  readonly #made: Map<string, number>;

  /** Folders below a root. `now`: the time in milliseconds, from whenever on. */
  constructor(
    sources: Sources,
    root: (signal?: AbortSignal) => Promise<string>,
    now: () => number = () => performance.now(),
    { known, making, made }: KnownFolders = new KnownFolders(),
  ) {
    this.#sources = sources;
    this.#root = root;
    this.#now = now;
    this.#known = known;
    this.#making = making;
    this.#made = made;
  }

  /** The ids of all folders that a path leads to, the oldest first; none when there are none. */
  async find(path: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    signal?.throwIfAborted();
    if (path.length === 0) return [await this.#root(signal)];
    const at = pathKey(path);
    const known = this.#known.get(at);
    if (known && this.#isFresh(at, known)) return known.ids;
    const finding = this.#finding.get(at) ?? new SingleFlight((signal) => this.#look(path, signal));
    this.#finding.set(at, finding);
    try {
      return await finding.run(signal);
    } finally {
      if (!finding.isUnderway && this.#finding.get(at) === finding) this.#finding.delete(at);
    }
  }

  /** The folder at a path to which new files are written; it and those above it are made where they are missing. */
  async ensure(path: readonly string[], signal?: AbortSignal): Promise<string> {
    const [oldest] = await this.find(path, signal);
    if (oldest !== undefined) return oldest;
    const parent = await this.ensure(path.slice(0, -1), signal);
    const at = pathKey(path);
    // Made by somebody else meanwhile?
    const [made] = this.#known.get(at)?.ids ?? [];
    if (made !== undefined) return made;
    let making = this.#making.get(at);
    if (!making) {
      making = this.#make(path, parent).finally(() => this.#making.delete(at));
      this.#making.set(at, making);
    }
    // What is begun is brought to its end, whoever still waits for it: others would not know that the folder is there.
    return await (signal ? abortable(making, signal) : making);
  }

  /** Forgets what is known of a path and of all below and above it: some folder of it is gone, maybe one that was made here. */
  forget(path: readonly string[]): void {
    const gone = pathKey(path);
    for (const [at, { ids }] of this.#known) {
      if (!at.startsWith(gone) && !gone.startsWith(at)) continue;
      this.#known.delete(at);
      this.#sources.overlay.doubt(ids);
    }
  }

  /** Whether what is known of a path counts. */
  #isFresh(path: string, { at, looked }: KnownPath): boolean {
    const now = this.#now();
    for (const [oldest, made] of this.#made) {
      if (now - made < NEW) break;
      this.#made.delete(oldest);
    }
    return now - at < FRESH && (!this.#made.has(path) || now - looked < FRESH_WHEN_NEW);
  }

  async #look(path: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const name = path[path.length - 1];
    const above = path.slice(0, -1);
    for (let again = false;; again = true) {
      const parents = await this.find(above, signal);
      // No fresher than what it is looked for in.
      const looked = this.#now();
      const at = this.#known.get(pathKey(above))?.at ?? looked;
      if (parents.length === 0) return [];
      try {
        // Listings may go on showing a folder that is gone; but without the root, nothing is known.
        const passOverGone = again && above.length > 0;
        const folders = await this.#named(name, parents, { passOverGone, signal });
        const ids = folders.map(({ id }) => id);
        this.#learn(path, ids, at, looked);
        return ids;
      } catch (error) {
        // A folder above was deleted since it was found.
        if (again || !(error instanceof NotFoundError)) throw error;
        this.forget(above);
      }
    }
  }

  /** Remembers where a path leads to; what is no longer there is looked for each time. */
  #learn(path: readonly string[], ids: readonly string[], at: number, looked: number): void {
    const key = pathKey(path);
    this.#known.delete(key);
    if (ids.length > 0) this.#known.set(key, { ids, at, looked });
    // In the order of their finding: the first ones are the oldest, and of no use any more.
    for (const [oldest, known] of this.#known) {
      if (this.#now() - known.at < FRESH) break;
      this.#known.delete(oldest);
    }
  }

  async #named(name: string, parents: readonly string[], options: WithinOptions = {}): Promise<DriveFile[]> {
    // Drive compares names without regard to case.
    const wanted = (file: DriveFile) => isFolder(file) && file.name === name && !file.trashed;
    const term = `mimeType=${quotedTerm(FOLDER)} and name=${quotedTerm(name)}`;
    const folders = await findInFolders(this.#sources, parents, term, wanted, options);
    return folders.sort(oldestFirst);
  }

  async #make(path: readonly string[], parent: string): Promise<string> {
    const { files, overlay } = this.#sources;
    const name = path[path.length - 1];
    const folder = await files.createFolder(name, parent, { operation: "files.create", writes: "later" });
    overlay.wrote(folder, parent);
    this.#made.delete(pathKey(path));
    this.#made.set(pathKey(path), this.#now());
    // Others may have made one at the same moment: then both are the directory, and the older one takes new files.
    const at = this.#now();
    const ids = (await this.#named(name, [parent])).map(({ id }) => id);
    this.#learn(path, ids, at, at);
    return ids[0] ?? folder.id;
  }
}

/** A path as one string, which begins with that of every folder above. */
function pathKey(path: readonly string[]): string {
  return path.map((name) => `${name.length}:${name}/`).join("");
}
