/**
 * Copying and moving objects and trees of them within a store. Everything is checked that can be before the first object is copied.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import { checkKey } from "../../backends/arguments.ts";
import type { Backend, ObjectHead, OnProgress, PutResult, RequestOptions } from "../../backends/backend.ts";
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import { cleanName, cleanPrefix, withoutSlash } from "../names.ts";
import {
  attemptEach,
  CONCURRENCY,
  directoryOf,
  notAnObjectError,
  objectAndBelow,
  objectKey,
  otherBucket,
  READ_OPTIONS,
  refuseAmbiguousRoot,
  type RootOptions,
  throwIfFailed,
  treeKey,
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
  /** The storage class of the copies; default that of their sources. */
  readonly storageClass?: string;
  /** Is told of each object once it is copied. */
  readonly onProgress?: OnProgress;
}

/** The names of {@linkcode CpOptions}. */
export const CP_OPTIONS: OptionTable<CpOptions> = {
  ...READ_OPTIONS,
  sourceBucket: true,
  destBucket: true,
  overwrite: true,
  recursive: true,
  acl: true,
  storageClass: true,
};

/** What was copied or moved. */
export interface CpResult extends PutResult {
  /** The full key of the copy; of a tree, what all its keys begin with. */
  readonly key: string;
  /** Bytes stored under the new names; of all objects of a tree. */
  readonly size: number;
  /** The objects under their new keys, in the order of their names. Empty when everything was in its place already. */
  readonly copied: readonly PutResult[];
}

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
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { copyObjects } from "@cottoncandy/cottoncandy/filesystem";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
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
  checkOptions(options, CP_OPTIONS);
  const places = await resolvePlaces(backend, from, to, options);
  if (!options.recursive) return await copySingle(places, options);
  const steps = await planTree(places, options);
  if (!places.same) return await copyTree(places, steps, "", copyStep, options);
  if (options.overwrite) return { key: places.to, size: 0, copied: [] };
  throw alreadyExistsError(places.dest, steps[0].key);
}

/** Where to copy from, and where to. */
export interface Places {
  readonly source: Backend;
  readonly dest: Backend;
  /** Full key of the source; `""` for all of a bucket. */
  readonly from: string;
  /** Full key of the destination; `""` for the top of a bucket. */
  readonly to: string;
  readonly oneBucket: boolean;
  /** Whether both are one. */
  readonly same: boolean;
  /** What names are relative to. */
  readonly root: string;
}

/** One object to copy. */
export interface CopyStep {
  /** Its full key. */
  readonly key: string;
  /** The full key of the copy. */
  readonly to: string;
  /** The version to copy; any where it is not known. */
  readonly etag?: string;
  /** Whether the copy is to be on the medium before anything else is done. */
  readonly durable?: boolean;
}

/**
 * The places that names stand for.
 *
 * @throws {InvalidArgumentError} for names that can't be (only trees can be the whole root), and a `concurrency` that can't.
 */
export async function resolvePlaces(
  backend: Backend,
  from: string,
  to: string,
  options: CpOptions & RootOptions,
): Promise<Places> {
  const { root = "", recursive = false, concurrency = CONCURRENCY } = options;
  if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    throw new InvalidArgumentError(`concurrency is a positive whole number, not ${concurrency}`);
  }
  for (const name of [from, to]) (recursive ? cleanPrefix : cleanName)(name);
  const source = otherBucket(backend, options.sourceBucket);
  const dest = otherBucket(source, options.destBucket);
  const keyOf = recursive ? treeKey : objectKey;
  const [fromKey, toKey] = [await keyOf(source, from, options), await keyOf(dest, to, options)];
  if (fromKey === root) await refuseAmbiguousRoot(source, from, options);
  const oneBucket = source.bucket === dest.bucket;
  const same = oneBucket && (recursive ? directoryOf(fromKey) === directoryOf(toKey) : fromKey === toKey);
  return { source, dest, from: fromKey, to: toKey, oneBucket, same, root };
}

/**
 * The copies to make of a tree: of the object, if there is one, and of all below it.
 *
 * @throws {NotFoundError} when there is nothing.
 * @throws {InvalidArgumentError} when the tree would be copied into itself or over itself, or a new key can't be.
 * @throws {AlreadyExistsError} when one of the new keys exists, and `overwrite` isn't set; names the first.
 */
export async function planTree(places: Places, options: CpOptions): Promise<CopyStep[]> {
  const { source, dest, from, to, oneBucket, same } = places;
  const { bucket } = dest;
  if (oneBucket && !same && directoryOf(to).startsWith(directoryOf(from))) {
    throw new InvalidArgumentError(
      `"${from}" can't be copied into itself, to "${to}": choose a place outside of it`,
      { key: to, bucket },
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

async function stepsOf(places: Places, options: CpOptions): Promise<CopyStep[]> {
  const { source, from, to, root } = places;
  const directory = directoryOf(from);
  const newDirectory = directoryOf(to);
  const steps: CopyStep[] = [];
  for await (const { key, etag } of objectAndBelow(source, from, options)) {
    const isDirectorys = key.startsWith(directory);
    if (!isDirectorys && to === root) {
      throw new InvalidArgumentError(
        `"${from}" is an object as well as a directory, and would have no name at the top: name a destination for it, or ` +
          `copy "${directory}", which is the directory alone`,
        { key: from, bucket: source.bucket },
      );
    }
    const copy = isDirectorys ? newDirectory + key.slice(directory.length) : withoutSlash(to);
    steps.push({ key, to: copy, etag });
  }
  return steps;
}

async function checkAbsent(places: Places, steps: readonly CopyStep[], options: CpOptions): Promise<void> {
  const { dest, to } = places;
  const wanted = new Set(steps.map((step) => step.to));
  for await (const { key } of objectAndBelow(dest, withoutSlash(to), options)) {
    if (wanted.has(key)) throw alreadyExistsError(dest, key);
  }
}

function alreadyExistsError({ name, bucket }: Backend, key: string): AlreadyExistsError {
  return new AlreadyExistsError(
    `"${key}" in ${name} exists already: pass overwrite: true to replace it, or choose another name`,
    { key, bucket, committed: "no" },
  );
}

async function copySingle(places: Places, options: CpOptions): Promise<CpResult> {
  const { source, dest, from, to } = places;
  if (places.same) {
    const head = await source.head(from, options);
    if (!head) throw await notAnObjectError(source, from, "copied", options);
    if (!options.overwrite) throw alreadyExistsError(dest, to);
    return unmoved(head);
  }
  try {
    // Its version need not be known: the store copies one.
    const copy = await copyStep(places, { key: from, to }, options);
    return { ...copy, copied: [copy] };
  } catch (error) {
    // It may have been copied before it went away. Or a bucket is missing, and not the object.
    if (!(error instanceof NotFoundError) || (error.committed ?? "no") !== "no") throw error;
    if (await source.head(from, options)) throw error;
    throw await notAnObjectError(source, from, "copied", options);
  }
}

/** What came of copying an object onto itself. */
export function unmoved({ key, size, etag, versionId }: ObjectHead): CpResult {
  return { key, size, etag, versionId, copied: [] };
}

/** Copies the objects of a tree, several at once. `prefix` begins the message, should not all be copied. */
export async function copyTree(
  places: Places,
  steps: readonly CopyStep[],
  prefix: string,
  copy: (places: Places, step: CopyStep, options: CpOptions, index: number) => Promise<PutResult>,
  options: CpOptions,
): Promise<CpResult> {
  const { dest, from, to } = places;
  const copied: PutResult[] = new Array(steps.length);
  const attempts = await attemptEach(steps, async (step, index, signal) => {
    copied[index] = await copy(places, step, { ...options, signal }, index);
  }, options);
  throwIfFailed(`${prefix}of ${steps.length} objects under "${from}", copied to "${to}"`, attempts, dest);
  return { key: to, size: copied.reduce((sum, { size }) => sum + size, 0), copied };
}

/** Copies one version of one object. */
export async function copyStep(places: Places, step: CopyStep, options: CpOptions): Promise<PutResult> {
  const { signal, onWarning, overwrite, acl, storageClass, onProgress } = options;
  const copy = await places.dest.copy(step.key, step.to, {
    fromBucket: places.oneBucket ? undefined : places.source.bucket,
    ifSourceMatch: step.etag,
    ifAbsent: !overwrite,
    durable: step.durable,
    acl,
    storageClass,
    signal,
    onWarning,
  });
  onProgress?.({ key: copy.key, loaded: copy.size, total: copy.size, done: true });
  return copy;
}
