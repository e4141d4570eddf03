import type { Backend } from "../../backends/backend.ts";
import { type CottonCandyError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import { directoryOf, first, type ListingOptions, objectsBelow } from "./listing.ts";

/** How many objects are counted: those that one request lists. */
const COUNTED = 1000;

/**
 * Why nothing can be done with a key that is no object, where only an object was meant: it is a directory, or nothing at all.
 *
 * @param done What can be done with a directory: `"deleted"`.
 */
export async function describeTree(
  backend: Backend,
  key: string,
  done: string,
  { signal, onWarning }: ListingOptions,
): Promise<CottonCandyError> {
  const { bucket, name } = backend;
  const directory = directoryOf(key);
  let count = 0;
  for await (const _ of first(objectsBelow(backend, directory, { signal, onWarning }), COUNTED)) count++;
  if (count === 0) return new NotFoundError(`there is no object "${key}" in ${name}`, { key, bucket });
  const objects = count === 1 ? "1 object" : `${count < COUNTED ? "" : "at least "}${count} objects`;
  return new InvalidArgumentError(
    `"${key}" is no object but a directory with ${objects}: pass recursive: true to have all of it ${done}`,
    { key, bucket },
  );
}
