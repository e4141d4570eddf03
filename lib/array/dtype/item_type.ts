import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { checkFields, type Field } from "./descr.ts";
import { type DataOf, type DType, type DTypeParts, partsOf, type TypedArray } from "./dtype.ts";
import {
  HAS_FLOAT16,
  readScalar,
  readStructure,
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
  /** The typed array that items are kept in. */
  readonly storage: Storage;
  /** Slots of the typed array that an item takes. */
  readonly itemLength: number;
  /** A view of `length` slots. */
  view(buffer: ArrayBufferLike, byteOffset: number, length: number): DataOf<D>;
  /** The item whose first slot is `slot`. */
  read(data: TypedArray, slot: number): ScalarOf<D>;
  /** Sets the item whose first slot is `slot`. */
  write(data: TypedArray, slot: number, value: unknown): void;
}

/**
 * Makes the item type of a canonical dtype.
 *
 * @throws {InvalidArgumentError} when the fields don't fit the dtype.
 */
export function itemTypeOf<D extends DType>(dtype: D, fields?: readonly Field[]): ItemType<D>;
export function itemTypeOf(dtype: DType, fields?: readonly Field[]): ItemType {
  const parts = partsOf(dtype);
  const storage = storageOf(dtype, parts);
  const { slotSize } = storage;
  const checked = fields && checkFields(dtype, fields);
  const viewOf = (data: TypedArray, slot: number) =>
    new DataView(data.buffer, data.byteOffset + slot * slotSize, parts.itemsize);
  const read = (data: TypedArray, slot: number) =>
    checked ? readStructure(checked, viewOf(data, slot), 0) : readScalar(parts, viewOf(data, slot), 0);
  return {
    dtype,
    ...(checked && { fields: checked }),
    parts,
    storage,
    itemLength: parts.itemsize / slotSize,
    view: (buffer, byteOffset, length) => storage.view(buffer, byteOffset, length),
    // A native number is what its slot holds; everything else is read from bytes.
    read: isPlainNumber(parts) ? (data, slot) => data[slot] : read,
    write: (data, slot, value) => {
      const view = viewOf(data, slot);
      if (!checked) return writeScalar(dtype, parts, view, 0, value);
      // Written beside the array first, so that an error half way changes nothing.
      const item = new Uint8Array(parts.itemsize);
      const place = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      item.set(place);
      writeStructure(checked, new DataView(item.buffer), 0, value);
      place.set(item);
    },
  };
}

function isPlainNumber({ kind, swapped, itemsize }: DTypeParts): boolean {
  if (swapped || (kind === "f" && itemsize === 2 && !HAS_FLOAT16)) return false;
  return kind === "i" || kind === "u" || kind === "f" || kind === "M" || kind === "m";
}

/**
 * The typed array as the one that the dtype needs: itself, or another view of the same memory where that means the same.
 *
 * @throws {InvalidArgumentError} when it holds something else.
 */
export function dataFor<D extends DType>(type: ItemType<D>, data: TypedArray | Uint8ClampedArray): DataOf<D> {
  const { storage, dtype } = type;
  const tag = data[Symbol.toStringTag];
  if (isDataOf(type, data)) return data;
  // Other names for the same thing: clamped bytes, and the bits of half precision numbers.
  const same = (storage.name === "Uint8Array" && tag === "Uint8ClampedArray") ||
    (storage.name === "Float16Array" && tag === "Uint16Array");
  if (same) return type.view(data.buffer, data.byteOffset, data.length);
  throw new InvalidArgumentError(
    `dtype ${dtype} is kept in a ${storage.name}, not in a ${tag}; use arrayFromBytes to read bytes as this dtype`,
  );
}

function isDataOf<D extends DType>(
  type: ItemType<D>,
  data: TypedArray | Uint8ClampedArray,
): data is DataOf<D> {
  return type.storage.holds(data);
}

/** How the numbers of a dtype are kept: which typed array, and how to make one over a buffer. */
export interface Storage {
  /** The typed array's name, for messages. */
  readonly name: string;
  /** Bytes of each of its slots. */
  readonly slotSize: number;
  /** A view of `length` slots from byte `byteOffset` on. */
  view(buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  /** Whether `data` is such a typed array. */
  holds(data: TypedArray | Uint8ClampedArray): boolean;
}

interface TypedArrayConstructor {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

function storage(type: TypedArrayConstructor): Storage {
  return {
    name: type.name,
    slotSize: type.BYTES_PER_ELEMENT,
    view: (buffer, byteOffset, length) => new type(buffer, byteOffset, length),
    // By name, so that arrays of another realm (a frame, a worker's test harness) are known as well.
    holds: (data) => data[Symbol.toStringTag] === type.name,
  };
}

const BYTES = storage(Uint8Array);
const UINT32 = storage(Uint32Array);
const INT64 = storage(BigInt64Array);
const STORAGES = new Map<string, Storage>([
  ["i1", storage(Int8Array)],
  ["i2", storage(Int16Array)],
  ["u2", storage(Uint16Array)],
  ["i4", storage(Int32Array)],
  ["u4", UINT32],
  ["i8", INT64],
  ["u8", storage(BigUint64Array)],
  ["f2", HAS_FLOAT16 ? storage(Float16Array) : storage(Uint16Array)],
  ["f4", storage(Float32Array)],
  ["f8", storage(Float64Array)],
]);

/**
 * The storage that {@linkcode DataOf} names for a dtype.
 *
 * @throws {UnsupportedError} on a big-endian machine, where what is native here would be read wrongly.
 */
export function storageOf(dtype: DType, parts: DTypeParts): Storage {
  if (!isLittleEndian) throw new UnsupportedError("arrays need a little-endian machine");
  if (parts.swapped) return BYTES;
  switch (parts.kind) {
    case "c":
      return parts.itemsize === 8 ? STORAGES.get("f4") ?? BYTES : STORAGES.get("f8") ?? BYTES;
    case "U":
      return UINT32;
    case "M":
    case "m":
      return INT64;
  }
  return STORAGES.get(dtype.slice(1)) ?? BYTES;
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
