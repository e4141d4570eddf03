import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import type { ListOptions, ObjectInfo, Prefix } from "../backend.ts";
import { compareKeys } from "../keys.ts";
import { type ListCursor, listed } from "../listing.ts";
import { childrenOf, PARENTS, populated } from "./children.ts";
import { type DriveFile, hasBytes, infoOf, isFolder, oldestFirst } from "./file.ts";
import { endOf, foldersOf, partOf, prefixOf } from "./names.ts";
import type { DriveStore } from "./store.ts";

/** Folders that are listed at once to begin with: few, for whoever looks at the first objects only. */
const FIRST_BATCH = 4;
/** Files that are held of folders ahead of the one that is listed. */
const AHEAD = 5000;

/** Lists objects, folder by folder, in the order of the keys' UTF-8 bytes. */
export function listObjects(
  store: DriveStore,
  options: ListOptions = {},
): AsyncIterable<ObjectInfo | Prefix> {
  return listed(options, (cursor) => new Walk(store, options, cursor).run());
}

/** An object. */
interface ObjectEntry {
  readonly key: string;
  readonly file: DriveFile;
}

/** A directory: all folders of one name. Its key ends in a slash. */
interface DirectoryEntry {
  readonly key: string;
  readonly ids: readonly string[];
  /** What is in them, once that was asked for. */
  children?: readonly DriveFile[];
}

type Entry = ObjectEntry | DirectoryEntry;

/** One walk through a tree of folders. */
class Walk {
  readonly #store: DriveStore;
  readonly #options: ListOptions;
  readonly #cursor: ListCursor;
  readonly #onWarning: OnWarning;
  /** Directories ahead of which it is known whether there are objects in them. */
  readonly #populated = new Map<string, boolean>();
  /** Folders that are listed at once. */
  #batch = FIRST_BATCH;

  constructor(store: DriveStore, options: ListOptions, cursor: ListCursor) {
    this.#store = store;
    this.#options = options;
    this.#cursor = cursor;
    this.#onWarning = options.onWarning ?? store.options.onWarning ?? warnOncePerKind;
  }

  /** All objects that the cursor asks for, in order; some more, which it passes over. */
  async *run(): AsyncGenerator<ObjectInfo, void, void> {
    const path = foldersOf(this.#cursor.prefix);
    const ids = await this.#store.folders.find(path, this.#options.signal);
    if (ids.length === 0) return;
    const children = await this.#children(ids);
    yield* this.#walk([...children.values()].flat(), prefixOf(path), path.length);
  }

  async *#walk(
    children: readonly DriveFile[],
    prefix: string,
    depth: number,
  ): AsyncGenerator<ObjectInfo, void, void> {
    const entries = this.#entries(children, prefix, depth);
    for (const [index, entry] of entries.entries()) {
      if ("file" in entry) {
        yield infoOf(entry.key, entry.file);
      } else if (this.#isWanted(entry.key)) {
        if (this.#isSummedUp(entry.key)) {
          if (await this.#isPopulated(entries, index)) {
            yield { key: entry.key, size: 0, lastModified: new Date(0) };
          }
          continue;
        }
        if (!entry.children) await this.#fetch(entries, index);
        const below = entry.children ?? [];
        // Given free: the folders behind it are still to come.
        entry.children = undefined;
        yield* this.#walk(below, entry.key, depth + 1);
      }
    }
  }

  /** What is in a directory, in the order of its keys, without what no key stands for. */
  #entries(children: readonly DriveFile[], prefix: string, depth: number): Entry[] {
    const files = new Map<string, DriveFile[]>();
    const folders = new Map<string, DriveFile[]>();
    for (const file of children) {
      const end = isFolder(file) ? partOf(file.name) : endOf(file.name, depth);
      if (end === undefined || (!isFolder(file) && !hasBytes(file))) {
        this.#leaveOut(prefix, file);
        continue;
      }
      const key = isFolder(file) ? `${prefix}${end}/` : prefix + end;
      const group = isFolder(file) ? folders : files;
      const same = group.get(key);
      if (same) same.push(file);
      else group.set(key, [file]);
    }
    const entries: Entry[] = [];
    for (const [key, same] of files) entries.push({ key, file: same.sort(oldestFirst)[0] });
    for (const [key, same] of folders) {
      entries.push({ key, ids: same.sort(oldestFirst).map(({ id }) => id) });
    }
    return entries.sort((a, b) => compareKeys(a.key, b.key));
  }

  #leaveOut(prefix: string, { name }: DriveFile): void {
    const why = name.includes("/")
      ? "its name has a slash: rename it"
      : "it is a document of Google's, or a shortcut, and has no bytes";
    this.#onWarning({
      kind: "left-out",
      key: prefix + name,
      message: `${JSON.stringify(prefix + name)} in ${this.#store.name} is left out: ${why}`,
    });
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
      for (
        const [id, files] of await childrenOf(this.#store, ids.slice(i, i + PARENTS), { signal, pageSize })
      ) {
        children.set(id, files);
      }
    }
    return children;
  }

  /** Lists the folders of an entry, and of some behind it. */
  async #fetch(entries: readonly Entry[], from: number): Promise<void> {
    const lot: DirectoryEntry[] = [];
    let count = 0;
    for (let i = from; i < entries.length && count < this.#batch; i++) {
      const entry = entries[i];
      if (!("ids" in entry) || entry.children || !this.#isWanted(entry.key)) continue;
      lot.push(entry);
      count += entry.ids.length;
    }
    const children = await this.#children(lot.flatMap(({ ids }) => ids));
    let files = 0;
    for (const entry of lot) {
      entry.children = entry.ids.flatMap((id) => children.get(id) ?? []);
      files += entry.children.length;
    }
    const each = Math.max(1, files / Math.max(1, count));
    this.#batch = Math.max(1, Math.min(PARENTS, 4 * this.#batch, Math.floor(AHEAD / each)));
  }

  /** Whether there is an object below a directory; asked for some behind it too. */
  async #isPopulated(entries: readonly Entry[], from: number): Promise<boolean> {
    const entry = entries[from];
    const known = this.#populated.get(entry.key);
    if (known !== undefined) {
      this.#populated.delete(entry.key);
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
    const mine = this.#populated.get(entry.key) ?? false;
    this.#populated.delete(entry.key);
    return mine;
  }
}
