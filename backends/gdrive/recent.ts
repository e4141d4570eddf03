import type { DriveFile } from "./file.ts";

/** Milliseconds for which what was written is remembered: Drive's listings are behind by seconds, at worst by minutes. */
const REMEMBERED = 10 * 60_000;
/** Milliseconds after which a file that listings don't show is asked for: others may have deleted it. */
const TRUSTED = 15_000;

/** What became of a file. */
type Entry =
  | { readonly at: number; readonly file: DriveFile; readonly parent: string }
  /** It was deleted, or went to the trash with this version. */
  | { readonly at: number; readonly file?: undefined; readonly parent: string; readonly version: number };

/**
 * What this process has written and deleted of late. Drive's listings show that only after a while; corrected by this, they show it at once.
 */
export class Recent {
  readonly #entries = new Map<string, Entry>();
  readonly #byParent = new Map<string, Set<string>>();
  readonly #now: () => number;

  /** Nothing yet. `now`: the time in milliseconds, from whenever on. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Remembers a file as it has just been written, in the folder that it was written to. */
  wrote(file: DriveFile, parent: string): void {
    this.#set(file.id, { at: this.#now(), file, parent });
  }

  /** Remembers that a file is gone; it may come back from the trash, as a later version. */
  removed(file: DriveFile, parent: string, version: number = Infinity): void {
    this.#set(file.id, { at: this.#now(), parent, version });
  }

  /**
   * What a listing should have said.
   *
   * @param listed What it said.
   * @param parents The folders that were listed.
   * @param wanted What of a folder was asked for.
   * @param get Asks for a file; `undefined` when it is gone, or in the trash.
   */
  async correct(
    listed: readonly DriveFile[],
    parents: readonly string[],
    wanted: (file: DriveFile) => boolean,
    get: (id: string) => Promise<DriveFile | undefined>,
  ): Promise<DriveFile[]> {
    if (this.#entries.size === 0) return [...listed];
    const seen = new Set<string>();
    const corrected: DriveFile[] = [];
    for (const file of listed) {
      seen.add(file.id);
      const entry = this.#entries.get(file.id);
      if (!entry) corrected.push(file);
      else if (entry.file === undefined) {
        if (file.version > entry.version) corrected.push(file);
      } else if (entry.file.version <= file.version) corrected.push(file);
      else if (wanted(entry.file) && parents.includes(entry.parent)) {
        corrected.push(inside(entry.file, entry.parent));
      }
    }
    for (const parent of parents) {
      for (const id of this.#byParent.get(parent) ?? []) {
        const entry = this.#entries.get(id);
        if (seen.has(id) || entry?.file === undefined || !wanted(entry.file)) continue;
        const file = this.#now() - entry.at < TRUSTED ? entry.file : await get(id);
        if (file && wanted(file)) corrected.push(inside(file, parent));
        else if (!file) this.#delete(id);
      }
    }
    return corrected;
  }

  #set(id: string, entry: Entry): void {
    this.#delete(id);
    this.#entries.set(id, entry);
    const siblings = this.#byParent.get(entry.parent) ?? new Set();
    siblings.add(id);
    this.#byParent.set(entry.parent, siblings);
    // In the order of their writing: the first ones are the oldest.
    for (const [oldest, { at }] of this.#entries) {
      if (this.#now() - at < REMEMBERED) break;
      this.#delete(oldest);
    }
  }

  #delete(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    const siblings = this.#byParent.get(entry.parent);
    siblings?.delete(id);
    if (siblings?.size === 0) this.#byParent.delete(entry.parent);
  }
}

/** A file as one of the folder that was asked for, by whatever name: the root has two. */
function inside(file: DriveFile, parent: string): DriveFile {
  return file.parents.includes(parent) ? file : { ...file, parents: [...file.parents, parent] };
}
