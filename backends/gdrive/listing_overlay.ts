/**
 * What listings don't show yet of what this process has done.
 *
 * @module
 */
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import { type DriveFile, ROOT } from "./file.ts";

/** Milliseconds for which what was written is remembered: Drive's listings are behind by seconds, at worst by minutes. */
const REMEMBERED = 10 * 60_000;
/** Milliseconds after which a file that listings don't show is asked for: others may have deleted it. */
const TRUSTED = 15_000;
/** Files that are asked for at once. */
const CONCURRENCY = 6;
/** Files that are remembered at most: more are not written in the time that listings are behind. */
const MOST = 20_000;

/** What became of a file. */
interface Entry {
  readonly at: number;
  /** There is reason to ask whether it is still there. */
  readonly isDoubtful?: boolean;
  /** The folder that it is, or was, in. */
  readonly parent: string;
  /** The version that is known; of a file that is gone the last one, which lists may still show. */
  readonly version: number;
  /** Absent when it is gone. */
  readonly file?: DriveFile;
}

/**
 * What this process has written and deleted of late, and seen to be otherwise than listed. Drive's listings show that only after a while; corrected by this, they show it at once.
 */
export class ListingOverlay {
  readonly #entries = new Map<string, Entry>();
  readonly #byParent = new Map<string, Set<string>>();
  readonly #now: () => number;
  /** The id of My Drive's own folder, where it was asked for by its name and files in it told. */
  #root?: string;

  /** Nothing yet. `now`: the time in milliseconds, from whenever on. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Files that are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** Remembers a file as it has just been written, or seen, in the folder that it is in. */
  wrote(file: DriveFile, parent: string): void {
    this.#learnRoot(file, [parent]);
    this.#set(file.id, { at: this.#now(), file, parent, version: file.version });
  }

  /** Remembers that a file is gone; it may come back from the trash, as a later version. */
  removed({ id }: Pick<DriveFile, "id">, parent: string, version: number = Infinity): void {
    this.#set(id, { at: this.#now(), parent, version });
  }

  /** Has files be asked for, the next time that listings don't show them: somebody may have deleted them. */
  doubt(ids: readonly string[]): void {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry) this.#entries.set(id, { ...entry, isDoubtful: true });
    }
  }

  /**
   * A listed file as it is known to be by now; `undefined` when it is gone, or in none of these folders any more.
   *
   * @param parents The folders that were listed.
   */
  latest(file: DriveFile, parents: readonly string[]): DriveFile | undefined {
    this.#learnRoot(file, parents);
    const entry = this.#entries.get(file.id);
    if (!entry || file.version > entry.version) return file;
    if (!entry.file || entry.version === file.version) return entry.file && file;
    const parent = parents.find((parent) => this.#namesOf(parent).includes(entry.parent));
    return parent === undefined ? undefined : inside(entry.file, parent);
  }

  /**
   * What a listing should have said.
   *
   * @param listed All that it said.
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
    this.#forget();
    const corrected = listed.flatMap((file) => this.latest(file, parents) ?? []);
    const seen = new Set(listed.map(({ id }) => id));
    for (const parent of parents) {
      const old: [id: string, entry: Entry][] = [];
      for (const id of this.#namesOf(parent).flatMap((name) => [...this.#byParent.get(name) ?? []])) {
        const entry = this.#entries.get(id);
        if (seen.has(id) || !entry?.file || !wanted(entry.file)) continue;
        if (entry.isDoubtful || this.#now() - entry.at >= TRUSTED) old.push([id, entry]);
        else corrected.push(inside(entry.file, parent));
      }
      await forEachConcurrent(old, async ([id, entry]) => {
        const file = await this.#ask(id, entry, get);
        if (file) corrected.push(inside(file, parent));
      }, { concurrency: CONCURRENCY });
    }
    return corrected.filter(wanted);
  }

  /** By what a folder may be called where files tell what they are in. */
  #namesOf(parent: string): string[] {
    return parent === ROOT && this.#root !== undefined ? [parent, this.#root] : [parent];
  }

  #learnRoot({ parents: [id] }: DriveFile, parents: readonly string[]): void {
    if (id !== undefined && id !== ROOT && parents.length === 1 && parents[0] === ROOT) this.#root = id;
  }

  /** A file that was written some time ago, and that listings don't show; `undefined` when it is gone, or elsewhere. */
  async #ask(
    id: string,
    entry: Entry,
    get: (id: string) => Promise<DriveFile | undefined>,
  ): Promise<DriveFile | undefined> {
    const file = await get(id);
    if (!file) {
      if (this.#entries.get(id) === entry) this.#delete(id);
      return undefined;
    }
    const stays = String(file.parents) === String(entry.file?.parents);
    this.wrote(file, stays ? entry.parent : file.parents[0] ?? "");
    return stays ? file : undefined;
  }

  #set(id: string, entry: Entry): void {
    const before = this.#entries.get(id);
    // An answer that took long may tell of what was before.
    if (before && before.version > entry.version) return;
    this.#delete(id);
    this.#entries.set(id, entry);
    const siblings = this.#byParent.get(entry.parent) ?? new Set();
    siblings.add(id);
    this.#byParent.set(entry.parent, siblings);
    this.#forget();
  }

  /** Forgets what listings have shown long since. */
  #forget(): void {
    // In the order of their writing: the first ones are the oldest.
    for (const [oldest, { at }] of this.#entries) {
      if (this.#now() - at < REMEMBERED && this.#entries.size <= MOST) break;
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
