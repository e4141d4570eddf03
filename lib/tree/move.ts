/**
 * Moving objects and trees of them.
 *
 * @module
 */
import type { Backend, ObjectHead, PutResult } from "../../backends/backend.ts";
import { IntegrityError, NotFoundError, PartialFailureError } from "../errors.ts";
import { attemptEach, notAnObjectError, type RootOptions, throwIfFailed } from "../objects/mod.ts";
import {
  copyStep,
  type CpOptions,
  type CpResult,
  type Places,
  placesOf,
  planTree,
  resultOf,
  type Step,
} from "./copy.ts";

/**
 * Moves an object with its metadata and content type, or with `recursive` an object and all below it: copies within the store, looks at what was
 * copied, and only then deletes the source, in the version that was copied. Of a tree, nothing is deleted before everything is copied. What exists is
 * never replaced unless `overwrite` is set. Moving something onto itself does nothing.
 *
 * A copy is held against its source by the checksum that the store has of both, and by size where it has none in common. Whatever fails, each object is
 * in one of the places, or both; an abort too leaves what was copied until then.
 *
 * @param from The object or, with `recursive`, the directory to move; `"/"` is everything.
 * @param to The new name, not the directory to move into: of a tree, `from/x` becomes `to/x`.
 * @returns The object in its new place, and in `copied` all objects of a tree.
 * @throws {NotFoundError} when the source is missing, or a bucket.
 * @throws {AlreadyExistsError} when the new name, or one of the new names, exists. Nothing was moved then.
 * @throws {InvalidArgumentError} when the source is a directory and `recursive` isn't set, or a tree would be moved into or over itself.
 * @throws {IntegrityError} when the copy isn't what was copied; the source is untouched.
 * @throws {PartialFailureError} when not all was copied, and nothing deleted; or all was copied, and some sources could not be deleted, as those that
 * were replaced meanwhile. The message says which of both, and the lists have the source's keys.
 *
 * @example
 * ```ts
 * import { MemoryBackend, moveObjects, writeObject } from "@cottoncandy/cottoncandy";
 *
 * const backend = new MemoryBackend();
 * await writeObject(backend, "draft", "…");
 * const { key } = await moveObjects(backend, "draft", "results/final");
 * console.assert(key === "results/final" && await backend.head("draft") === undefined);
 * ```
 */
export async function moveObjects(
  backend: Backend,
  from: string,
  to: string,
  options: CpOptions & RootOptions = {},
): Promise<CpResult> {
  const places = placesOf(backend, from, to, options);
  return options.recursive ? await moveTree(places, options) : await moveSingle(places, options);
}

async function moveSingle(places: Places, options: CpOptions): Promise<CpResult> {
  const { source, from, to, same } = places;
  const head = await source.head(from, options);
  if (!head) throw await notAnObjectError(source, from, "moved", options);
  const { size, etag, versionId } = head;
  if (same) return { key: to, size, etag, versionId, copied: [] };
  const copy = await copyVerified(places, { key: from, to, size, etag }, head, options);
  await deleteSources(places, [{ key: from, to, size, etag }], options);
  return { ...copy, copied: [copy] };
}

async function moveTree(places: Places, options: CpOptions): Promise<CpResult> {
  const { source, dest, from, to } = places;
  const steps = await planTree(places, options);
  if (places.same) return resultOf(places, []);
  const copies = new Map<Step, PutResult>();
  const pinned = [...steps];
  const attempts = await attemptEach(steps, async (step, index, signal) => {
    const head = await source.head(step.key, { ...options, signal });
    if (!head) {
      throw new NotFoundError(`"${step.key}" in ${source.name} was deleted before it could be copied`, {
        key: step.key,
        bucket: source.bucket,
      });
    }
    // Not every store lists versions.
    pinned[index] = { ...step, etag: step.etag ?? head.etag };
    copies.set(step, await copyVerified(places, pinned[index], head, { ...options, signal }));
  }, options);
  throwIfFailed(
    `nothing was deleted: of ${steps.length} objects under "${from}", copied to "${to}"`,
    attempts,
    dest,
  );
  await deleteSources(places, pinned, options);
  return resultOf(places, steps.flatMap((step) => copies.get(step) ?? []));
}

/** Copies the version that a step names, and looks at the copy. */
async function copyVerified(
  places: Places,
  step: Step,
  head: ObjectHead,
  options: CpOptions,
): Promise<PutResult> {
  const { dest } = places;
  const copy = await copyStep(places, step, options);
  const copied = await dest.head(step.to, options);
  if (!copied || !isSame(head, copied)) {
    throw new IntegrityError(
      `the copy "${step.to}" in ${dest.name} ${
        copied ? "is not what was copied" : "is gone"
      }: "${step.key}" is kept`,
      { key: step.to, bucket: dest.bucket, committed: "yes" },
    );
  }
  return copy;
}

function isSame(source: ObjectHead, copy: ObjectHead): boolean {
  if (source.size !== copy.size) return false;
  const [a, b] = [source.checksum, copy.checksum];
  return !a || !b || a.algorithm !== b.algorithm || a.value === b.value;
}

/** Deletes what was copied, and nothing that took its place meanwhile. */
async function deleteSources(places: Places, steps: readonly Step[], options: CpOptions): Promise<void> {
  const { source, from, to } = places;
  const { signal, onWarning } = options;
  const { done, failed } = await attemptEach(steps, async ({ key, etag }, _, own) => {
    for await (const { error } of source.delete([{ key, ifMatch: etag }], { signal: own, onWarning })) {
      if (error) throw error;
    }
  }, { ...options, signal });
  if (failed.length === 0) return;
  throw new PartialFailureError(
    `"${from}" was copied to "${to}" as a whole, and what could not be deleted is in both places now: of ` +
      `${steps.length} ${steps.length === 1 ? "object" : "objects"}, moved`,
    done,
    failed,
    { key: from, bucket: source.bucket, committed: "yes" },
  );
}
