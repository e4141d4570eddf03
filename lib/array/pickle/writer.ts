/**
 * Writing a pickle: values become instructions, which {@linkcode PickleOutput} gathers in frames.
 *
 * @module
 */
import { allocate } from "../../bytes.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { asNDArray } from "../creation.ts";
import type { TypedArray } from "../dtype/mod.ts";
import { isNDArray } from "../ndarray.ts";
import { ArrayReducer, PythonGlobal, Reduction } from "./arrays.ts";
import { encodeLong, encodeText } from "./encodings.ts";
import { className, KeyCheck } from "./keys.ts";
import { Op } from "./opcodes.ts";
import { PickleOutput } from "./output.ts";
import { complexOf, Tuple, withinLimits } from "./values.ts";

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
  const bytes = allocate(pieces.reduce((length, piece) => length + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.byteLength;
  }
  return bytes;
}

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
  if (value === undefined) {
    throw new InvalidArgumentError("there is nothing to pickle: the value is undefined");
  }
  const output = new PickleOutput();
  output.head(PROTOCOL);
  withinLimits(() => new PickleWriter(output).value(value));
  output.uint8(Op.STOP);
  return output.end();
}

/** Python's own limit, unless it is told otherwise. */
const MAX_DEPTH = 1000;
/** How many items Python adds at once. */
const BATCH = 1000;
/** Maps have a limit of their own; texts after these are written again when they come again. */
const MAX_SHARED_TEXTS = 2 ** 20;

/** Writes values as the instructions that make them. */
export class PickleWriter {
  readonly #output: PickleOutput;
  readonly #arrays = new ArrayReducer();
  readonly #keys = new KeyCheck();
  /** Under which number Python has remembered an object. */
  readonly #memo = new Map<object, number>();
  /** The same for tuples and sets within keys, where sets are frozen. */
  readonly #frozen = new Map<object, number>();
  readonly #texts = new Map<string, number>();
  #remembered = 0;
  #depth = 0;

  /** Writes to `output`. */
  constructor(output: PickleOutput) {
    this.#output = output;
  }

  /** Writes any value. */
  value(value: unknown, frozen: boolean = false): void {
    this.#output.between();
    switch (typeof value) {
      case "undefined":
        return this.#output.uint8(Op.NONE);
      case "boolean":
        return this.#output.uint8(value ? Op.NEWTRUE : Op.NEWFALSE);
      case "number":
        if (Number.isSafeInteger(value) && !Object.is(value, -0)) return this.#integer(value);
        this.#output.uint8(Op.BINFLOAT);
        return this.#output.float64(value);
      case "bigint":
        return this.#integer(value);
      case "string":
        return this.#text(value);
      case "object":
        if (value === null) return this.#output.uint8(Op.NONE);
        return value instanceof PythonGlobal ? this.#global(value) : this.#object(value, frozen);
      default:
        throw unholdableError(value);
    }
  }

  #integer(value: number | bigint): void {
    const output = this.#output;
    if (value >= 0 && value < 2 ** 8) {
      output.uint8(Op.BININT1);
      output.uint8(Number(value));
    } else if (value >= 0 && value < 2 ** 16) {
      output.uint8(Op.BININT2);
      output.uint16(Number(value));
    } else if (value >= -(2 ** 31) && value < 2 ** 31) {
      output.uint8(Op.BININT);
      output.uint32(Number(value));
    } else {
      output.sized([Op.LONG1, Op.LONG4, Op.LONG4], encodeLong(BigInt(value)));
    }
  }

  /** Writes text; what comes again is recalled. */
  #text(text: string): void {
    const known = this.#texts.get(text);
    if (known !== undefined) return this.#recall(known);
    this.#output.sized([Op.SHORT_BINUNICODE, Op.BINUNICODE, Op.BINUNICODE8], encodeText(text));
    const index = this.#remember();
    if (this.#texts.size < MAX_SHARED_TEXTS) this.#texts.set(text, index);
  }

  /** Has Python remember the value that was just written, and gives its number. */
  #remember(): number {
    this.#output.uint8(Op.MEMOIZE);
    return this.#remembered++;
  }

  /** Writes a value that Python remembers. */
  #recall(index: number): void {
    this.#output.uint8(index < 2 ** 8 ? Op.BINGET : Op.LONG_BINGET);
    if (index < 2 ** 8) this.#output.uint8(index);
    else this.#output.uint32(index);
  }

  #object(value: object, frozen: boolean): void {
    const memo = frozen ? this.#frozen : this.#memo;
    const known = memo.get(value);
    if (known !== undefined) return this.#recall(known);
    if (++this.#depth > MAX_DEPTH) {
      throw new InvalidArgumentError(
        `values nested more than ${MAX_DEPTH} deep can't be pickled, in Python neither`,
      );
    }
    this.#contents(value, frozen, memo);
    this.#depth--;
  }

  #contents(value: object, frozen: boolean, memo: Map<object, number>): void {
    if (value instanceof Uint8Array) {
      this.#output.sized([Op.SHORT_BINBYTES, Op.BINBYTES, Op.BINBYTES8], value);
      memo.set(value, this.#remember());
    } else if (isNDArray(value) || isTypedArray(value)) {
      this.#reduction(this.#arrays.array(asNDArray(value)));
      memo.set(value, this.#remember());
    } else if (value instanceof Reduction) {
      this.#reduction(value);
      memo.set(value, this.#remember());
    } else if (value instanceof Tuple) {
      this.#tuple(value, frozen, memo);
    } else if (Array.isArray(value)) {
      this.#list(value);
    } else if (value instanceof Map) {
      this.#map(value);
    } else if (value instanceof Set) {
      if (frozen) this.#frozenset(value);
      else this.#set(value);
    } else {
      this.#plainObject(value, memo);
    }
  }

  #list(items: readonly unknown[]): void {
    this.#begin(Op.EMPTY_LIST, items);
    this.#batches(items, Op.APPENDS, (item) => this.value(item));
  }

  #tuple(items: readonly unknown[], frozen: boolean, memo: Map<object, number>): void {
    const output = this.#output;
    const { length } = items;
    if (length === 0) return output.uint8(Op.EMPTY_TUPLE);
    this.#tupleItems(items, frozen);
    const known = memo.get(items);
    if (known !== undefined) {
      // An item contains this very tuple, and has made it on the way: what was just written is of no use.
      if (length > 3) output.uint8(Op.POP_MARK);
      else for (let i = 0; i < length; i++) output.uint8(Op.POP);
      return this.#recall(known);
    }
    output.uint8(tupleOpcode(length));
    memo.set(items, this.#remember());
  }

  #tupleItems(items: readonly unknown[], frozen: boolean = false): void {
    if (items.length > 3) this.#output.uint8(Op.MARK);
    // By index, so that holes are met as well.
    for (let i = 0; i < items.length; i++) this.value(items[i], frozen);
  }

  #plainObject(value: object, memo: Map<object, number>): void {
    const complex = complexOf(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    if (!isPlain || ArrayBuffer.isView(value) || Symbol.iterator in value) throw unholdableError(value);
    if (complex) {
      this.#reduction(new Reduction(COMPLEX, [complex.re, complex.im]));
      memo.set(value, this.#remember());
      return;
    }
    this.#begin(Op.EMPTY_DICT, value);
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    this.#batches(entries, Op.SETITEMS, ([name, item]) => {
      this.#text(name);
      this.value(item);
    });
  }

  #reduction({ callable, args, state }: Reduction): void {
    this.#global(callable);
    this.#tupleItems(args);
    this.#output.uint8(tupleOpcode(args.length));
    this.#output.uint8(Op.REDUCE);
    if (!state) return;
    this.#tupleItems(state);
    this.#output.uint8(tupleOpcode(state.length));
    this.#output.uint8(Op.BUILD);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#keys.check(map.keys());
    this.#begin(Op.EMPTY_DICT, map);
    this.#batches(map, Op.SETITEMS, ([key, item]) => {
      this.value(key, true);
      this.value(item);
    });
  }

  #set(set: ReadonlySet<unknown>): void {
    this.#keys.check(set);
    this.#begin(Op.EMPTY_SET, set);
    this.#batches(set, Op.ADDITEMS, (item) => this.value(item, true));
  }

  #frozenset(set: ReadonlySet<unknown>): void {
    this.#keys.check(set);
    this.#output.uint8(Op.MARK);
    for (const item of set) this.value(item, true);
    this.#output.uint8(Op.FROZENSET);
    this.#frozen.set(set, this.#remember());
  }

  /** Writes an empty collection, to be filled. Python remembers it first, so that it can contain itself. */
  #begin(opcode: number, value: object): void {
    this.#output.uint8(opcode);
    this.#memo.set(value, this.#remember());
  }

  #batches<T>(items: Iterable<T>, opcode: number, write: (item: T) => void): void {
    let count = 0;
    for (const item of items) {
      if (count === 0) this.#output.uint8(Op.MARK);
      write(item);
      if (++count < BATCH) continue;
      this.#output.uint8(opcode);
      count = 0;
    }
    if (count > 0) this.#output.uint8(opcode);
  }

  #global(global: PythonGlobal): void {
    const known = this.#memo.get(global);
    if (known !== undefined) return this.#recall(known);
    this.#text(global.module);
    this.#text(global.name);
    this.#output.uint8(Op.STACK_GLOBAL);
    this.#memo.set(global, this.#remember());
  }
}

function tupleOpcode(length: number): number {
  return length > 3 ? Op.TUPLE : Op.TUPLE1 + length - 1;
}

const COMPLEX = new PythonGlobal("builtins", "complex");

function isTypedArray(value: object): value is TypedArray | Uint8ClampedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function unholdableError(value: unknown): InvalidArgumentError {
  const advice = value instanceof Date
    ? "store its toISOString() or getTime()"
    : "turn it into plain objects, arrays, Maps, Sets and NDArrays";
  return new InvalidArgumentError(`a pickle can't hold a ${className(value)}: ${advice}`);
}
