import { InvalidArgumentError } from "../lib/errors.ts";
import { asError } from "../lib/error_context.ts";
import { checkKey, refuseVersion } from "./arguments.ts";
import type { DeleteItem, DeleteResult } from "./backend.ts";

/** Objects to delete, as {@linkcode Backend.delete} takes them. */
export type DeleteItems = Iterable<DeleteItem> | AsyncIterable<DeleteItem>;

/** One object to delete, whichever way it was given. */
export interface KeyToDelete {
  /** The key. */
  readonly key: string;
  /** Delete only this version. */
  readonly ifMatch?: string;
  /** Delete this version for good. */
  readonly versionId?: string;
  /** Why no object can have the key. */
  readonly invalid?: Error;
}

/**
 * Items in one form; an abort between them throws the signal's reason.
 *
 * @param versions The store keeps versions: an item may name one by its id.
 */
export async function* keysToDelete(
  items: DeleteItems,
  signal: AbortSignal | undefined,
  versions: boolean = false,
): AsyncGenerator<KeyToDelete, void, void> {
  signal?.throwIfAborted();
  for await (const item of items) {
    signal?.throwIfAborted();
    const { key, ifMatch, versionId }: Exclude<DeleteItem, string> = typeof item === "string"
      ? { key: item }
      : item;
    const { error: invalid } = await deleteResult(key, signal, () => {
      checkKey(key);
      if (!versions) refuseVersion(versionId, { key, committed: "no" });
      if (versionId !== undefined && ifMatch !== undefined) {
        throw new InvalidArgumentError("`versionId` names one version: `ifMatch` has nothing to add", {
          key,
          committed: "no",
        });
      }
    });
    yield { key, ifMatch, versionId, invalid };
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
