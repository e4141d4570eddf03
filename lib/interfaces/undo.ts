/**
 * Taking back what an upload of several objects has stored before it failed.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { CottonCandyError, type FailedObject } from "../errors.ts";
import { asError } from "../thrown.ts";

/** Whether a put that failed may have taken effect all the same. */
export function mayBeStored(error: unknown): boolean {
  return error instanceof CottonCandyError && (error.committed === "yes" || error.committed === "unknown");
}

/** Deletes objects, and gives those that could not be deleted. Never rejects, and listens to no signal: an abort may be why it is called. */
export async function removeKeys(backend: Backend, keys: readonly string[]): Promise<FailedObject[]> {
  const failed: FailedObject[] = [];
  if (keys.length === 0) return failed;
  const left = new Set(keys);
  try {
    for await (const { key, error } of backend.delete(keys)) {
      left.delete(key);
      if (error) failed.push({ key, error });
    }
  } catch (cause) {
    const error = asError(cause);
    for (const key of left) failed.push({ key, error });
  }
  return failed;
}
