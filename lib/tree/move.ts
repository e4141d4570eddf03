/**
 * Moving objects and trees of them within a store: in one step where the store can, else copied, looked at, and deleted.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import type { Backend, ObjectHead, PutResult } from "../../backends/backend.ts";
import { IntegrityError, NotFoundError, PartialFailureError } from "../errors.ts";
import { attemptEach, deleteOne, notAnObjectError, type RootOptions } from "../objects/mod.ts";
import {
  type CopyStep,
  copyStep,
  copyTree,
  CP_OPTIONS,
  type CpOptions,
  type CpResult,
  type Places,
  planTree,
  resolvePlaces,
  unmoved,
} from "./copy.ts";

/**
 * Moves an object with its metadata and content type, or with `recursive` an object and all below it: copies within the store, looks at what was
 * copied, and only then deletes the source, in the version that was copied. Of a tree, nothing is deleted before everything is copied. What exists is
 * never replaced unless `overwrite` is set. Moving something onto itself does nothing.
 *
 * Where the store can move (`Backend.move`, as Google Drive), each object is moved in one step instead: nothing is copied, and of a tree what was moved stays
 * moved, whatever becomes of the others. What may be neither moved nor deleted is refused before it is copied.
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
 * @throws {AccessDeniedError} when the store moves, and the object may be neither moved nor deleted.
 * @throws {PartialFailureError} when not all was copied or moved, and nothing deleted; or all was copied, and some sources could not be deleted, as those that
 * were replaced meanwhile. The message says which of both, and the lists have the source's keys.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { moveObjects } from "@cottoncandy/cottoncandy/filesystem";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
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
  checkOptions(options, CP_OPTIONS);
  const places = await resolvePlaces(backend, from, to, options);
  return options.recursive ? await moveTree(places, options) : await moveSingle(places, options);
}

async function moveSingle(places: Places, options: CpOptions): Promise<CpResult> {
  const { source, from, to } = places;
  const head = await source.head(from, options);
  if (!head) throw await notAnObjectError(source, from, "moved", options);
  if (places.same) return unmoved(head);
  const step = { key: from, to, etag: head.etag };
  const moved = await moveStep(places, step, options);
  if (moved) return { ...moved, copied: [moved] };
  const copy = await copyVerified(places, step, head, options);
  await deleteSources(places, [step], options);
  return { ...copy, copied: [copy] };
}

async function moveTree(places: Places, options: CpOptions): Promise<CpResult> {
  const { source, to } = places;
  const steps = await planTree(places, options);
  if (places.same) return { key: to, size: 0, copied: [] };
  const pinned = [...steps];
  const moved = new Set<CopyStep>();
  const result = await copyTree(
    places,
    steps,
    source.move
      ? "what was moved is in its new place alone, and nothing was deleted: "
      : "nothing was deleted: ",
    async (_, step, own, index) => {
      const head = await source.head(step.key, own);
      if (!head) {
        throw new NotFoundError(`"${step.key}" in ${source.name} was deleted before it could be copied`, {
          key: step.key,
          bucket: source.bucket,
        });
      }
      // Not every store lists versions.
      pinned[index] = { ...step, etag: step.etag ?? head.etag };
      const result = await moveStep(places, pinned[index], own);
      if (result) moved.add(pinned[index]);
      if (result) return result;
      return await copyVerified(places, pinned[index], head, own);
    },
    options,
  );
  await deleteSources(places, pinned.filter((step) => !moved.has(step)), options);
  return result;
}

/** Moves an object where the store can do so in one step; `undefined` where it has to be copied. */
async function moveStep(
  { dest, oneBucket }: Places,
  { key, to, etag }: CopyStep,
  { overwrite, acl, storageClass, signal, onWarning, onProgress }: CpOptions,
): Promise<PutResult | undefined> {
  // What is given to the copies alone asks for copies.
  if (!oneBucket || acl !== undefined || storageClass !== undefined) return undefined;
  const moved = await dest.move?.(key, to, { ifSourceMatch: etag, ifAbsent: !overwrite, signal, onWarning });
  if (moved) onProgress?.({ key: to, loaded: moved.size, total: moved.size, done: true });
  return moved;
}

/** Copies the version that a step names, and looks at the copy. */
async function copyVerified(
  places: Places,
  step: CopyStep,
  head: ObjectHead,
  options: CpOptions,
): Promise<PutResult> {
  const { dest } = places;
  // The source goes next: power that is lost must not take both.
  const copy = await copyStep(places, { ...step, durable: true }, options);
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
async function deleteSources(places: Places, steps: readonly CopyStep[], options: CpOptions): Promise<void> {
  const { source, from, to } = places;
  const { signal, onWarning } = options;
  const { done, failed } = await attemptEach(steps, async ({ key, etag }, _, own) => {
    await deleteOne(source, { key, ifMatch: etag }, { signal: own, onWarning });
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
