/**
 * One place made like another.
 *
 * @module
 */
import type { ObjectInfo, RequestOptions } from "../../backends/backend.ts";
import { ByteBudget, forEachConcurrent } from "../streams/mod.ts";
import { asError } from "../error_context.ts";
import { ConnectionError, InvalidArgumentError, PreconditionFailedError, QuotaError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { directoryOf, treeKey, untoldError } from "../objects/mod.ts";
import type { ResumeStore } from "../objects/resuming/mod.ts";
import type { OnWarning } from "../warnings.ts";
import { type Comparison, comparisonOf, type SyncCompare, type SyncVerdict } from "./comparing.ts";
import { isDecidedByStore, isNoPlaceFor, resumeStoreFor, wasThere } from "./copying.ts";
import { nameFilter } from "./filters.ts";
import { transferOne } from "./moving.ts";
import {
  SYNC_OPTIONS,
  type SyncAction,
  SyncError,
  type SyncOptions,
  type SyncPlace,
  type SyncResult,
} from "./options.ts";
import { areOneStore, innermost, type Pair, pairsOf, placePath, type Side } from "./pairs.ts";
import { SyncTally } from "./tally.ts";

/** How many objects are copied at once where nothing is said. */
const AT_ONCE = 16;
/** What all copies together may hold in memory. */
const MEMORY = 128 * 1024 * 1024;
const COMPARES: Readonly<Record<SyncCompare, true>> = {
  auto: true,
  size: true,
  time: true,
  checksum: true,
  etag: true,
  always: true,
  missing: true,
};

/**
 * Makes one place like another: copies what is missing there or differs, and with `delete` removes what the source doesn't have. Places are of any store: a bucket, a
 * directory on disk, memory, an encrypting store around one of them. Both are listed in order, side by side, in bounded memory however many objects there are.
 *
 * Objects are copied with metadata and content type, each all or nothing, several at once; within one store without passing through this process. A copy's metadata say in `mtime` when the
 * content last changed; a file is given that time, and other metadata go to a file beside it. One object that can't be copied keeps no other from being copied; a store that can't be
 * reached, or is full, ends it all. Nothing is deleted until everything is copied.
 *
 * @param from What to copy.
 * @param to Where to; what is there under other names stays, unless `delete` is set.
 * @throws {SyncError} when some objects could not be copied or deleted; all others were copied, and nothing was deleted when copying failed.
 * @throws {InvalidArgumentError} when one place is in the other, or an option makes no sense.
 * @throws {NotFoundError} when there is no such bucket or directory.
 * @throws {UnsupportedError} with `resume`, where the target can't take uploads up.
 * @throws {PreconditionFailedError} with `delete`, when there is more to delete than `maxDelete` says, or the source is empty; all is copied then, and nothing deleted.
 * @throws {ConnectionError} when a store can't be reached, and {@linkcode QuotaError} when the target is full: what was copied until then stays.
 *
 * @example
 * ```ts
 * import { sync } from "@cottoncandy/cottoncandy/sync";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { LocalBackend } from "@cottoncandy/cottoncandy/backends/local";
 *
 * const directory = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${directory}/notes.txt`, "two runs were lost");
 * await Deno.writeTextFile(`${directory}/notes.tmp`, "");
 * const store = new MemoryBackend();
 * const done = await sync({ backend: new LocalBackend(directory) }, { backend: store, prefix: "sub01" }, {
 *   filters: [{ exclude: "*.tmp" }],
 *   delete: true,
 *   allowEmptySource: true,
 * });
 * console.assert(done.copied === 1 && await store.head("sub01/notes.txt") !== undefined);
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function sync(from: SyncPlace, to: SyncPlace, options: SyncOptions = {}): Promise<SyncResult> {
  checkOptions(options, SYNC_OPTIONS);
  checkValues(options);
  options.signal?.throwIfAborted();
  const isWanted = await nameFilter(options.filters ?? []);
  const sides = { from: await sideOf(from, options), to: await sideOf(to, options) };
  await refuseOverlap(sides.from, sides.to, options);
  const run = new SyncRun(
    sides.from,
    sides.to,
    isWanted,
    options,
    await resumeStoreFor(sides.from, sides.to, options.resume),
  );
  await run.copyAll();
  await run.deleteAll();
  return run.result();
}

function checkValues(
  {
    compare = "auto",
    maxDelete = Infinity,
    concurrency = AT_ONCE,
    delete: deletes,
    allowEmptySource,
    move,
  }: SyncOptions,
): void {
  const refuse = (message: string) => {
    throw new InvalidArgumentError(message, { committed: "no" });
  };
  if (!Object.hasOwn(COMPARES, compare)) {
    refuse(
      `compare is one of ${Object.keys(COMPARES).map((name) => `"${name}"`).join(", ")}, and not ${
        JSON.stringify(compare)
      }`,
    );
  }
  if (!(maxDelete === Infinity || Number.isSafeInteger(maxDelete) && maxDelete >= 0)) {
    refuse(`maxDelete is a whole number from 0, and not ${maxDelete}`);
  }
  if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    refuse(`concurrency is a positive whole number, and not ${concurrency}`);
  }
  if (deletes && move) {
    refuse(
      "what is moved is gone from the source, and `delete` would delete it from the target the next time: give one of them",
    );
  }
  if (!deletes && (maxDelete !== Infinity || allowEmptySource)) {
    refuse(
      "maxDelete and allowEmptySource are about what `delete` deletes: set delete: true, or leave them out",
    );
  }
}

async function sideOf({ backend, prefix = "" }: SyncPlace, options: RequestOptions): Promise<Side> {
  return { backend, prefix: directoryOf(await treeKey(backend, prefix, options)) };
}

/** Throws where copies would be sources, too. */
async function refuseOverlap(from: Side, to: Side, { signal }: RequestOptions): Promise<void> {
  const [a, b] = [innermost(from), innermost(to)];
  const { identity } = a.backend;
  if (!areOneStore(a, b) && (identity === undefined || identity !== b.backend.identity)) return;
  const [source, target] = await Promise.all([a, b].map((side) => placePath(side, side.prefix, { signal })));
  if (!source.startsWith(target) && !target.startsWith(source)) return;
  // In its place what is plain may be encrypted, or what is encrypted given other keys.
  if (source === target && (from.backend.store || to.backend.store) && !areOneStore(from, to)) return;
  throw new InvalidArgumentError(
    `${nameOfSide(from)} and ${nameOfSide(to)} are one place, or one is in the other: choose places apart`,
    { bucket: to.backend.bucket, committed: "no" },
  );
}

function nameOfSide({ backend, prefix }: Side): string {
  return prefix === "" ? backend.name : `"${prefix}" in ${backend.name}`;
}

/** An object of the source, and what is known of what to do with it. */
interface Task {
  readonly name: string;
  readonly source: ObjectInfo;
  readonly target?: ObjectInfo;
  /** Absent where listings don't tell. */
  readonly verdict?: SyncVerdict;
}

/** Errors that every further object would meet as well. */
function endsAll(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof QuotaError;
}

/** Receives what the first pass has told already. */
const told: OnWarning = () => {};

/** One sync: a pass over both listings that copies, and one that deletes. */
class SyncRun {
  readonly #from: Side;
  readonly #to: Side;
  readonly #isWanted: (name: string) => boolean;
  readonly #options: SyncOptions;
  readonly #comparison: Comparison;
  readonly #tally: SyncTally;
  readonly #resume: ResumeStore | undefined;
  readonly #memory = new ByteBudget(MEMORY);
  /** How many objects the source has. */
  #sources = 0;
  /** How many the target has that the source doesn't. */
  #absent = 0;

  constructor(
    from: Side,
    to: Side,
    isWanted: (name: string) => boolean,
    options: SyncOptions,
    resume: ResumeStore | undefined,
  ) {
    this.#from = from;
    this.#to = to;
    this.#isWanted = isWanted;
    this.#options = options;
    this.#resume = resume;
    this.#comparison = comparisonOf(options.compare ?? "auto", from, to);
    this.#tally = new SyncTally(options);
  }

  /** Copies what is missing or differs. */
  async copyAll(): Promise<void> {
    const { concurrency = AT_ONCE, signal } = this.#options;
    await forEachConcurrent(this.#tasks(), (task, _index, own) => this.#attempt(task, own), {
      concurrency,
      signal,
    });
    this.#tally.listed();
  }

  /** Deletes from the target what the source doesn't have. */
  async deleteAll(): Promise<void> {
    const { delete: deletes, maxDelete = Infinity, allowEmptySource, dryRun } = this.#options;
    if (!deletes || this.#absent === 0 || this.#tally.failed > 0) return;
    const objects = this.#absent === 1 ? "1 object" : `${this.#absent} objects`;
    if (this.#sources === 0 && !allowEmptySource) {
      throw this.#refusal(
        `there is nothing to sync in ${this.#from.backend.name} below "${this.#from.prefix}", and the target's ${objects} would all be deleted: pass allowEmptySource: true if that is meant`,
      );
    }
    if (this.#absent > maxDelete) {
      throw this.#refusal(
        `${objects} would be deleted, more than maxDelete (${maxDelete}): raise it if that is meant`,
      );
    }
    await (dryRun ? this.#tellDeletions() : this.#delete());
  }

  /**
   * What was done.
   *
   * @throws {SyncError} when something failed.
   */
  result(): SyncResult {
    const result = this.#tally.result();
    if (result.failed > 0) throw new SyncError(result, this.#tally.failures, this.#to.backend.bucket);
    return result;
  }

  #refusal(message: string): PreconditionFailedError {
    return new PreconditionFailedError(`${message}. Nothing was deleted`, {
      bucket: this.#to.backend.bucket,
      committed: "no",
    });
  }

  #pairs(
    signal: AbortSignal | undefined,
    onWarning: OnWarning | undefined,
  ): AsyncGenerator<readonly Pair[], void, void> {
    return pairsOf(this.#from, this.#to, this.#isWanted, { signal, onWarning });
  }

  /** The objects that take some work; of all others it is told at once. */
  async *#tasks(): AsyncGenerator<Task, void, void> {
    const { signal, dryRun, onWarning } = this.#options;
    for await (const pairs of this.#pairs(signal, onWarning)) {
      signal?.throwIfAborted();
      for (const { name, source, target } of pairs) {
        if (!source) {
          this.#absent++;
          continue;
        }
        this.#sources++;
        const verdict: SyncVerdict | undefined = target
          ? this.#comparison.byListing({ name, source, target })
          : { action: "copy", reason: "missing" };
        this.#tally.found();
        if (verdict?.action === "skip" || verdict && dryRun) {
          await this.#tally.settle({ name, size: source.size, ...verdict });
        } else {
          yield { name, source, target, verdict };
        }
      }
    }
  }

  async #attempt({ name, source, target, verdict: known }: Task, signal: AbortSignal): Promise<void> {
    const { onWarning, dryRun, acl, storageClass, move, compare = "auto" } = this.#options;
    const ifAbsent = isDecidedByStore(compare, this.#to);
    const size = source.size;
    let verdict: SyncVerdict = known ?? { action: "copy", reason: "unknown" };
    let settled: SyncAction;
    const transfer = this.#tally.transfer();
    try {
      if (!known && target) {
        verdict = await this.#comparison.byAsking({ name, source, target }, { signal, onWarning });
      }
      settled = { name, size, ...verdict };
      if (verdict.action === "copy" && !dryRun) {
        transfer.begin(size);
        const options = {
          ...{ signal, onWarning, acl, storageClass, move, ifAbsent },
          onProgress: transfer.onProgress,
          resume: this.#resume,
          memory: this.#memory,
        };
        const key = this.#to.prefix + name;
        settled = { ...settled, size: await transferOne(this.#from, source, this.#to, key, options) };
      }
    } catch (error) {
      signal.throwIfAborted();
      if (endsAll(error)) throw error;
      settled = wasThere(error, { ifAbsent })
        ? { name, size, action: "skip", reason: "exists" }
        : isNoPlaceFor(error, source)
        ? { name, size, action: "skip", reason: "placeholder" }
        : { name, size, ...verdict, error: asError(error) };
    }
    transfer.end(settled);
    await this.#tally.settle(settled, this.#to.prefix + name);
  }

  async #tellDeletions(): Promise<void> {
    for await (const pairs of this.#pairs(this.#options.signal, told)) {
      for (const { name, source, target } of pairs) {
        if (!source && target) {
          await this.#tally.settle({ name, size: target.size, action: "delete", reason: "absent" });
        }
      }
    }
  }

  /** Lists both sides once more, so that what has come since is not deleted, and no names need be kept. */
  async #delete(): Promise<void> {
    const { signal, onWarning } = this.#options;
    const { backend, prefix } = this.#to;
    const underway = new Map<string, number>();
    const settle = async (key: string, error?: Error) => {
      const size = underway.get(key);
      if (size === undefined || !underway.delete(key)) return;
      const action = { name: key.slice(prefix.length), size, action: "delete", reason: "absent" } as const;
      await this.#tally.settle(error ? { ...action, error } : action, key);
    };
    const pairs = this.#pairs(signal, told);
    let left = this.#absent;
    const keys = async function* (): AsyncGenerator<string, void, void> {
      for await (const page of pairs) {
        for (const { source, target } of page) {
          if (source || !target) continue;
          // More than there were: whoever deletes from the source right now is not to be followed until the next time.
          if (left-- === 0) return;
          underway.set(target.key, target.size);
          yield target.key;
        }
      }
    };
    for await (const { key, error } of backend.delete(keys(), { signal, onWarning })) {
      await settle(key, error);
    }
    for (const key of [...underway.keys()]) await settle(key, untoldError(backend, key));
  }
}
