/**
 * What an object's data key is bound to: its name and its metadata.
 *
 * @module
 */
import { concat, u32be } from "./bytes.ts";
import type { ObjectIdentity } from "./scheme.ts";

/** Says which way of writing down what is bound this is; a change of it makes all bindings differ. */
const VERSION_TAG = "cottoncandy-envelope-1";

/** The metadata entry that names all that are bound, itself included. */
export const BOUND_ENTRY = "cc-bound";

const encoder = new TextEncoder();

/** The value of `cc-bound` for these names and its own: sorted, with commas between. */
export function boundNames(names: Iterable<string>): string {
  return [...new Set([...names, BOUND_ENTRY])].sort().join();
}

/**
 * The names that `cc-bound` tells, if it is as {@linkcode boundNames} writes it and every entry is there; else `undefined`.
 *
 * @param required Names that must be among them.
 */
export function readBoundNames(
  metadata: Readonly<Record<string, string>>,
  required: readonly string[],
): string[] | undefined {
  if (!Object.hasOwn(metadata, BOUND_ENTRY)) return undefined;
  const names = metadata[BOUND_ENTRY].split(",");
  if (boundNames(names) !== metadata[BOUND_ENTRY]) return undefined;
  if (!names.every((name) => name === name.toLowerCase() && Object.hasOwn(metadata, name))) return undefined;
  return required.every((name) => names.includes(name)) ? names : undefined;
}

/**
 * An object's key and the metadata of these names as bytes: the version's tag, the key, then name and value of each in the order of `names`. Each is UTF-8
 * with its length before it, as 32 bits with the highest first, so that nothing can be read in two ways.
 */
export function boundBytes(
  { key, metadata }: ObjectIdentity,
  names: readonly string[],
): Uint8Array<ArrayBuffer> {
  const fields = [VERSION_TAG, key, ...names.flatMap((name) => [name, metadata[name]])];
  return concat(...fields.flatMap((field) => {
    const bytes = encoder.encode(field);
    return [u32be(bytes.length), bytes];
  }));
}
