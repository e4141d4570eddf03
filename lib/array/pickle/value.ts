import type { NDArray } from "../ndarray.ts";
import type { Complex } from "../scalar.ts";

/**
 * What a pickle is read as:
 *
 * | Python | here |
 * |---|---|
 * | `None`, `bool`, `str` | `null`, `boolean`, `string` |
 * | `int` | `number` when it is safe (up to 2⁵³ − 1), else `bigint` |
 * | `float` | `number` |
 * | `complex` | {@linkcode Complex} |
 * | `bytes`, `bytearray` | `Uint8Array` |
 * | `list`, `tuple` | `Array`, `Tuple` |
 * | `dict`, `defaultdict` with string keys only | plain object |
 * | other dicts, `OrderedDict` | `Map` |
 * | `set`, `frozenset` | `Set` |
 * | numpy array of any dtype but object | `NDArray` |
 * | numpy bool, integer, float, complex, `str_` and `bytes_` scalars | as Python's own |
 * | other numpy scalars (times, structures, void) | `NDArray` without axes |
 *
 * A plain object keeps Python's order of keys except for keys that look like array indices, which JavaScript puts first; an `OrderedDict` is a
 * `Map` so that its order is kept. A dict of exactly two numbers called `re` and `im` is a `Map`, since `{ re, im }` is a complex number.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Complex
  | NDArray
  | PickleValue[]
  | { [key: string]: PickleValue }
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>;

/** Whether a plain object is taken as a complex number: exactly `re` and `im`, both numbers. */
export function isComplex(entries: readonly (readonly [string, unknown])[]): boolean {
  return entries.length === 2 &&
    entries.every(([name, part]) => (name === "re" || name === "im") && typeof part === "number");
}
