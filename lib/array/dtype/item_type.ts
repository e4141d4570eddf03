import { lengthOf } from "../../bytes.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { checkFields, type Field, fieldSize } from "./descr.ts";
import { type DataOf, type DType, type DTypeParts, parseDType, partsOf, type TypedArray } from "./dtype.ts";
import {
  HAS_FLOAT16,
  NaT,
  type Nested,
  readScalar,
  readStructure,
  type Scalar,
  type ScalarOf,
  writeScalar,
  writeStructure,
} from "./scalar.ts";

/** All that is known of the items of an array: what its dtype says, ready for use. Shared by an array and its views. */
export interface ItemType<D extends DType = DType> {
  /** The dtype, canonical. */
  readonly dtype: D;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** The dtype taken apart. */
  readonly parts: DTypeParts;
  /** Bytes of each slot of the typed array that items are kept in, which {@linkcode DataOf} names. */
  readonly slotSize: number;
  /** Slots of the typed array that an item takes. */
  readonly itemLength: number;
  /** A view of `length` slots. */
  view(buffer: ArrayBufferLike, byteOffset: number, length: number): DataOf<D>;
  /**
   * The typed array as the one that items are kept in: itself, or another view of the same memory where that means the same.
   *
   * @throws {InvalidArgumentError} when it holds something else.
   */
  dataFrom(data: TypedArray | Uint8ClampedArray): DataOf<D>;
  /** The item whose first slot is `slot`. */
  read(data: TypedArray, slot: number): ScalarOf<D>;
  /** Sets the item whose first slot is `slot`. */
  write(data: TypedArray, slot: number, value: unknown): void;
}

/**
 * Makes the item type of a canonical dtype.
 *
 * @throws {InvalidArgumentError} when the fields don't fit the dtype.
 * @throws {UnsupportedError} on a big-endian machine, where what is native here would be read wrongly.
 */
export function itemTypeOf<D extends DType>(dtype: D, fields?: readonly Field[]): ItemType<D>;
export function itemTypeOf(dtype: DType, fields?: readonly Field[]): ItemType {
  if (!isLittleEndian) throw new UnsupportedError("arrays need a little-endian machine");
  const parts = partsOf(dtype);
  const array = arrayTypeOf(dtype, parts);
  const slotSize = array.BYTES_PER_ELEMENT;
  const checked = fields && checkFields(dtype, fields);
  const view = (buffer: ArrayBufferLike, byteOffset: number, length: number) =>
    new array(buffer, byteOffset, length);
  const bytesOfItem = (data: TypedArray, slot: number) =>
    new DataView(data.buffer, data.byteOffset + slot * slotSize, parts.itemsize);
  return {
    dtype,
    ...(checked && { fields: checked }),
    parts,
    slotSize,
    itemLength: parts.itemsize / slotSize,
    view,
    dataFrom(data) {
      if (isArrayOf(array, data)) return data;
      const tag: string = data[Symbol.toStringTag];
      // Other names for the same thing: clamped bytes, and the bits of half precision numbers.
      if (SAME_MEMORY.has(`${tag} as ${array.name}`)) {
        return view(data.buffer, data.byteOffset, lengthOf(data));
      }
      throw new InvalidArgumentError(
        `dtype ${dtype} is kept in a ${array.name}, not in a ${tag}${
          tag === "Uint8Array" ? ": arrayFromBytes reads bytes as this dtype" : ""
        }`,
      );
    },
    // A native number is what its slot holds; everything else is read from bytes.
    read: isSlot(parts)
      ? (data, slot) => data[slot]
      : checked
      ? (data, slot) => readStructure(checked, bytesOfItem(data, slot), 0)
      : (data, slot) => readScalar(parts, bytesOfItem(data, slot), 0),
    write(data, slot, value) {
      const item = bytesOfItem(data, slot);
      if (!checked) return writeScalar(dtype, parts, item, 0, value);
      // Written beside the array first, so that an error half way changes nothing.
      const place = new Uint8Array(item.buffer, item.byteOffset, parts.itemsize);
      const copy = place.slice();
      writeStructure(checked, new DataView(copy.buffer), 0, value);
      place.set(copy);
    },
  };
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const SAME_MEMORY: ReadonlySet<string> = new Set([
  "Uint8ClampedArray as Uint8Array",
  "Uint16Array as Float16Array",
]);

/** Whether an item is a number as its slot holds it. */
function isSlot({ kind, swapped, itemsize }: DTypeParts): boolean {
  return !swapped && "iufMm".includes(kind) && (HAS_FLOAT16 || kind !== "f" || itemsize !== 2);
}

interface TypedArrayConstructor {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

/** By name, so that arrays of another realm (a frame, a worker's test harness) are known as well. */
function isArrayOf(type: TypedArrayConstructor, data: TypedArray | Uint8ClampedArray): data is TypedArray {
  return data[Symbol.toStringTag] === type.name;
}

/** The typed array that {@linkcode DataOf} names for a dtype. */
function arrayTypeOf(dtype: DType, { kind, itemsize, swapped }: DTypeParts): TypedArrayConstructor {
  if (swapped) return Uint8Array;
  switch (kind) {
    case "c":
      return itemsize === 8 ? Float32Array : Float64Array;
    case "U":
      return Uint32Array;
    case "M":
    case "m":
      return BigInt64Array;
  }
  return NUMBERS.get(dtype.slice(1)) ?? Uint8Array;
}

const NUMBERS: ReadonlyMap<string, TypedArrayConstructor> = new Map<string, TypedArrayConstructor>([
  ["i1", Int8Array],
  ["i2", Int16Array],
  ["u2", Uint16Array],
  ["i4", Int32Array],
  ["u4", Uint32Array],
  ["i8", BigInt64Array],
  ["u8", BigUint64Array],
  ["f2", HAS_FLOAT16 ? Float16Array : Uint16Array],
  ["f4", Float32Array],
  ["f8", Float64Array],
]);

/**
 * Reverses the byte order of numbers in place: those of a byte-swapped dtype, or of each byte-swapped field of a structure.
 *
 * @param bytes Items of the dtype, one after the other.
 * @param parts The dtype, taken apart.
 * @param fields The fields, of a structured dtype.
 */
export function swapBytes(bytes: Uint8Array, parts: DTypeParts, fields?: readonly Field[]): void {
  if (!fields) {
    if (parts.swapped) swapWords(bytes, parts.wordsize);
    return;
  }
  for (let at = 0; at < bytes.byteLength; at += parts.itemsize) {
    swapStructure(bytes.subarray(at, at + parts.itemsize), fields);
  }
}

function swapStructure(item: Uint8Array, fields: readonly Field[]): void {
  for (const field of fields) {
    swapBytes(
      item.subarray(field.offset, field.offset + fieldSize(field)),
      partsOf(field.dtype),
      field.fields,
    );
  }
}

/** The fields with native dtypes; the same ones when they are native already. */
export function swapFields(fields: readonly Field[]): readonly Field[] {
  const swapped = fields.map((field) => {
    const nested = field.fields && swapFields(field.fields);
    if (nested !== field.fields) return { ...field, fields: nested };
    return field.dtype[0] === ">" ? { ...field, dtype: parseDType(field.dtype.replace(">", "<")) } : field;
  });
  return swapped.every((field, index) => field === fields[index]) ? fields : swapped;
}

function swapWords(bytes: Uint8Array, wordsize: number): void {
  if (wordsize === 1) return;
  if (bytes.byteOffset % Math.min(wordsize, 4) !== 0) {
    for (let at = 0; at < bytes.byteLength; at += wordsize) bytes.subarray(at, at + wordsize).reverse();
  } else if (wordsize === 2) {
    const count = bytes.byteLength / 2;
    const words = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
    for (let i = 0; i < count; i++) words[i] = (words[i] << 8) | (words[i] >>> 8);
  } else {
    const count = bytes.byteLength / 4;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count);
    for (let i = 0; i < count; i++) words[i] = reversed(words[i]);
    if (wordsize === 8) {
      for (let i = 0; i < count; i += 2) [words[i], words[i + 1]] = [words[i + 1], words[i]];
    }
  }
}

function reversed(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** Items as JSON has them. */
export type JsonItems = null | boolean | number | string | readonly JsonItems[] | {
  readonly [name: string]: JsonItems;
};

/**
 * Items as JSON has them; see `toJSON` of {@linkcode NDArray}.
 *
 * @param type What they are.
 * @param datetimeText Writes a point in time.
 */
export function jsonOf(
  value: Nested<Scalar>,
  type: Pick<Field, "dtype" | "fields">,
  datetimeText: (count: bigint, dtype: DType) => string,
): JsonItems {
  const inner = (value: Nested<Scalar>, field = type) => jsonOf(value, field, datetimeText);
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      if (/[Mm]/.test(type.dtype[1]) && value === NaT) return null;
      if (type.dtype[1] === "M") return datetimeText(value, type.dtype);
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "object": {
      if (isList(value)) return value.map((item) => inner(item));
      if (value instanceof Uint8Array) {
        const text = Array.from(value, (byte) => String.fromCharCode(byte)).join("");
        return type.dtype[1] === "S" ? text : btoa(text);
      }
      const { fields } = type;
      const entries = Object.entries(value);
      return Object.fromEntries(
        entries.map(([name, item]) => [name, inner(item, fields?.find((field) => field.name === name))]),
      );
    }
    default:
      return value;
  }
}

function isList(value: Nested<Scalar>): value is readonly Nested<Scalar>[] {
  return Array.isArray(value);
}
