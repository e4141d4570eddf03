/**
 * Buckets: looking them up, and showing them.
 *
 * @module
 */
import type { Backend, BucketInfo, BucketOperations, RequestOptions } from "../../backends/backend.ts";
import { AccessDeniedError, InvalidArgumentError, NotFoundError, UnsupportedError } from "../errors.ts";
import { timestamp } from "../objects/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";

/** Columns of a name in the table, as Python has them. */
const COLUMNS = 40;

/**
 * The operations on buckets of a store that has them.
 *
 * @throws {UnsupportedError} when it has none.
 */
export function bucketsOf(backend: Backend): BucketOperations {
  if (backend.buckets && backend.withBucket) return backend.buckets;
  throw new UnsupportedError(`${backend.name} has no buckets: open another directory instead`, {
    bucket: backend.bucket,
  });
}

/**
 * What is known of a bucket. The time it was made is known only of one's own buckets, where the store lists them.
 *
 * @throws {NotFoundError} when there is none.
 * @throws {UnsupportedError} when the store has no buckets.
 */
export async function bucketInfo(
  backend: Backend,
  name: string,
  options: RequestOptions = {},
): Promise<BucketInfo> {
  const buckets = bucketsOf(backend);
  try {
    const found = (await buckets.list(options)).find((bucket) => bucket.name === name);
    if (found) return found;
  } catch (error) {
    // Many credentials may use buckets and not list them.
    if (!(error instanceof AccessDeniedError)) throw error;
  }
  if (await buckets.exists(name, options)) return { name };
  throw new NotFoundError(`there is no bucket "${name}": make it with createBucket, or check its name`, {
    bucket: name,
  });
}

/**
 * Checks a new bucket's name against the prefix that a lab has agreed on.
 *
 * @throws {InvalidArgumentError} when it doesn't begin with that.
 */
export function checkBucketPrefix(name: string, prefix: string | undefined): void {
  if (prefix === undefined || name.startsWith(prefix)) return;
  throw new InvalidArgumentError(
    `"${name}" can't be made: names of new buckets must begin with "${prefix}", says mandatory_bucket_prefix in options.cfg`,
    { bucket: name },
  );
}

/** A line for each bucket, as Python prints it: its name, and when it was made, in local time. */
export function bucketTable(buckets: readonly BucketInfo[]): string {
  return buckets.map(({ name, created }) => {
    const padded = name.padEnd(COLUMNS);
    return created ? `${padded} ${timestamp(created)}` : name;
  }).join("\n");
}

/** Warns of a name that stands for another one. */
export function warnDeprecated(name: string, instead: string, onWarning: OnWarning = warnOncePerKind): void {
  onWarning({ kind: "deprecated", message: `${name} is deprecated: use ${instead} instead` });
}
