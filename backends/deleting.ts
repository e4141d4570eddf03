import { asError } from "../lib/error_context.ts";
import { checkKey } from "./arguments.ts";
import type { DeleteItem, DeleteResult } from "./backend.ts";

/** Objects to delete, as {@linkcode Backend.delete} takes them. */
export type DeleteItems = Iterable<DeleteItem> | AsyncIterable<DeleteItem>;

/** One object to delete, whichever way it was given. */
export interface KeyToDelete {
  /** The key. */
  readonly key: string;
  /** Delete only this version. */
  readonly ifMatch?: string;
  /** Why no object can have the key. */
  readonly invalid?: Error;
}

/** Items in one form; an abort between them throws the signal's reason. */
export async function* keysToDelete(
  items: DeleteItems,
  signal: AbortSignal | undefined,
): AsyncGenerator<KeyToDelete, void, void> {
  signal?.throwIfAborted();
  for await (const item of items) {
    signal?.throwIfAborted();
    const { key, ifMatch } = typeof item === "string" ? { key: item, ifMatch: undefined } : item;
    yield { key, ifMatch, invalid: (await deleteResult(key, signal, () => checkKey(key))).error };
  }
}

/** What became of an object once `work` has deleted it, or failed to; only an abort is thrown. */
export async function deleteResult(
  key: string,
  signal: AbortSignal | undefined,
  work: () => void | Promise<void>,
): Promise<DeleteResult> {
  try {
    await work();
    return { key };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    return { key, error: asError(error) };
  }
}

/** Deletes objects one after the other, as the result is iterated. */
export async function* deleteEach(
  items: DeleteItems,
  signal: AbortSignal | undefined,
  remove: (key: string, ifMatch: string | undefined) => void | Promise<void>,
): AsyncGenerator<DeleteResult, void, void> {
  for await (const { key, ifMatch, invalid } of keysToDelete(items, signal)) {
    yield invalid ? { key, error: invalid } : await deleteResult(key, signal, () => remove(key, ifMatch));
  }
}
