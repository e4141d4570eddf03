/**
 * Columns of Arrow as arrays. Their memory may come from damaged bytes: what it says of lengths and places is checked.
 *
 * @module
 */
import type { Data, DataType, FixedSizeList } from "apache-arrow";
import { allocate, concat } from "../../bytes.ts";
import { messageOf, shown } from "../../error_context.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import { ndarray } from "../creation.ts";
import { type DType, type Field, fieldSize, NaT, parseDType, partsOf } from "../dtype/mod.ts";
import { arrayFromBytes } from "../from_bytes.ts";
import { copyItems, layoutOf } from "../layout/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { EXTENSION_METADATA, EXTENSION_NAME, type Library, TENSOR } from "./library.ts";

/** What becomes of nulls among floats. */
export type Nulls = "error" | "nan";

/** A column: its memory in each batch, and what the field says of it. */
export interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly data: readonly Data[];
}

/** A column as an array, whose first axis are the rows. */
export function arrayOf(library: Library, column: Column, nulls: Nulls): NDArray {
  const { DataType } = library;
  const { type } = column;
  if (DataType.isFixedSizeList(type)) return tensorsOf(library, column, type, nulls);
  if (DataType.isStruct(type)) {
    refuseNulls(column);
    const children = type.children.map(({ name, type, metadata }, index) => ({
      name,
      type,
      metadata,
      data: column.data.map((data) => partOf(column, data.children[index], data.length)),
    }));
    return structured(library, children, nulls, rowsOf(column));
  }
  if (DataType.isBool(type)) {
    refuseNulls(column);
    return truthValuesOf(column);
  }
  if (isBytes(library, type)) {
    refuseNulls(column);
    return byteStringsOf(column, column.data.flatMap((data) => piecesOf(library, column, data)));
  }
  if (isText(library, type) || DataType.isDictionary(type) && isText(library, type.dictionary)) {
    refuseNulls(column);
    return textOf(column, column.data.flatMap((data) => stringsOf(library, column, data)));
  }
  return withoutNulls(column, plainItemsOf(library, column), nulls);
}

/**
 * Columns as an array with a field for each.
 *
 * @param rows How many items there are, should there be no column.
 */
export function structured(
  library: Library,
  columns: readonly Column[],
  nulls: Nulls,
  rows: number = columns.length > 0 ? rowsOf(columns[0]) : 0,
): NDArray {
  const arrays = columns.map((column) => arrayOf(library, column, nulls).toContiguous());
  let itemsize = 0;
  const fields = arrays.map((array, index): Field => {
    const [length, ...shape] = array.shape;
    if (length !== rows) throw damaged(columns[index], `has ${length} rows of ${rows}`);
    const field = {
      name: columns[index].name,
      dtype: array.dtype,
      offset: itemsize,
      ...(shape.length > 0 && { shape }),
      ...(array.fields && { fields: array.fields }),
    };
    itemsize += fieldSize(field);
    return field;
  });
  const target = allocate(rows * itemsize);
  for (const [index, array] of arrays.entries()) {
    const size = fieldSize(fields[index]);
    const layout = layoutOf(array);
    // Each byte is an item of its own, so that rows of any size can be told apart.
    copyItems(
      {
        bytes: layout.bytes,
        itemsize: 1,
        shape: [rows, size],
        stride: [size, 1],
        offset: layout.offset * layout.itemsize,
      },
      { bytes: target, stride: [itemsize, 1], offset: fields[index].offset },
    );
  }
  return arrayFromBytes(target, { dtype: parseDType(`|V${itemsize}`), fields, shape: [rows] });
}

function tensorsOf(
  library: Library,
  column: Column,
  { listSize, children: [item] }: FixedSizeList,
  nulls: Nulls,
): NDArray {
  const items = arrayOf(library, {
    name: column.name,
    type: item.type,
    metadata: item.metadata,
    data: column.data.map((data) => partOf(column, data.children[0], data.length * listSize)),
  }, nulls);
  const { shape, permutation } = tensorAxes(column, listSize);
  const [, ...rest] = items.shape;
  const array = withoutNulls(column, items, nulls).reshape(rowsOf(column), ...shape, ...rest);
  if (!permutation) return array;
  const within = permutation.map((axis) => axis + 1);
  return array.transpose(0, ...within, ...rest.map((_, axis) => axis + 1 + within.length));
}

/** The axes that a row has by the canonical extension type of tensors; of a list of fixed size alone one. */
function tensorAxes(
  column: Column,
  listSize: number,
): { readonly shape: readonly number[]; readonly permutation?: readonly number[] } {
  const { metadata } = column;
  if (metadata?.get(EXTENSION_NAME) !== TENSOR) return { shape: [listSize] };
  const text = metadata.get(EXTENSION_METADATA) ?? "";
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch (cause) {
    throw damaged(column, `has metadata that are no JSON: ${shown(text)}`, cause);
  }
  const shape = listIn(told, "shape");
  const permutation = listIn(told, "permutation");
  const isShape = shape?.every((length) => Number.isSafeInteger(length) && length >= 0) &&
    shape.reduce((size, length) => size * length, 1) === listSize;
  const isPermutation = permutation === undefined ||
    permutation.length === shape?.length && permutation.every((_, axis) => permutation.includes(axis));
  if (!shape || !isShape || !isPermutation) {
    throw damaged(column, `has tensors of ${listSize} items, and says of them ${shown(text)}`);
  }
  return { shape, permutation };
}

function listIn(value: unknown, key: string): number[] | undefined {
  const list: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return Array.isArray(list) && list.every((item) => typeof item === "number") ? list : undefined;
}

/** Items that lie in Arrow as in arrays: in one batch they are viewed, those of several are joined. */
function plainItemsOf(library: Library, column: Column): NDArray {
  const { dtype, stored = dtype } = plainDType(library, column);
  const { itemsize } = partsOf(stored);
  const pieces = column.data.map(({ values, length }) => {
    const memory: ArrayBufferView = values ?? new Uint8Array();
    if (memory.byteLength < length * itemsize) throw tooShort(column);
    return new Uint8Array(memory.buffer, memory.byteOffset, length * itemsize);
  });
  const bytes = pieces.length === 1 ? pieces[0] : concat(...pieces);
  const items = arrayFromBytes(bytes, { dtype: stored, shape: [rowsOf(column)] });
  if (stored === dtype) return items;
  const wide = new BigInt64Array(allocate(items.size * 8).buffer);
  let index = 0;
  for (const item of items) wide[index++] = BigInt(Number(item));
  return ndarray(wide, items.shape, { dtype });
}

/** The dtype of such items, and that in which Arrow has them where that is another one. */
function plainDType(
  { DataType, DateUnit }: Library,
  { name, type }: Column,
): { readonly dtype: DType; readonly stored?: DType } {
  if (DataType.isInt(type)) {
    return { dtype: parseDType(`${type.isSigned ? "i" : "u"}${type.bitWidth / 8}`) };
  }
  if (DataType.isFloat(type)) return { dtype: parseDType(`f${2 << type.precision}`) };
  if (DataType.isTimestamp(type)) return { dtype: parseDType(`M8[${UNITS[type.unit]}]`) };
  if (DataType.isDuration(type)) return { dtype: parseDType(`m8[${UNITS[type.unit]}]`) };
  if (DataType.isDate(type)) {
    return type.unit === DateUnit.DAY ? { dtype: "<M8[D]", stored: "<i4" } : { dtype: "<M8[ms]" };
  }
  if (DataType.isFixedSizeBinary(type)) return { dtype: parseDType(`|V${type.byteWidth}`) };
  throw new UnsupportedError(
    `${
      shown(name)
    } is of the Arrow type ${type}, which there is no dtype for: cast it to numbers, text or lists of fixed size where it is made`,
  );
}

/** By Arrow's `TimeUnit`. */
const UNITS = ["s", "ms", "us", "ns"] as const;

function truthValuesOf(column: Column): NDArray {
  const rows = rowsOf(column);
  const bytes = allocate(rows);
  let place = 0;
  for (const { values, offset, length } of column.data) {
    const bits: Uint8Array = values ?? new Uint8Array();
    if (bits.byteLength * 8 < offset + length) throw tooShort(column);
    // Not `bit >> 3`, which is negative from 2³¹ on.
    for (let bit = offset; bit < offset + length; bit++) {
      bytes[place++] = bits[Math.floor(bit / 8)] >> (bit & 7) & 1;
    }
  }
  return arrayFromBytes(bytes, { dtype: "|b1", shape: [rows] });
}

function isText({ DataType }: Library, type: DataType): boolean {
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
}

function isBytes({ DataType }: Library, type: DataType): boolean {
  return DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type);
}

function textOf(column: Column, strings: readonly string[]): NDArray {
  if (strings.some((text) => text.endsWith("\0"))) throw nulError(column);
  return ndarray(strings);
}

function byteStringsOf(column: Column, pieces: readonly Uint8Array[]): NDArray {
  const longest = pieces.reduce((longest, { byteLength }) => Math.max(longest, byteLength), 1);
  const bytes = allocate(pieces.length * longest);
  for (const [index, piece] of pieces.entries()) {
    if (piece.at(-1) === 0) throw nulError(column);
    bytes.set(piece, index * longest);
  }
  return arrayFromBytes(bytes, { dtype: `|S${longest}`, shape: [pieces.length] });
}

function nulError({ name }: Column): UnsupportedError {
  return new UnsupportedError(
    `${
      shown(name)
    } has items that end in NUL, which dtypes of text and bytes can't tell from padding: make it FixedSizeBinary`,
  );
}

function stringsOf(library: Library, column: Column, data: Data): string[] {
  if (library.DataType.isDictionary(data.type)) {
    const words = data.dictionary?.data ?? [];
    const dictionary = { ...column, data: words };
    refuseNulls(dictionary);
    const strings = words.flatMap((words) => stringsOf(library, dictionary, words));
    const codes: ArrayLike<number | bigint> = data.values ?? [];
    if (codes.length < data.length) throw tooShort(column);
    return Array.from({ length: data.length }, (_, index) => {
      const text = strings[Number(codes[index])];
      if (text === undefined) throw damaged(column, `has no word ${codes[index]} in its dictionary`);
      return text;
    });
  }
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return piecesOf(library, column, data).map((bytes) => {
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw damaged(column, "has text that is no UTF-8", cause);
    }
  });
}

/** The bytes of each item of text or bytes. */
function piecesOf(library: Library, column: Column, data: Data): Uint8Array[] {
  const { DataType } = library;
  if (DataType.isUtf8View(data.type) || DataType.isBinaryView(data.type)) {
    return viewedPieces(library, column, data);
  }
  const values: Uint8Array = data.values ?? new Uint8Array();
  const offsets: ArrayLike<number | bigint> = data.valueOffsets ?? [];
  // Of no items there may be no offsets either.
  if (data.length > 0 && offsets.length <= data.length) throw tooShort(column);
  return Array.from({ length: data.length }, (_, index) => {
    const [from, to] = [Number(offsets[index]), Number(offsets[index + 1])];
    if (!(from >= 0 && from <= to && to <= values.byteLength)) {
      throw damaged(column, `says that item ${index} is bytes ${from} to ${to} of ${values.byteLength}`);
    }
    return values.subarray(from, to);
  });
}

/** Those that Arrow keeps in places of their own, which `apache-arrow` knows to find. */
function viewedPieces(library: Library, column: Column, data: Data): Uint8Array[] {
  const asBytes = new library.Vector([data.clone(new library.BinaryView())]);
  return Array.from({ length: data.length }, (_, index) => {
    try {
      const piece: unknown = asBytes.get(index);
      if (piece instanceof Uint8Array) return piece;
    } catch (cause) {
      throw damaged(column, messageOf(cause), cause);
    }
    throw damaged(column, `lacks item ${index}`);
  });
}

function rowsOf({ data }: Column): number {
  return data.reduce((rows, { length }) => rows + length, 0);
}

/** The first items of a child; of lists of fixed size and structs it may be longer than they need. */
function partOf(column: Column, child: Data | undefined, length: number): Data {
  if (!child || child.length < length) throw tooShort(column);
  return child.length === length ? child : child.slice(0, length);
}

function refuseNulls(column: Column): void {
  const count = column.data.reduce((count, { nullCount }) => count + nullCount, 0);
  if (count > 0) throw nullsError(column, count);
}

function nullsError({ name, type }: Column, count: number): UnsupportedError {
  return new UnsupportedError(
    `${shown(name)} (${type}) has ${count} null${count === 1 ? "" : "s"}, which arrays have not: ` +
      `fill them where it is made, or, of floats, ask for { nulls: "nan" }`,
  );
}

/** Items with NaN or `NaT` in the rows that are null. */
function withoutNulls(column: Column, items: NDArray, nulls: Nulls): NDArray {
  const count = column.data.reduce((count, { nullCount }) => count + nullCount, 0);
  if (count === 0) return items;
  const { kind } = partsOf(items.dtype);
  const filling = kind === "M" || kind === "m" ? NaT : kind === "f" && nulls === "nan" ? NaN : undefined;
  if (filling === undefined) throw nullsError(column, count);
  // A copy: what is set here must not be seen in Arrow's memory.
  const { dtype, shape } = items;
  const copy = arrayFromBytes(items.toBytes(), {
    dtype,
    shape: [rowsOf(column), items.size / rowsOf(column)],
  });
  let row = 0;
  for (const data of column.data) {
    for (let index = 0; index < data.length; index++, row++) {
      if (data.getValid(index)) continue;
      for (let place = 0; place < copy.shape[1]; place++) copy.set(filling, row, place);
    }
  }
  return copy.reshape(...shape);
}

function tooShort(column: Column): IntegrityError {
  return damaged(column, "has fewer items than it says");
}

function damaged({ name }: Column, what: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`Arrow's ${shown(name)} ${what}`, { cause });
}
