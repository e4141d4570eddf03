import { allocate } from "../allocate.ts";
import { withinLimits } from "./limits.ts";
import { Op } from "./opcodes.ts";
import { PickleOutput } from "./output.ts";
import { PickleWriter } from "./writer.ts";

/** The protocol that is written: Python 3.4 and later read it. */
const PROTOCOL = 4;

/**
 * Writes a value as a pickle of protocol 4, in pieces that stand one after the other. Large bytes and contiguous arrays are not copied: their
 * pieces are views of them, so that they must not change until the pieces have been used. {@linkcode dumpPickle} takes the same values.
 *
 * @throws {InvalidArgumentError} when Python has nothing for a value.
 *
 * @example
 * ```ts
 * import { loadPickle, picklePieces } from "@cottoncandy/cottoncandy/pickle";
 *
 * const pieces = picklePieces({ noise: new Float64Array(100_000) });
 * const bytes = new Uint8Array(await new Blob([...pieces]).arrayBuffer());
 * console.assert(bytes.length < 800_400 && loadPickle(bytes) !== null);
 * ```
 */
export function picklePieces(value: unknown): readonly Uint8Array<ArrayBuffer>[] {
  const output = new PickleOutput();
  output.head(PROTOCOL);
  withinLimits(() => new PickleWriter(output).root(value));
  output.uint8(Op.STOP);
  return output.end();
}

/**
 * Writes a value as a pickle of protocol 4, which Python 3.4 and later read, with numpy 1 or 2 where it holds arrays.
 *
 * | here | Python |
 * |---|---|
 * | `null`, `undefined`, `boolean`, `string` | `None`, `None`, `bool`, `str` |
 * | `number` | `int` when it is a safe integer and not -0, else `float` |
 * | `bigint` | `int` |
 * | `{ re, im }`, both numbers and nothing else | `complex` |
 * | `Uint8Array` | `bytes` |
 * | `Array`, `Tuple` | `list`, `tuple` |
 * | plain object, without entries that are `undefined`; `Map` | `dict` |
 * | `Set` | `set`; in keys and sets `frozenset` |
 * | `NDArray`, other typed arrays | `numpy.ndarray` |
 *
 * A number cannot say whether it is a float: `2.0` is written as the int `2`, which is equal to it. What comes several times is one object in Python as
 * well, and lists, objects and maps may contain themselves.
 *
 * @throws {InvalidArgumentError} when Python has nothing for a value (functions, dates, instances of classes), when a key or an item of a set
 * is nothing that Python can hash, or two are equal to Python (`1` and `true`), or when values are nested more than 1000 deep.
 *
 * @example
 * ```ts
 * import { dumpPickle, loadPickle, Tuple } from "@cottoncandy/cottoncandy/pickle";
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 *
 * const bytes = dumpPickle({
 *   weights: ndarray(new Float32Array(6), [2, 3]),
 *   alphas: [0.1, 1, 10],
 *   runs: new Map([[Tuple.of("sub01", 1), "run1.npy"]]),
 * });
 * const value = loadPickle(bytes);
 * console.assert(typeof value === "object" && value !== null && "weights" in value);
 * ```
 */
export function dumpPickle(value: unknown): Uint8Array<ArrayBuffer> {
  const pieces = picklePieces(value);
  const bytes = allocate(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
