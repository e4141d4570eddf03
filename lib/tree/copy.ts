/**
 * What is to be copied where, with everything checked that can be before the first object is.
 *
 * @module
 */
import { checkKey } from "../../backends/arguments.ts";
import type { Backend, OnProgress, PutResult, RequestOptions } from "../../backends/backend.ts";
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import { cleanName, cleanPrefix, withoutSlash } from "../names.ts";
import {
  attemptEach,
  CONCURRENCY,
  directoryOf,
  notAnObjectError,
  objectAndBelow,
  otherBucket,
  type RootOptions,
  throwIfFailed,
} from "../objects/mod.ts";

/** Options of `cp` and `mv`. */
export interface CpOptions extends RequestOptions {
  /** The bucket to copy from; default the current one. For local stores, another directory. */
  readonly sourceBucket?: string;
  /** The bucket to copy to; default the source's. */
  readonly destBucket?: string;
  /** Replace what is there; default false, which makes it an `AlreadyExistsError`. */
  readonly overwrite?: boolean;
  /** Copy what is below the name too; default false. */
  readonly recursive?: boolean;
  /** How many objects are copied at once; default 8. */
  readonly concurrency?: number;
  /** Canned ACL of the copies; sent only when given. */
  readonly acl?: string;
  /** Is told of each object once it is copied. */
  readonly onProgress?: OnProgress;
}

/** What was copied or moved. */
export interface CpResult extends PutResult {
  /** The full key of the copy; of a tree, what all its keys begin with. */
  readonly key: string;
  /** Bytes stored under the new names; of all objects of a tree. */
  readonly size: number;
  /** The objects under their new keys, in the order of their names. Empty when everything was in its place already. */
  readonly copied: readonly PutResult[];
}

/** Two places. */
export interface Places {
  /** Where to copy from. */
  readonly source: Backend;
  /** Where to copy to. */
  readonly dest: Backend;
  /** Full key of the source; `""` for all of a bucket. */
  readonly from: string;
  /** Full key of the destination; `""` for the top of a bucket. */
  readonly to: string;
  /** Whether both are one. */
  readonly same: boolean;
  /** What names are relative to. */
  readonly root: string;
}

/** One object to copy. */
export interface Step {
  /** Its full key. */
  readonly key: string;
  /** The full key of the copy. */
  readonly to: string;
  /** Its size in bytes. */
  readonly size: number;
  /** The version to copy. */
  readonly etag?: string;
}

/**
 * The places that names stand for.
 *
 * @throws {InvalidArgumentError} for names that can't be (only trees can be the whole root), and a `concurrency` that can't.
 */
export function placesOf(
  backend: Backend,
  from: string,
  to: string,
  options: CpOptions & RootOptions,
): Places {
  const { root = "", recursive = false, concurrency = CONCURRENCY } = options;
  if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    throw new InvalidArgumentError(`concurrency is a positive whole number, not ${concurrency}`);
  }
  const clean = recursive ? cleanPrefix : cleanName;
  const source = otherBucket(backend, options.sourceBucket);
  const dest = otherBucket(source, options.destBucket);
  const places = { source, dest, from: root + clean(from), to: root + clean(to), root };
  const oneBucket = source.bucket === dest.bucket;
  const same = oneBucket &&
    (recursive ? directoryOf(places.from) === directoryOf(places.to) : places.from === places.to);
  return { ...places, same };
}

/** The bucket of the source, where it is another than the destination's. */
export function fromBucket({ source, dest }: Places): string | undefined {
  return source.bucket === dest.bucket ? undefined : source.bucket;
}

/**
 * The copies to make of a tree: of the object, if there is one, and of all below it.
 *
 * @throws {NotFoundError} when there is nothing.
 * @throws {InvalidArgumentError} when the tree would be copied into itself or over itself, or a new key can't be.
 * @throws {AlreadyExistsError} when one of the new keys exists, and `overwrite` isn't set; names the first.
 */
export async function planTree(places: Places, options: CpOptions): Promise<Step[]> {
  const { source, dest, from, to, same } = places;
  const { bucket } = dest;
  const oneBucket = source.bucket === bucket;
  if (oneBucket && !same && directoryOf(to).startsWith(directoryOf(from))) {
    throw new InvalidArgumentError(
      `"${from}" can't be copied into itself, to "${to}": choose a place outside of it`,
      {
        key: to,
        bucket,
      },
    );
  }
  const steps = await stepsOf(places, options);
  if (steps.length === 0) {
    throw new NotFoundError(`there is neither an object "${from}" nor anything below it in ${source.name}`, {
      key: from,
      bucket: source.bucket,
    });
  }
  if (same) return steps;
  const keys = new Set(steps.map(({ key }) => key));
  for (const step of steps) {
    checkKey(step.to);
    if (oneBucket && keys.has(step.to)) {
      throw new InvalidArgumentError(
        `copying "${from}" to "${to}" would replace "${step.to}", which is to be copied itself: choose another place`,
        { key: step.to, bucket },
      );
    }
  }
  if (!options.overwrite) await checkAbsent(places, steps, options);
  return steps;
}

async function stepsOf(places: Places, { signal, onWarning }: CpOptions): Promise<Step[]> {
  const { source, from, to, root } = places;
  const directory = directoryOf(from);
  const newDirectory = directoryOf(to);
  const steps: Step[] = [];
  for await (const { key, size, etag } of objectAndBelow(source, from, { signal, onWarning })) {
    const isDirectorys = key.startsWith(directory);
    if (!isDirectorys && to === root) {
      throw new InvalidArgumentError(
        `"${from}" is an object as well as a directory, and would have no name at the top: name a destination for it, or ` +
          `copy "${directory}", which is the directory alone`,
        { key: from, bucket: source.bucket },
      );
    }
    const copy = isDirectorys ? newDirectory + key.slice(directory.length) : withoutSlash(to);
    steps.push({ key, to: copy, size, etag });
  }
  return steps;
}

async function checkAbsent(places: Places, steps: readonly Step[], options: CpOptions): Promise<void> {
  const { dest, to } = places;
  const { signal, onWarning } = options;
  const wanted = new Set(steps.map((step) => step.to));
  for await (const { key } of objectAndBelow(dest, withoutSlash(to), { signal, onWarning })) {
    if (wanted.has(key)) throw alreadyExists(dest, key);
  }
}

/** The error for what would be replaced. */
export function alreadyExists({ name, bucket }: Backend, key: string): AlreadyExistsError {
  return new AlreadyExistsError(
    `"${key}" in ${name} exists already: pass overwrite: true to replace it, or choose another name`,
    { key, bucket, committed: "no" },
  );
}

// Copying objects and trees of them.

/**
 * Copies an object with its metadata and content type, or with `recursive` an object and all below it, within the store: nothing passes through this
 * process. What exists is never replaced unless `overwrite` is set; of a tree this is looked up before anything is copied, and decided again for each
 * object. A name that ends in `/` is kept as it is.
 *
 * Copying onto itself with `overwrite` does nothing. An abort leaves what was copied until then.
 *
 * @param from The object or, with `recursive`, the directory to copy; `"/"` is everything.
 * @param to The new name, not the directory to copy into: of a tree, `from/x` becomes `to/x`.
 * @returns The copy, and in `copied` all copies of a tree.
 * @throws {NotFoundError} when the source is missing, or a bucket.
 * @throws {AlreadyExistsError} when the new name, or one of the new names, exists.
 * @throws {InvalidArgumentError} when the source is a directory and `recursive` isn't set, or a tree would be copied into or over itself.
 * @throws {UnsupportedError} for another bucket where the store has none.
 * @throws {PartialFailureError} when some of several objects could not be copied; `done` are the source's keys of those that were.
 *
 * @example
 * ```ts
 * import { copyObjects, MemoryBackend, writeObject } from "@cottoncandy/cottoncandy";
 *
 * const backend = new MemoryBackend();
 * await writeObject(backend, "sub01/run1/scan", "…", { metadata: { tr: "2" } });
 * const { copied } = await copyObjects(backend, "sub01", "backup/sub01", { recursive: true });
 * console.assert(copied.map(({ key }) => key).join() === "backup/sub01/run1/scan");
 * console.assert((await backend.head("backup/sub01/run1/scan"))?.metadata.tr === "2");
 * ```
 */
export async function copyObjects(
  backend: Backend,
  from: string,
  to: string,
  options: CpOptions & RootOptions = {},
): Promise<CpResult> {
  const places = placesOf(backend, from, to, options);
  if (!options.recursive) return await copySingle(places, options);
  const steps = await planTree(places, options);
  if (places.same) {
    if (!options.overwrite) throw alreadyExists(places.dest, steps[0].key);
    return resultOf(places, []);
  }
  const copies = new Map<Step, PutResult>();
  const attempts = await attemptEach(steps, async (step, _, signal) => {
    copies.set(step, await copyStep(places, step, { ...options, signal }));
  }, options);
  throwIfFailed(
    `of ${steps.length} objects under "${places.from}", copied to "${places.to}"`,
    attempts,
    places.dest,
  );
  return resultOf(places, steps.flatMap((step) => copies.get(step) ?? []));
}

/** Copies one version of one object. */
export async function copyStep(places: Places, step: Step, options: CpOptions): Promise<PutResult> {
  const { signal, onWarning, overwrite, acl, onProgress } = options;
  const copy = await places.dest.copy(step.key, step.to, {
    fromBucket: fromBucket(places),
    ifSourceMatch: step.etag,
    ifAbsent: !overwrite,
    acl,
    signal,
    onWarning,
  });
  onProgress?.({ key: copy.key, loaded: copy.size, total: copy.size, done: true });
  return copy;
}

/** What came of copying or moving. */
export function resultOf({ to }: Places, copied: readonly PutResult[]): CpResult {
  return { key: to, size: copied.reduce((sum, { size }) => sum + size, 0), copied };
}

async function copySingle(places: Places, options: CpOptions): Promise<CpResult> {
  const { source, dest, from, to } = places;
  if (places.same) {
    const head = await source.head(from, options);
    if (!head) throw await notAnObjectError(source, from, "copied", options);
    if (!options.overwrite) throw alreadyExists(dest, to);
    const { size, etag, versionId } = head;
    return { key: to, size, etag, versionId, copied: [] };
  }
  try {
    // Its version need not be known: the store copies one.
    const copy = await copyStep(places, { key: from, to, size: 0 }, options);
    return { ...copy, copied: [copy] };
  } catch (error) {
    // It may be a bucket that is missing, and not the object.
    if (!(error instanceof NotFoundError) || await source.head(from, options)) throw error;
    throw await notAnObjectError(source, from, "copied", options);
  }
}
