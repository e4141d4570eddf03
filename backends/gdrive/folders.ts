import { NotFoundError } from "../../lib/errors.ts";
import { type DriveFile, isFolder, oldestFirst } from "./file.ts";
import type { Files } from "./files.ts";
import { quoted, within } from "./query.ts";
import type { Recent } from "./recent.ts";
import { FOLDER } from "./types.ts";

/** Milliseconds for which a folder counts as where it was found: others may move or delete it. */
const FRESH = 30_000;

/** Where a path leads to. */
interface Found {
  readonly ids: readonly string[];
  readonly at: number;
}

/**
 * Finds folders by their path, and makes those that are missing. Drive lets several folders have one name: together they are one directory, in which
 * everything of all of them is found, and to whose oldest new files are written.
 */
export class Folders {
  readonly #files: Files;
  readonly #recent: Recent;
  readonly #root: () => Promise<string>;
  readonly #known = new Map<string, Found>();
  readonly #finding = new Map<string, Promise<readonly string[]>>();
  readonly #making = new Map<string, Promise<string>>();

  /** Folders below a root. */
  constructor(files: Files, recent: Recent, root: () => Promise<string>) {
    this.#files = files;
    this.#recent = recent;
    this.#root = root;
  }

  /** The ids of all folders that a path leads to, the oldest first; none when there are none. */
  async find(path: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    signal?.throwIfAborted();
    if (path.length === 0) return [await this.#root()];
    const at = pathKey(path);
    const known = this.#known.get(at);
    if (known && performance.now() - known.at < FRESH) return known.ids;
    // Shared by all who ask at the same time, so that nobody's abort ends it.
    let finding = this.#finding.get(at);
    if (!finding) {
      finding = this.#look(path).finally(() => this.#finding.delete(at));
      this.#finding.set(at, finding);
    }
    const ids = await finding;
    signal?.throwIfAborted();
    return ids;
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
    const id = await making;
    signal?.throwIfAborted();
    return id;
  }

  /** Forgets what is known of a path and of all below and above it: some folder of it is gone. */
  forget(path: readonly string[]): void {
    if (path.length === 0) this.#known.clear();
    for (let length = path.length; length > 0; length--) this.#known.delete(pathKey(path.slice(0, length)));
    const below = pathKey(path);
    for (const known of this.#known.keys()) if (known.startsWith(below)) this.#known.delete(known);
  }

  async #look(path: readonly string[]): Promise<readonly string[]> {
    const name = path[path.length - 1];
    const above = path.slice(0, -1);
    for (let again = false;; again = true) {
      const parents = await this.find(above);
      if (parents.length === 0) return [];
      try {
        const folders = await this.#named(name, parents);
        const ids = folders.map(({ id }) => id);
        if (ids.length > 0) this.#known.set(pathKey(path), { ids, at: performance.now() });
        return ids;
      } catch (error) {
        // A folder above was deleted since it was found.
        if (again || !(error instanceof NotFoundError)) throw error;
        this.forget(above);
      }
    }
  }

  async #named(name: string, parents: readonly string[]): Promise<DriveFile[]> {
    const wanted = (file: DriveFile) => isFolder(file) && file.name === name && !file.trashed;
    const listed = await this.#files.list(
      `${within(parents)} and mimeType=${quoted(FOLDER)} and name=${quoted(name)}`,
    );
    const folders = await this.#recent.correct(
      listed,
      parents,
      wanted,
      (id) => this.#files.get(id, { operation: "files.get" }),
    );
    return folders.filter(wanted).sort(oldestFirst);
  }

  async #make(path: readonly string[], parent: string): Promise<string> {
    const name = path[path.length - 1];
    const folder = await this.#files.createFolder(name, parent, { operation: "files.create", writes: true });
    this.#recent.wrote(folder, parent);
    // Others may have made one at the same moment: then both are the directory, and the older one takes new files.
    const ids = (await this.#named(name, [parent])).map(({ id }) => id);
    this.#known.set(pathKey(path), { ids, at: performance.now() });
    return ids[0] ?? folder.id;
  }
}

/** A path as one string, which begins with that of every folder above. */
function pathKey(path: readonly string[]): string {
  return path.map((name) => `${name.length}:${name}`).join("/") + "/";
}
