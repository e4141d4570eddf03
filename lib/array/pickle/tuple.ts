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
