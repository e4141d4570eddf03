/**
 * Work on many objects that goes on when one of them fails, and what is taken back when they make sense only together.
 *
 * @module
 */
import type { Backend, DeleteItem, DeleteOptions } from "../../backends/backend.ts";
import { ConnectionError, CottonCandyError, type FailedObject, PartialFailureError } from "../errors.ts";
import { asError } from "../error_context.ts";
import { forEachConcurrent } from "../streams/mod.ts";
import { CONCURRENCY } from "./reading/mod.ts";

/** What became of the objects. */
export interface Attempts {
  /** Keys of those that are done, in the order given. */
  readonly done: readonly string[];
  /** Those that failed. What is in neither list was not begun, since the store could not be reached. */
  readonly failed: readonly FailedObject[];
}

/**
 * Works on each item, several at once. One that fails does not keep the others from being tried, but for a store that can't be reached: every
 * further one would wait as long.
 *
 * @param work Rejects for an item that failed.
 * @returns What became of each; an abort rejects with the signal's reason instead.
 */
export async function attemptEach<T extends { readonly key: string }>(
  items: readonly T[],
  work: (item: T, index: number, signal: AbortSignal) => Promise<void>,
  { concurrency = CONCURRENCY, signal }: { readonly concurrency?: number; readonly signal?: AbortSignal },
): Promise<Attempts> {
  const states: (true | Error | undefined)[] = new Array(items.length).fill(undefined);
  let unreachable = false;
  await forEachConcurrent(items, async (item, index, own) => {
    if (unreachable) return;
    try {
      await work(item, index, own);
      states[index] = true;
    } catch (error) {
      signal?.throwIfAborted();
      states[index] = asError(error);
      unreachable ||= error instanceof ConnectionError;
    }
  }, { concurrency, signal });
  return {
    done: items.flatMap(({ key }, index) => states[index] === true ? [key] : []),
    failed: items.flatMap(({ key }, index) => {
      const state = states[index];
      return state instanceof Error ? [{ key, error: state }] : [];
    }),
  };
}

/**
 * Throws when something failed: the error itself where one object is all there was, else a `PartialFailureError`.
 *
 * @param did What was done, in the past tense.
 */
export function throwIfFailed(did: string, { done, failed }: Attempts, { bucket }: Backend): void {
  if (failed.length === 0) return;
  if (failed.length === 1 && done.length === 0) throw failed[0].error;
  throw new PartialFailureError(did, done, failed, { bucket });
}

/** Whether a put that failed may have taken effect all the same. */
export function mayBeStored(error: unknown): boolean {
  return error instanceof CottonCandyError && (error.committed === "yes" || error.committed === "unknown");
}

/** The error of an object that a store was to delete, and of which its answer said nothing. */
export function untoldError({ name, bucket }: Backend, key: string): CottonCandyError {
  return new CottonCandyError(
    `${name} did not say whether "${key}" was deleted: look whether it is still there, and delete it again`,
    { key, bucket, committed: "unknown" },
  );
}

/**
 * Deletes one object.
 *
 * @throws {CottonCandyError} when it could not be deleted, or the store does not say that it was.
 */
export async function deleteOne(
  backend: Backend,
  item: Exclude<DeleteItem, string>,
  options: DeleteOptions,
): Promise<void> {
  for await (const { key, error } of backend.delete([item], options)) {
    if (error) throw error;
    if (key === item.key) return;
  }
  throw untoldError(backend, item.key);
}

/** Deletes objects, and gives those that could not be deleted. Never rejects, and listens to no signal: an abort may be why it is called. */
export async function removeKeys(backend: Backend, items: readonly DeleteItem[]): Promise<FailedObject[]> {
  const failed: FailedObject[] = [];
  if (items.length === 0) return failed;
  const left = new Set(items.map((item) => typeof item === "string" ? item : item.key));
  try {
    for await (const { key, error } of backend.delete(items)) {
      if (left.delete(key) && error) failed.push({ key, error });
    }
    for (const key of left) failed.push({ key, error: untoldError(backend, key) });
  } catch (cause) {
    const error = asError(cause);
    for (const key of left) failed.push({ key, error });
  }
  return failed;
}
