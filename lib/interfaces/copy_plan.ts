/**
 * What is to be copied where, with everything checked that can be before the first object is.
 *
 * @module
 */
import type { Backend, OnProgress, PutResult, RequestOptions } from "../../backends/backend.ts";
import { checkKey } from "../../backends/keys.ts";
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import { cleanName, cleanPrefix } from "../names.ts";
import { withoutSlash } from "./depth.ts";
import { directoryOf, objectAndBelow, type RootOptions } from "./listing.ts";
import { CONCURRENCY } from "./outcome.ts";
import { otherBucket } from "./other_bucket.ts";

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
