/**
 * Copying objects and trees of them.
 *
 * @module
 */
import type { Backend, PutResult } from "../../backends/backend.ts";
import { NotFoundError } from "../errors.ts";
import {
  alreadyExists,
  type CpOptions,
  type CpResult,
  fromBucket,
  type Places,
  placesOf,
  planTree,
  type Step,
} from "./copy_plan.ts";
import { describeTree } from "./directory_error.ts";
import type { RootOptions } from "./listing.ts";
import { attemptEach, throwIfFailed } from "./outcome.ts";

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
  const { done, failed } = await attemptEach(steps, async (step, _, signal) => {
    copies.set(step, await copyStep(places, step, { ...options, signal }));
  }, options);
  throwIfFailed(
    `of ${steps.length} objects under "${places.from}", copied to "${places.to}"`,
    done.map(({ key }) => key),
    failed,
    places.dest.bucket,
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
    if (!head) throw await describeTree(source, from, "copied", options);
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
    throw await describeTree(source, from, "copied", options);
  }
}
