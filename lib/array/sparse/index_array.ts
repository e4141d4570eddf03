/**
 * Arrays of indices: 32 or 64 bits each, as scipy keeps them.
 *
 * @module
 */
import { InvalidArgumentError } from "../../errors.ts";
import { allocate } from "../allocate.ts";
import { asNDArray } from "../as_ndarray.ts";
import type { TypedArray } from "../dtype.ts";
import { partsOf } from "../dtype.ts";
import { type NDArray, ndarray } from "../ndarray.ts";

/** Indices as they are kept: in C order, without gaps. */
export type IndexArray = NDArray<"<i4"> | NDArray<"<i8">;

/** Indices as they may be given: arrays of any integer dtype, or lists of whole numbers. */
export type IndexInput = NDArray | TypedArray | readonly number[] | readonly bigint[];

/** Indices to reckon with. Those that need more than 32 bits are floats, which hold whole numbers up to 2⁵³. */
export type IndexNumbers = Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

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
  if (indices.is("<i4")) {
    const { buffer, byteOffset, length } = indices.data;
    return buffer instanceof ArrayBuffer
      ? new Int32Array(buffer, byteOffset, length)
      : Int32Array.from(indices.data);
  }
  const numbers = new Float64Array(allocate(indices.size * 8).buffer);
  const { data } = indices;
  for (let i = 0; i < numbers.length; i++) {
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
