import { allocate } from "../bytes.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { DType, DTypeOf, TypedArray } from "./dtype.ts";
import { isNDArray, type NDArray, ndarray } from "./ndarray.ts";
import type { Nested } from "./scalar.ts";
import { itemTypeOf } from "./storage.ts";
import { StridedArray } from "./strided_array.ts";
import { cStride, itemCount, MAX_NDIM } from "./strides.ts";

/** A value that says its dtype by itself. */
export type PlainScalar = number | bigint | boolean | string;

/** Whatever can be taken as an array: an array, a typed array, nested arrays of one kind of value, or a value. */
export type ArrayInput = NDArray | TypedArray | Uint8ClampedArray | Nested<PlainScalar>;

/**
 * Takes any {@linkcode ArrayInput} as an array. Arrays are given back, typed arrays are viewed; other values are copied: numbers become
 * `<f8`, bigints `<i8`, booleans `|b1`, strings `<Un` with n the length of the longest in code points (at least 1). A value alone becomes 0-d,
 * an empty array `<f8`.
 *
 * @throws {InvalidArgumentError} when values are of different kinds, rows of different lengths, or a bigint needs more than 64 bits.
 *
 * @example
 * ```ts
 * import { asNDArray } from "@cottoncandy/cottoncandy/array";
 *
 * const a = asNDArray([[1, 2, 3], [4, 5, 6]]);
 * console.assert(a.dtype === "<f8" && a.shape.join() === "2,3");
 * console.assert(asNDArray("été").dtype === "<U3");
 * ```
 */
export function asNDArray<D extends DType>(value: NDArray<D>): NDArray<D>;
/** Takes a typed array as an array of one axis. */
export function asNDArray<T extends TypedArray | Uint8ClampedArray>(value: T): NDArray<DTypeOf<T>>;
/** Takes whatever can be taken. */
export function asNDArray(value: ArrayInput): NDArray;
export function asNDArray(value: ArrayInput): NDArray {
  if (value instanceof StridedArray) return value;
  if (isTypedArray(value)) return ndarray(value);
  // Made by another copy of this module.
  if (isNDArray(value)) {
    const { dtype, stride, offset, fields } = value;
    return ndarray(value.data, value.shape, { dtype, stride, offset, ...(fields && { fields }) });
  }
  return fromNested(value);
}

function isTypedArray(value: ArrayInput): value is TypedArray | Uint8ClampedArray {
  return ArrayBuffer.isView(value) && Symbol.toStringTag in value;
}

function fromNested(value: unknown): NDArray {
  const shape = shapeOf(value);
  const items: unknown[] = [];
  flatten(value, shape, 0, items);
  const type = itemTypeOf(commonDType(items));
  const { buffer } = allocate(items.length * type.parts.itemsize);
  const data = type.view(buffer, 0, items.length * type.itemLength);
  items.forEach((item, index) => type.write(data, index * type.itemLength, item));
  return new StridedArray(type, data, shape, cStride(shape), 0);
}

function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  while (Array.isArray(value)) {
    shape.push(value.length);
    if (shape.length > MAX_NDIM) {
      throw new InvalidArgumentError(`arrays are nested more than ${MAX_NDIM} deep`);
    }
    value = value[0];
  }
  itemCount(shape);
  return shape;
}

function flatten(value: unknown, shape: readonly number[], axis: number, items: unknown[]): void {
  if (axis === shape.length) {
    if (Array.isArray(value)) throw ragged(shape);
    items.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[axis]) throw ragged(shape);
  // By index, so that holes are met as well.
  for (let index = 0; index < value.length; index++) flatten(value[index], shape, axis + 1, items);
}

function ragged(shape: readonly number[]): InvalidArgumentError {
  return new InvalidArgumentError(
    `nested arrays must be regular: the first rows make a shape of [${shape}], others differ`,
  );
}

function commonDType(items: readonly unknown[]): DType {
  const kind = typeof (items.length > 0 ? items[0] : 0);
  for (const item of items) {
    const other = typeof item;
    if (other !== kind) {
      throw new InvalidArgumentError(`an array of ${kind}s can't hold a ${other} as well`);
    }
  }
  switch (kind) {
    case "number":
      return "<f8";
    case "bigint":
      return "<i8";
    case "boolean":
      return "|b1";
    case "string":
      return `<U${items.reduce<number>((longest, item) => Math.max(longest, codePoints(item)), 1)}`;
  }
  throw new InvalidArgumentError(
    `an array takes numbers, bigints, booleans or strings, not ${
      kind === "object" ? "objects" : `a value of type ${kind}`
    }`,
  );
}

function codePoints(text: unknown): number {
  return Array.from(String(text)).length;
}
