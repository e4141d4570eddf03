import type { Backend } from "../../backends/backend.ts";
import { UnsupportedError } from "../errors.ts";

/**
 * A store with another bucket as the current one; for local directories, another directory.
 *
 * @throws {UnsupportedError} where the store has no buckets.
 */
export function otherBucket(backend: Backend, name: string | undefined): Backend {
  if (name === undefined || name === backend.bucket) return backend;
  if (!backend.withBucket) {
    throw new UnsupportedError(
      `${backend.name} has no buckets, so there is no bucket "${name}" to look into`,
    );
  }
  return backend.withBucket(name);
}
