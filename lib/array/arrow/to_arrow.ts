import type { Data, DataType, Field as ArrowField, Table } from "apache-arrow";
import { allocate } from "../../bytes.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { NaT, partsOf } from "../dtype/mod.ts";
import { itemCount } from "../layout/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { EXTENSION_METADATA, EXTENSION_NAME, type Library, loadLibrary, TENSOR } from "./library.ts";

/** Options of {@linkcode toArrow}. */
export interface ToArrowOptions {
  /** What the column is called; default `"values"`. The columns of a structured array have the names of its fields. */
  readonly name?: string;
}

const TO_ARROW_OPTIONS: OptionTable<ToArrowOptions> = { name: true };

/**
 * An array as an Arrow table: a row for each index of the first axis. `tableToIPC` of `apache-arrow` makes bytes of it.
 *
 * - An array of one axis is a column of the type that its dtype has in Arrow: `Bool`, `Int`, `Float`; `U` is `Utf8`, `S` is `Binary`, `V` is `FixedSizeBinary`; `M8[D]` is `Date32`,
 *   `M8` and `m8` in seconds, ms, us or ns are `Timestamp` and `Duration`, with `NaT` as null.
 * - Of more axes it is a column of tensors, of the canonical extension type `arrow.fixed_shape_tensor`, as pyarrow's `FixedShapeTensorArray` has them.
 * - A structured array is a table with a column for each field.
 * - An array without axes is a row.
 *
 * Numbers, times and `V` items that lie in C order and native byte order are not copied: the table has the array's memory.
 *
 * @category Arrays
 * @throws {UnsupportedError} for what Arrow has no type for: complex numbers, times in other units; and where `apache-arrow` isn't installed.
 * @throws {InvalidArgumentError} when text holds half a surrogate pair, or days, or the bytes of text, are beyond what 32 bits count.
 *
 * @example
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { toArrow } from "@cottoncandy/cottoncandy/arrow";
 *
 * const table = await toArrow(ndarray(Int32Array.of(1, 2, 3)), { name: "trial" });
 * console.assert(table.getChild("trial")?.get(2) === 3);
 *
 * const images = await toArrow(ndarray(new Float32Array(5 * 64 * 48), [5, 64, 48]));
 * console.assert(images.numRows === 5);
 * console.assert(images.schema.fields[0].metadata.get("ARROW:extension:metadata") === '{"shape":[64,48]}');
 * ```
 */
export async function toArrow(array: NDArray, options: ToArrowOptions = {}): Promise<Table> {
  checkOptions(options, TO_ARROW_OPTIONS);
  const library = await loadLibrary();
  const rows = array.shape.length === 0 ? array.reshape(1) : array;
  const columns = rows.fields && rows.shape.length === 1
    ? rows.fields.map(({ name }) => columnOf(library, rows.field(name), name))
    : [columnOf(library, rows, options.name ?? "values")];
  const schema = new library.Schema(columns.map(({ field }) => field));
  const data = new library.Data(
    new library.Struct(schema.fields),
    0,
    rows.shape[0],
    0,
    undefined,
    columns.map(({ data }) => data),
  );
  return new library.Table(schema, new library.RecordBatch(schema, data));
}

interface Column {
  readonly field: ArrowField;
  readonly data: Data;
}

/** An array of at least one axis as a column. */
function columnOf(library: Library, array: NDArray, name: string): Column {
  const { Data, Field, FixedSizeList } = library;
  const native = array.toNative();
  const [rows, ...inner] = native.shape;
  const items = itemsOf(library, native.reshape(native.size));
  if (inner.length === 0) return { field: new Field(name, items.type, true), data: items };
  const type = new FixedSizeList(itemCount(inner), new Field("item", items.type, true));
  const metadata = new Map([
    [EXTENSION_NAME, TENSOR],
    [EXTENSION_METADATA, JSON.stringify({ shape: inner })],
  ]);
  const data = new Data<DataType>(type, 0, rows, 0, undefined, [items]);
  return { field: new Field(name, type, true, metadata), data };
}

/** The items of a native array of one axis. */
function itemsOf(library: Library, array: NDArray): Data {
  const { BufferType, Data } = library;
  const { size, dtype, fields } = array;
  const { kind, itemsize } = partsOf(dtype);
  const dataOf = (type: DataType, values: ArrayBufferView, others: Omitted = {}) =>
    new Data<DataType>(type, 0, size, others.nulls ?? 0, {
      [BufferType.DATA]: values,
      [BufferType.OFFSET]: others.offsets,
      [BufferType.VALIDITY]: others.validity,
    });
  if (fields) {
    const columns = fields.map(({ name }) => columnOf(library, array.field(name), name));
    const type = new library.Struct(columns.map(({ field }) => field));
    return new Data<DataType>(type, 0, size, 0, undefined, columns.map(({ data }) => data));
  }
  switch (kind) {
    case "b":
      return dataOf(new library.Bool(), bits(array, (item) => item === true));
    case "U": {
      const encoder = new TextEncoder();
      const { values, offsets } = joined(array, (item) => encoder.encode(wellFormed(String(item))));
      return dataOf(new library.Utf8(), values, { offsets });
    }
    case "S": {
      const { values, offsets } = joined(
        array,
        (item) => item instanceof Uint8Array ? item : new Uint8Array(),
      );
      return dataOf(new library.Binary(), values, { offsets });
    }
    case "V":
      return dataOf(new library.FixedSizeBinary(itemsize), slotsOf(array));
    case "M":
    case "m": {
      const nulls = countOf(array, NaT);
      const validity = nulls > 0 ? bits(array, (item) => item !== NaT) : undefined;
      const values = dtype === "<M8[D]" ? days(array) : slotsOf(array);
      return dataOf(plainType(library, array), values, { validity, nulls });
    }
  }
  const values = slotsOf(array);
  // Half precision numbers are their bits in `apache-arrow`.
  const halves = dtype === "<f2"
    ? new Uint16Array(values.buffer, values.byteOffset, values.byteLength / 2)
    : values;
  return dataOf(plainType(library, array), halves);
}

/** What not every column has. */
interface Omitted {
  readonly offsets?: Int32Array;
  readonly validity?: Uint8Array;
  readonly nulls?: number;
}

/** The Arrow types of dtypes of which an item is a number. */
const PLAIN_TYPES: ReadonlyMap<string, (library: Library) => DataType> = new Map<
  string,
  (library: Library) => DataType
>([
  ["|i1", ({ Int8 }) => new Int8()],
  ["|u1", ({ Uint8 }) => new Uint8()],
  ["<i2", ({ Int16 }) => new Int16()],
  ["<u2", ({ Uint16 }) => new Uint16()],
  ["<i4", ({ Int32 }) => new Int32()],
  ["<u4", ({ Uint32 }) => new Uint32()],
  ["<i8", ({ Int64 }) => new Int64()],
  ["<u8", ({ Uint64 }) => new Uint64()],
  ["<f2", ({ Float16 }) => new Float16()],
  ["<f4", ({ Float32 }) => new Float32()],
  ["<f8", ({ Float64 }) => new Float64()],
  ["<M8[D]", ({ DateDay }) => new DateDay()],
  ["<M8[s]", ({ TimestampSecond }) => new TimestampSecond()],
  ["<M8[ms]", ({ TimestampMillisecond }) => new TimestampMillisecond()],
  ["<M8[us]", ({ TimestampMicrosecond }) => new TimestampMicrosecond()],
  ["<M8[ns]", ({ TimestampNanosecond }) => new TimestampNanosecond()],
  ["<m8[s]", ({ DurationSecond }) => new DurationSecond()],
  ["<m8[ms]", ({ DurationMillisecond }) => new DurationMillisecond()],
  ["<m8[us]", ({ DurationMicrosecond }) => new DurationMicrosecond()],
  ["<m8[ns]", ({ DurationNanosecond }) => new DurationNanosecond()],
]);

function plainType(library: Library, { dtype }: NDArray): DataType {
  const type = PLAIN_TYPES.get(dtype)?.(library);
  if (type) return type;
  throw new UnsupportedError(
    partsOf(dtype).kind === "c"
      ? `Arrow has no complex numbers (dtype ${dtype}): give it real and imaginary parts as an axis of two, array.view("f8") in Python`
      : `Arrow has no times of dtype ${dtype}: it counts seconds, ms, us and ns, and dates in days`,
  );
}

/** An array's slots in C order: its own memory, where they lie so. */
function slotsOf(array: NDArray): NDArray["data"] {
  const { data, offset, itemLength, size } = array.toContiguous();
  return data.subarray(offset * itemLength, (offset + size) * itemLength);
}

function countOf(array: NDArray, value: bigint): number {
  let count = 0;
  for (const item of array) if (item === value) count++;
  return count;
}

/** A bit an item, the first in the lowest place. */
function bits(array: NDArray, isSet: (item: unknown) => boolean): Uint8Array {
  const bytes = allocate(Math.ceil(array.size / 8));
  let index = 0;
  for (const item of array) {
    // Not `index >> 3`, which is negative from 2³¹ on.
    if (isSet(item)) bytes[Math.floor(index / 8)] |= 1 << (index & 7);
    index++;
  }
  return bytes;
}

function days(array: NDArray): Int32Array {
  const values = new Int32Array(allocate(array.size * 4).buffer);
  let index = 0;
  for (const item of array) {
    // What stands below a null is 0.
    const day = item === NaT ? 0 : Number(item);
    if (day !== (day | 0)) {
      throw new InvalidArgumentError(`Arrow counts days in 32 bits, and item ${index} is ${item}`);
    }
    values[index++] = day;
  }
  return values;
}

function joined(
  array: NDArray,
  bytesOf: (item: unknown) => Uint8Array,
): { readonly values: Uint8Array; readonly offsets: Int32Array } {
  const pieces = Array.from(array, bytesOf);
  const offsets = new Int32Array(pieces.length + 1);
  let length = 0;
  for (const [index, piece] of pieces.entries()) {
    length += piece.byteLength;
    if (length > MOST_BYTES) {
      throw new InvalidArgumentError(
        "a column of text or bytes holds at most 2 GiB: convert the array in parts",
      );
    }
    offsets[index + 1] = length;
  }
  const values = allocate(length);
  for (const [index, piece] of pieces.entries()) values.set(piece, offsets[index]);
  return { values, offsets };
}

/** What an offset of 32 bits counts. */
const MOST_BYTES = 2 ** 31 - 1;

function wellFormed(text: string): string {
  // UTF-8 has no half of a surrogate pair, and TextEncoder would put another character in its place.
  if (/\p{Surrogate}/u.test(text)) {
    throw new InvalidArgumentError("text with half a surrogate pair can't be written as UTF-8");
  }
  return text;
}
