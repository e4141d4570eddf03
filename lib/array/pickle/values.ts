/**
 * What pickles are read as and written from.
 *
 * @module
 */
import { UnsupportedError } from "../../errors.ts";
import type { NDArray } from "../ndarray.ts";
import type { Complex } from "../dtype/mod.ts";

/**
 * A Python tuple: an array that pickles as `(1, 2)` rather than as `[1, 2]`. Make one with `Tuple.of(1, 2)` or `Tuple.from(items)`.
 *
 * It is a class of its own so that a tuple that was read is a tuple again when it is written: only tuples can be keys of a dict and items of a set.
 *
 * @example
 * ```ts
 * import { dumpPickle, loadPickle, Tuple } from "@cottoncandy/cottoncandy/pickle";
 *
 * const run = loadPickle(dumpPickle(Tuple.of("sub01", 3)));
 * console.assert(run instanceof Tuple && Array.isArray(run) && run.join() === "sub01,3");
 * ```
 */
export class Tuple<T = unknown> extends Array<T> {
  /** A tuple of the arguments. */
  static override of<Items extends readonly unknown[]>(...items: Items): Tuple<Items[number]> {
    const tuple = new Tuple<Items[number]>();
    for (const item of items) tuple.push(item);
    return tuple;
  }

  /** What is made from a tuple by `map`, `filter` and `slice` is a plain array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

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

/** Whether the entries of a plain object make a complex number: exactly `re` and `im`, both numbers. */
export function isComplex(entries: readonly (readonly [string, unknown])[]): boolean {
  return entries.length === 2 &&
    entries.every(([name, part]) => (name === "re" || name === "im") && typeof part === "number");
}

/** A value as a complex number, if it is one. */
export function complexOf(value: unknown): Complex | undefined {
  if (typeof value !== "object" || value === null || !("re" in value) || !("im" in value)) return undefined;
  const { re, im } = value;
  if (typeof re !== "number" || typeof im !== "number" || !isComplex(Object.entries(value))) return undefined;
  return { re, im };
}

/**
 * Runs `work`. Strings, maps and the call stack have limits that differ from engine to engine; meeting one is an error of ours.
 *
 * @throws {UnsupportedError} when `work` meets a limit of the engine.
 */
export function withinLimits<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UnsupportedError(`the value is more than this JavaScript engine can pickle: ${cause.message}`, {
      cause,
    });
  }
}
