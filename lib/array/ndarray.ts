import {
  type BigIntegerDType,
  type BoolDType,
  type Complex,
  type ComplexDType,
  type DataOf,
  type DateTimeDType,
  type DType,
  type Field,
  type FloatDType,
  type IntegerDType,
  isDType,
  type JsonItems,
  type NativeOf,
  type Nested,
  type Scalar,
  type ScalarOf,
} from "./dtype/mod.ts";
import { UnsupportedError } from "../errors.ts";
import type { Index, Selection } from "./slice.ts";

/**
 * An n-dimensional array: a typed array with a shape and strides, like numpy's `ndarray`. Item `[i, j]` begins at slot
 * `(offset + i * stride[0] + j * stride[1]) * itemLength` of `data`.
 *
 * `slice`, `transpose` and (where it can) `reshape` give views: they share `data`'s memory, and what is set in one is seen in the others.
 */
export interface NDArray<D extends DType = DType> extends Iterable<ScalarOf<D>> {
  /** The items' memory; see {@linkcode DataOf} for the typed array of each dtype. A view of what the array was made from. */
  readonly data: DataOf<D>;
  /** Items along each axis; `[]` for a single item (0-d). */
  readonly shape: readonly number[];
  /** Items from one to the next along each axis. */
  readonly stride: readonly number[];
  /** Where the first item is, in items; 0 unless a stride is negative. */
  readonly offset: number;
  /** Slots of `data` an item takes: 2 for complex dtypes, n for `<Un`, the item's bytes where `data` are bytes, else 1. */
  readonly itemLength: number;
  /** What the items are, as `numpy.dtype.str`. */
  readonly dtype: D;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Number of items. */
  readonly size: number;
  /** Bytes that the items take: `size` times the dtype's item size. */
  readonly nbytes: number;
  /**
   * One item, in native form: see {@linkcode ScalarOf}. Negative indices count from the end. The bytes of `S` and `V` items are views.
   *
   * @throws {InvalidArgumentError} when there is not one index in range for each axis.
   * @throws {IntegrityError} when a `U` item holds what is no Unicode code point.
   */
  get(...index: Index[]): ScalarOf<D>;
  /**
   * Sets one item. Nothing is cut or wrapped silently: numbers must be in range, text and bytes must fit. A structured item takes an object; fields
   * that it lacks stay as they are.
   *
   * @throws {InvalidArgumentError} when the index or the value does not fit.
   */
  set(value: ScalarOf<D>, ...index: Index[]): void;
  /**
   * A view of a part, with the rules of Python's slices, `"..."` and `"newaxis"` included.
   *
   * @throws {InvalidArgumentError} when an index is out of range, a step is 0, or there are more selections than axes.
   */
  slice(...selection: Selection[]): NDArray<D>;
  /**
   * A view with the axes in another order; without arguments, reversed.
   *
   * @throws {InvalidArgumentError} when the axes are no permutation.
   */
  transpose(...axes: number[]): NDArray<D>;
  /**
   * The items, in C order, in another shape; one length may be -1. A view where strides can tell it, a copy otherwise.
   *
   * @throws {InvalidArgumentError} when the new shape has another number of items.
   */
  reshape(...shape: number[]): NDArray<D>;
  /** The array itself if its items lie in C order without gaps, else a copy that does. */
  toContiguous(): NDArray<D>;
  /** A copy of the items' bytes in C order and in the array's own dtype, as numpy's `tobytes()`. */
  toBytes(): Uint8Array<ArrayBuffer>;
  /** The array itself if its numbers are in native byte order, else a copy that is; structures have each field turned. */
  toNative(): NDArray<NativeOf<D>>;
  /** The items as JavaScript values in nested arrays (copies); a 0-d array gives the value alone. */
  toNested(): Nested<ScalarOf<D>>;
  /**
   * The array as zarrita and scijs take it, in native byte order and without negative strides (copied where need be). Truth values become
   * bytes of 0 and 1, and `<f2` becomes `Float32Array` where there is no `Float16Array`.
   *
   * @throws {UnsupportedError} for dtypes that these libraries have no array for: complex, text, bytes and structures.
   */
  toZarrita(): ZarritaChunk<D>;
  /**
   * The least item, or with `axis` the least ones along it; NaN and `NaT` where there are any, as in numpy.
   *
   * @throws {InvalidArgumentError} when there is no item, or no such axis.
   * @throws {UnsupportedError} for dtypes without an order: complex, text, bytes and structures.
   */
  min(options?: WithoutAxis): MinOf<D>;
  /** Along axes. */
  min(options: AxisOptions): NDArray<NativeOf<D>>;
  /** The greatest item; see `min`. */
  max(options?: WithoutAxis): MinOf<D>;
  /** Along axes. */
  max(options: AxisOptions): NDArray<NativeOf<D>>;
  /**
   * The sum of all items, or with `axis` sums along it. Of integers and truth values it is exact: a bigint, and along an axis `<i8` or `<u8`, as numpy's, but where those 64 bits
   * don't hold it, an error. Of floats it is kept in 64 bits, with what each addition rounds away: at least as good as numpy's. Along an axis it is given in
   * the array's own dtype.
   *
   * @throws {InvalidArgumentError} when there is no such axis, or a sum along it does not fit into 64 bits.
   * @throws {UnsupportedError} for times, text, bytes and structures.
   */
  sum(options?: WithoutAxis): SumOf<D>;
  /** Along axes. */
  sum(options: AxisOptions): NDArray;
  /** The mean, worked out as the sum is: along an axis in the array's own dtype, of integers in `<f8`. NaN of no items. */
  mean(options?: WithoutAxis): MeanOf<D>;
  /** Along axes. */
  mean(options: AxisOptions): NDArray;
  /**
   * The standard deviation, a real number also of complex items.
   *
   * @param options `ddof`: what is taken from the number of items before it divides the sum of squares; default 0, as in numpy.
   */
  std(options?: WithoutAxis & { readonly ddof?: number }): number;
  /** Along axes. */
  std(options: StdOptions & AxisOptions): NDArray;
  /**
   * The array as numpy prints it: `array([1.5, 2. ], dtype=float32)`. More than 1000 items are abbreviated. What consoles show, too. In pages that load neither the package's root nor
   * `./array`, only shape and dtype.
   */
  toString(): string;
  /**
   * The items for JSON, in nested lists: numbers and text as they are; 64-bit integers and timedeltas as numbers where those are exact, else as text; NaN, infinities and `NaT` as null;
   * datetimes as ISO 8601 text; complex numbers as `{ re, im }`; `S` as text of one character a byte, `V` as base64; structures as objects.
   *
   * @throws {UnsupportedError} for datetimes in pages that load neither the package's root nor `./array`.
   */
  toJSON(): JsonItems;
  /**
   * The items of one field: a view where the field's place in memory allows a typed array over it, a copy otherwise. A field of several
   * items appends its shape.
   *
   * @throws {InvalidArgumentError} when there is no field of that name.
   */
  field(name: string): NDArray;
  /** Whether the array is of this dtype; narrows the type. */
  is<E extends DType>(dtype: E): this is NDArray<E>;
  /** The items in C order, as `get` gives them. */
  [Symbol.iterator](): IterableIterator<ScalarOf<D>>;
}

/** Which axes of an array are reduced. */
export interface AxisOptions {
  /** An axis or several; negative ones count from the end. */
  readonly axis: number | readonly number[];
  /** Whether they stay as axes of one item; default false. */
  readonly keepdims?: boolean;
}

/** Options of a statistic that is of all items. */
export interface WithoutAxis {
  /** Left out. */
  readonly axis?: undefined;
}

/** Options of a standard deviation. */
export interface StdOptions extends Partial<AxisOptions> {
  /** What is taken from the number of items before it divides. */
  readonly ddof?: number;
}

/** The least or greatest item of an array. */
export type MinOf<D extends DType> = D extends BoolDType ? boolean
  : D extends IntegerDType | FloatDType ? number
  : D extends BigIntegerDType | DateTimeDType ? bigint
  : never;

/** The sum of an array's items. */
export type SumOf<D extends DType> = D extends BoolDType | IntegerDType | BigIntegerDType ? bigint
  : D extends FloatDType ? number
  : D extends ComplexDType ? Complex
  : never;

/** The mean of an array's items. */
export type MeanOf<D extends DType> = D extends BoolDType | IntegerDType | BigIntegerDType | FloatDType
  ? number
  : D extends ComplexDType ? Complex
  : never;

/** What is worked out of all items. */
export type Statistic = "min" | "max" | "sum" | "mean" | "std";

/**
 * What arrays do that not every page loads: `lib/array/repr` and `lib/array/reducing` put themselves here, and the package's root and `./array` load both.
 */
export const EXTRAS: {
  repr?: (array: NDArray) => string;
  dtypeRepr?: (dtype: DType, fields?: readonly Field[]) => string;
  datetimeText?: (count: bigint, dtype: DType) => string;
  reduced?: (array: NDArray, statistic: Statistic, options?: StdOptions) => Scalar | NDArray;
} = {};

/**
 * What an array is, in a line, without its items.
 *
 * @param name Its class's name, and what else is told of it first.
 * @param more What is told of it last: `chunksize=(2, 3)`.
 */
export function headerText(
  [name, ...first]: readonly string[],
  { shape, dtype, fields }: Pick<NDArray, "shape" | "dtype" | "fields">,
  more: readonly string[] = [],
): string {
  const lengths = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const what = [`shape=${lengths}`, `dtype=${EXTRAS.dtypeRepr?.(dtype, fields) ?? dtype}`];
  return `${name}(${[...first, ...what, ...more].join(", ")})`;
}

/**
 * One of the {@linkcode EXTRAS}.
 *
 * @param method What it is needed for.
 * @throws {UnsupportedError} when it is not loaded.
 */
export function extra<K extends keyof typeof EXTRAS>(name: K, method: string): NonNullable<typeof EXTRAS[K]> {
  const found = EXTRAS[name];
  if (found) return found;
  throw new UnsupportedError(
    `${method} is left out of small pages: import "@cottoncandy/cottoncandy/array" once, and arrays have it`,
  );
}

/** The typed array that zarrita has for a dtype: that of its numbers in native byte order, bytes for truth values. */
export type ZarritaDataOf<D extends DType> = D extends "<f2" | ">f2" ? Float16Array | Float32Array
  : DataOf<NativeOf<D>>;

/** An array as other libraries read it. */
export interface ZarritaChunk<D extends DType = DType> {
  /** The items' memory, from the first item on. */
  readonly data: ZarritaDataOf<D>;
  /** Items along each axis. */
  readonly shape: number[];
  /** Slots from one item to the next along each axis. */
  readonly stride: number[];
}

/**
 * Whether a value is an array.
 *
 * @category Arrays
 * @example
 * ```ts
 * import { isNDArray, ndarray } from "@cottoncandy/cottoncandy/array";
 *
 * console.assert(isNDArray(ndarray(Float32Array.of(1, 2))));
 * console.assert(!isNDArray(Float32Array.of(1, 2)) && !isNDArray({ shape: [2] }));
 * ```
 */
export function isNDArray(value: unknown): value is NDArray {
  return typeof value === "object" && value !== null && "data" in value && ArrayBuffer.isView(value.data) &&
    "shape" in value && Array.isArray(value.shape) && "stride" in value && Array.isArray(value.stride) &&
    "offset" in value && typeof value.offset === "number" &&
    "dtype" in value && typeof value.dtype === "string" && isDType(value.dtype);
}
