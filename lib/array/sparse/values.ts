/**
 * The values of sparse arrays: numbers and truth values of any dtype that scipy reckons with, and half precision numbers, which it keeps.
 *
 * @module
 */
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { allocate } from "../allocate.ts";
import { type ArrayInput, asNDArray } from "../as_ndarray.ts";
import { arrayFromBytes } from "../bytes.ts";
import { type DType, partsOf, type TypedArray } from "../dtype.ts";
import { fromFloat16, toFloat16 } from "../float16.ts";
import type { NDArray } from "../ndarray.ts";

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
  if (isBig(into) && isBig(values)) return ofBigints(into, values);
  if (isBig(into) || isBig(values)) throw new TypeError("values are moved between arrays of one dtype");
  const { kind } = partsOf(source.dtype);
  if (kind === "c") return ofComplex(into, values);
  if (kind === "b") return ofTruth(into, values);
  if (source.dtype === "<f2" && values[Symbol.toStringTag] === "Uint16Array") return ofHalfBits(into, values);
  return ofNumbers(into, values);
}

type BigArray = BigInt64Array | BigUint64Array;
type NumberArray = Exclude<TypedArray, BigArray>;

function isBig(array: TypedArray): array is BigArray {
  return array[Symbol.toStringTag].startsWith("Big");
}

function ofNumbers(into: NumberArray, values: NumberArray): ValueMover {
  // What is stored into a typed array wraps around, or is rounded, by itself.
  return {
    copy: (to, from) => void (into[to] = values[from]),
    add: (to, from) => void (into[to] += values[from]),
    isZero: (from) => values[from] === 0,
  };
}

function ofBigints(into: BigArray, values: BigArray): ValueMover {
  return {
    copy: (to, from) => void (into[to] = values[from]),
    add: (to, from) => void (into[to] += values[from]),
    isZero: (from) => values[from] === 0n,
  };
}

function ofTruth(into: NumberArray, values: NumberArray): ValueMover {
  return {
    copy: (to, from) => void (into[to] = values[from]),
    add: (to, from) => void (into[to] |= values[from]),
    isZero: (from) => values[from] === 0,
  };
}

function ofComplex(into: NumberArray, values: NumberArray): ValueMover {
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

/** Where there is no Float16Array, `<f2` are kept as their bits. */
function ofHalfBits(into: NumberArray, values: NumberArray): ValueMover {
  return {
    copy: (to, from) => void (into[to] = values[from]),
    add: (to, from) => void (into[to] = toFloat16(fromFloat16(into[to]) + fromFloat16(values[from]))),
    isZero: (from) => fromFloat16(values[from]) === 0,
  };
}
