/**
 * What the parts of sparse arrays are: indices, of 32 or 64 bits each as scipy keeps them; and values, which are numbers and truth values of any dtype
 * that scipy reckons with, and half precision numbers, which it keeps.
 *
 * @module
 */
import { allocate } from "../../bytes.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { type ArrayInput, asNDArray, ndarray } from "../creation.ts";
import { arrayFromBytes } from "../from_bytes.ts";
import { type DType, fromFloat16, partsOf, toFloat16, type TypedArray } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";

/** Indices as they are kept: in C order, without gaps. */
export type IndexArray = NDArray<"<i4"> | NDArray<"<i8">;

/** Indices as they may be given: arrays of any integer dtype, or lists of whole numbers. */
export type IndexInput = NDArray | TypedArray | readonly number[] | readonly bigint[];

/** Indices to reckon with. Those that need more than 32 bits are floats, which hold whole numbers up to 2⁵³. */
export type IndexNumbers = Int32Array | Float64Array;

const MAX_INT32 = 2 ** 31 - 1;

/**
 * Takes indices: `<i4` and `<i8` as they are, other integers as the smaller of them that holds them.
 *
 * @param name What they are, for messages.
 * @throws {InvalidArgumentError} when they are no whole numbers along one axis.
 */
export function asIndexArray(name: string, value: IndexInput): IndexArray {
  const given = Array.isArray(value) ? fromList(name, value) : asNDArray(value);
  if (given.shape.length !== 1) {
    throw new InvalidArgumentError(`${name} has ${given.shape.length} axes, and takes one`);
  }
  const array = given.toNative().toContiguous();
  if (array.is("<i4") || array.is("<i8")) return array;
  const { kind, itemsize } = partsOf(array.dtype);
  if (kind !== "i" && kind !== "u") {
    throw new InvalidArgumentError(
      `${name} is of dtype ${given.dtype}, and takes whole numbers, such as <i4`,
    );
  }
  return itemsize < 4
    ? ndarray(Int32Array.from(array, Number))
    : ndarray(BigInt64Array.from(array, (item) => {
      const index = typeof item === "bigint" ? item : BigInt(Number(item));
      if (BigInt.asIntN(64, index) !== index) {
        throw new InvalidArgumentError(`${name} holds ${index}, more than 64 bits with a sign can`);
      }
      return index;
    }));
}

function fromList(name: string, list: readonly unknown[]): NDArray {
  const wide = list.some((index) => typeof index === "bigint" || Math.abs(Number(index)) > MAX_INT32);
  const whole = list.every((index) => typeof index === "bigint" || Number.isSafeInteger(index));
  if (!whole) throw new InvalidArgumentError(`${name} takes whole numbers only`);
  if (!wide) return ndarray(Int32Array.from(list, Number));
  return asNDArray(list.map((index) => typeof index === "bigint" ? index : BigInt(Number(index))));
}

/**
 * Indices to reckon with: those of 32 bits are not copied.
 *
 * @throws {InvalidArgumentError} for an index beyond 2⁵³.
 */
export function numbersOf(name: string, indices: IndexArray): IndexNumbers {
  if (indices.is("<i4")) return indices.data;
  const numbers = new Float64Array(allocate(indices.size * 8).buffer);
  const { data } = indices;
  for (let i = 0; i < indices.size; i++) {
    const index = Number(data[i]);
    if (!Number.isSafeInteger(index)) {
      throw new InvalidArgumentError(
        `${name} holds ${data[i]}: indices beyond 2^53 can't be reckoned with`,
      );
    }
    numbers[i] = index;
  }
  return numbers;
}

/** Room for `count` indices that are at most `limit`, all 0. */
export function indexRoom(count: number, limit: number): IndexNumbers {
  return limit <= MAX_INT32
    ? new Int32Array(allocate(count * 4).buffer)
    : new Float64Array(allocate(count * 8).buffer);
}

/** Indices as they are kept, of those that were reckoned with. */
export function indexArrayOf(numbers: IndexNumbers): IndexArray {
  return numbers instanceof Int32Array ? ndarray(numbers) : ndarray(BigInt64Array.from(numbers, BigInt));
}

/**
 * Takes the values of a sparse array, in C order.
 *
 * @param axes How many axes they have.
 * @throws {InvalidArgumentError} when they have other axes.
 * @throws {UnsupportedError} when they are no numbers.
 */
export function asValues(value: ArrayInput, axes: number): NDArray {
  const array = asNDArray(value);
  if (array.shape.length !== axes) {
    throw new InvalidArgumentError(`data has ${array.shape.length} axes, and takes ${axes}`);
  }
  if (!/[biufc]/.test(partsOf(array.dtype).kind) || array.fields) {
    throw new UnsupportedError(
      `a sparse array of dtype ${array.dtype} can't be: it takes numbers or truth values`,
    );
  }
  return array.toContiguous();
}

/** Room for values of a dtype, all 0. */
export function valueRoom(dtype: DType, shape: readonly number[]): NDArray {
  const byteLength = shape.reduce((product, length) => product * length, partsOf(dtype).itemsize);
  return arrayFromBytes(allocate(byteLength), { dtype, shape });
}

/** Moves values from one array to another of the same dtype; both are in C order and native byte order. */
export interface ValueMover {
  /** Sets item `to` of the target to item `from` of the source. */
  copy(to: number, from: number): void;
  /** Adds item `from` of the source to item `to` of the target: as numpy adds, so that integers wrap around and `true` plus `true` is `true`. */
  add(to: number, from: number): void;
  /** Whether item `from` of the source is 0. */
  isZero(from: number): boolean;
}

/** What moves values from `source` to `target`. */
export function valueMover(target: NDArray, source: NDArray): ValueMover {
  const [into, values] = [target.data, source.data];
  if (isBig(into) && isBig(values)) {
    return {
      copy: (to, from) => void (into[to] = values[from]),
      add: (to, from) => void (into[to] += values[from]),
      isZero: (from) => values[from] === 0n,
    };
  }
  if (isBig(into) || isBig(values)) throw new TypeError("values are moved between arrays of one dtype");
  const { kind } = partsOf(source.dtype);
  if (kind === "c") return complexMover(into, values);
  const copy = (to: number, from: number) => void (into[to] = values[from]);
  const isZero = (from: number) => values[from] === 0;
  if (kind === "b") return { copy, add: (to, from) => void (into[to] |= values[from]), isZero };
  // Where there is no Float16Array, `<f2` are kept as their bits.
  if (source.dtype === "<f2" && values[Symbol.toStringTag] === "Uint16Array") {
    return {
      copy,
      add: (to, from) => void (into[to] = toFloat16(fromFloat16(into[to]) + fromFloat16(values[from]))),
      isZero: (from) => fromFloat16(values[from]) === 0,
    };
  }
  // What is stored into a typed array wraps around, or is rounded, by itself.
  return { copy, add: (to, from) => void (into[to] += values[from]), isZero };
}

type BigArray = BigInt64Array | BigUint64Array;
type NumberArray = Exclude<TypedArray, BigArray>;

function isBig(array: TypedArray): array is BigArray {
  return array[Symbol.toStringTag].startsWith("Big");
}

function complexMover(into: NumberArray, values: NumberArray): ValueMover {
  return {
    copy: (to, from) => {
      into[2 * to] = values[2 * from];
      into[2 * to + 1] = values[2 * from + 1];
    },
    add: (to, from) => {
      into[2 * to] += values[2 * from];
      into[2 * to + 1] += values[2 * from + 1];
    },
    isZero: (from) => values[2 * from] === 0 && values[2 * from + 1] === 0,
  };
}
