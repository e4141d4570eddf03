/**
 * Making arrays: over typed arrays, and from nested arrays of values.
 *
 * @module
 */
import { allocate } from "../bytes.ts";
import { shown } from "../error_context.ts";
import { InvalidArgumentError } from "../errors.ts";
import {
  type DataOf,
  type DType,
  type DTypeOf,
  type Field,
  type ItemType,
  itemTypeOf,
  type Nested,
  parseDType,
  type TypedArray,
} from "./dtype/mod.ts";
import { cStride, itemCount, MAX_NDIM, reach } from "./layout/mod.ts";
import { isNDArray, type NDArray } from "./ndarray.ts";
import { StridedArray } from "./strided_array.ts";

/** How the memory given to {@linkcode ndarray} is to be read. */
export interface NDArrayOptions<D extends DType = DType> {
  /** What the items are; default: the typed array's own dtype. */
  readonly dtype?: D;
  /** Items from one to the next along each axis; default: C order. */
  readonly stride?: readonly number[];
  /** Where the first item is, in items; default 0. */
  readonly offset?: number;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
}

/**
 * Makes an array over a typed array, without copying it.
 *
 * @category Arrays
 * @param data The memory.
 * @param shape Items along each axis; default: one axis of all items. `[]` makes a 0-d array.
 * @param options See {@linkcode NDArrayOptions}. Without `stride` and `offset`, the shape must use up `data` exactly.
 * @throws {InvalidArgumentError} when the shape or strides don't fit the data, or the dtype is kept in another typed array.
 * @throws {UnsupportedError} when the dtype can't be used here.
 *
 * @example
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 *
 * const a = ndarray(Float64Array.of(0, 1, 2, 3, 4, 5), [2, 3]);
 * console.assert(a.get(1, 2) === 5);
 * console.assert(a.transpose().slice(null, 0).toNested().toString() === "0,1,2");
 *
 * const z = ndarray(Float64Array.of(1, -1), [], { dtype: "<c16" });
 * console.assert(z.get().im === -1);
 * ```
 */
export function ndarray<D extends DType>(
  data: TypedArray | Uint8ClampedArray,
  shape: readonly number[] | undefined,
  options: NDArrayOptions<D> & { readonly dtype: D },
): NDArray<D>;
/**
 * Makes an array of the typed array's own dtype.
 * @category Arrays
 */
export function ndarray<T extends TypedArray | Uint8ClampedArray>(
  data: T,
  shape?: readonly number[],
  options?: NDArrayOptions<DTypeOf<T>>,
): NDArray<DTypeOf<T>>;
/**
 * Makes an array of what zarrita reads of truth values and text: over their memory, or of a list of strings, which are copied.
 * @category Arrays
 */
export function ndarray(
  data: ZarritaItems | readonly string[],
  shape?: readonly number[],
  options?: NDArrayOptions,
): NDArray;
export function ndarray(
  data: TypedArray | Uint8ClampedArray | ZarritaItems | readonly string[],
  shape?: readonly number[],
  options: NDArrayOptions = {},
): NDArray {
  const memory = memoryOf(data);
  const type = itemTypeOf(parseDType(options.dtype ?? memory.dtype), options.fields);
  return fromMemory(type, type.dataFrom(memory.data), shape, options);
}

function memoryOf(
  data: TypedArray | Uint8ClampedArray | ZarritaItems | readonly string[],
): { readonly data: TypedArray | Uint8ClampedArray; readonly dtype: DType } {
  if (isZarritaItems(data)) return zarritaMemory(data);
  if (isStrings(data)) {
    return data.length === 0 ? { data: new Uint32Array(), dtype: "<U1" } : fromNested(data);
  }
  return { data, dtype: defaultDType(data) };
}

function isStrings(data: unknown): data is readonly string[] {
  return Array.isArray(data) && typeof (data.length === 0 ? "" : data[0]) === "string";
}

/** The dtype that a typed array has by itself. */
export function defaultDType(data: TypedArray | Uint8ClampedArray): DType {
  const dtype = DEFAULT_DTYPES.get(data?.[Symbol.toStringTag]);
  if (!dtype) {
    const nested = Array.isArray(data) || typeof data !== "object";
    throw new InvalidArgumentError(
      `an array is made over a typed array, not over ${shown(data)}` +
        (nested ? ": asNDArray takes nested arrays and single values" : ""),
    );
  }
  return dtype;
}

const DEFAULT_DTYPES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ["Int8Array", "|i1"],
  ["Uint8Array", "|u1"],
  ["Uint8ClampedArray", "|u1"],
  ["Int16Array", "<i2"],
  ["Uint16Array", "<u2"],
  ["Int32Array", "<i4"],
  ["Uint32Array", "<u4"],
  ["BigInt64Array", "<i8"],
  ["BigUint64Array", "<u8"],
  ["Float16Array", "<f2"],
  ["Float32Array", "<f4"],
  ["Float64Array", "<f8"],
]);

function fromMemory<D extends DType>(
  type: ItemType<D>,
  data: DataOf<D>,
  shape: readonly number[] | undefined,
  { stride, offset = 0 }: NDArrayOptions<DType>,
): NDArray<D> {
  const slots = data.byteLength / data.BYTES_PER_ELEMENT;
  const { itemLength, dtype } = type;
  // Items of no bytes (`|S0`) need no data, however many they are.
  const available = itemLength === 0 ? Infinity : Math.floor(slots / itemLength);
  const lengths = shape ? [...shape] : [itemLength === 0 ? 0 : available];
  const size = itemCount(lengths);
  if (stride === undefined && offset === 0) {
    if (size * itemLength !== slots) {
      throw new InvalidArgumentError(
        `shape [${lengths}] of dtype ${dtype} takes ${size * itemLength} slots, but the data have ${slots}`,
      );
    }
    return new StridedArray(type, data, lengths, cStride(lengths), 0);
  }
  const steps = stride ? [...stride] : cStride(lengths);
  if (
    steps.length !== lengths.length || !steps.every(Number.isSafeInteger) || !Number.isSafeInteger(offset)
  ) {
    throw new InvalidArgumentError(
      `strides ${shown(steps)} and offset ${shown(offset)} don't fit a shape of [${lengths}]`,
    );
  }
  const range = reach(lengths, steps);
  if (range && (offset + range.low < 0 || offset + range.high >= available)) {
    throw new InvalidArgumentError(
      `strides [${steps}] and offset ${offset} reach items ${offset + range.low} to ${
        offset + range.high
      } of ${available}`,
    );
  }
  return StridedArray.trimmed(type, data, lengths, steps, range ? offset : 0);
}

/** A value that says its dtype by itself. */
export type PlainScalar = number | bigint | boolean | string;

/** Whatever can be taken as an array: an array, a typed array, zarrita's truth values and text, nested arrays of one kind of value, or a value. */
export type ArrayInput = NDArray | TypedArray | Uint8ClampedArray | ZarritaItems | Nested<PlainScalar>;

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
  if (isZarritaItems(value)) return ndarray(value);
  // Made by another copy of this module.
  if (isNDArray(value)) {
    const { dtype, stride, offset, fields } = value;
    return ndarray(value.data, value.shape, { dtype, stride, offset, ...(fields && { fields }) });
  }
  return fromNested(value);
}

function isTypedArray(value: unknown): value is TypedArray | Uint8ClampedArray {
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
    if (Array.isArray(value)) throw raggedError(shape);
    items.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[axis]) throw raggedError(shape);
  // By index, so that holes are met as well.
  for (let index = 0; index < value.length; index++) flatten(value[index], shape, axis + 1, items);
}

function raggedError(shape: readonly number[]): InvalidArgumentError {
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
    `an array takes numbers, bigints, booleans or strings, not ${shown(items[0])}`,
  );
}

function codePoints(text: unknown): number {
  return Array.from(String(text)).length;
}

/**
 * Truth values, text of a fixed length or bytes as zarrita has them: its `BoolArray`, `UnicodeStringArray` and `ByteStringArray`. They are known by what they
 * have, whichever copy of zarrita they come from.
 */
export interface ZarritaItems {
  /** The memory that the items lie in. */
  readonly buffer: ArrayBufferLike;
  /** Where they begin, in bytes. */
  readonly byteOffset: number;
  /** Bytes that they take. */
  readonly byteLength: number;
  /** Number of items. */
  readonly length: number;
  /** Characters an item, of text; bytes an item, of bytes. */
  readonly chars?: number;
  /** One item. */
  get(index: number): boolean | string;
}

/** Whether a value is {@linkcode ZarritaItems}. */
function isZarritaItems(value: unknown): value is ZarritaItems {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !("shape" in value) &&
    "get" in value && typeof value.get === "function" &&
    "buffer" in value && Object.prototype.toString.call(value.buffer).endsWith("ArrayBuffer]") &&
    "byteOffset" in value && "byteLength" in value && "length" in value && typeof value.length === "number";
}

/**
 * The dtype of zarrita's items, and a view of their memory as arrays of that dtype are kept.
 *
 * @throws {InvalidArgumentError} when they are of no kind that is known.
 */
function zarritaMemory(items: ZarritaItems): { readonly data: TypedArray; readonly dtype: DType } {
  const { buffer, byteOffset, byteLength, length, chars } = items;
  const bytes = () => new Uint8Array(buffer, byteOffset, byteLength);
  if (chars === undefined && byteLength === length) return { data: bytes(), dtype: "|b1" };
  if (chars !== undefined && byteLength === length * chars) return { data: bytes(), dtype: `|S${chars}` };
  if (chars !== undefined && byteLength === length * chars * 4) {
    return { data: new Uint32Array(buffer, byteOffset, length * chars), dtype: `<U${chars}` };
  }
  throw new InvalidArgumentError(`an array is made over a typed array, not over ${shown(items)}`);
}
