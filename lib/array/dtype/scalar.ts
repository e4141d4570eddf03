/**
 * Items as JavaScript values: reading and writing those of every dtype in bytes.
 *
 * @module
 */
import { shown, shownNames } from "../../error_context.ts";
import { IntegrityError, InvalidArgumentError } from "../../errors.ts";
import type { Field } from "./descr.ts";
import {
  type BigIntegerDType,
  type BoolDType,
  type BytesDType,
  type ComplexDType,
  type DateTimeDType,
  type DType,
  type DTypeParts,
  type FloatDType,
  type IntegerDType,
  partsOf,
  type UnicodeDType,
} from "./dtype.ts";

/** A complex number. */
export interface Complex {
  /** The real part. */
  readonly re: number;
  /** The imaginary part. */
  readonly im: number;
}

/** An item of a structured array: the value of each field under its name. A field of several items is a nested array of them. */
export interface StructuredScalar {
  /** A field's value. */
  readonly [name: string]: Nested<Scalar>;
}

/** A value, or arrays of arrays … of values, all rows of a level being of one length. */
export type Nested<T> = T | readonly Nested<T>[];

/**
 * What one item of an array is as a JavaScript value: `boolean`, `number`, `bigint` (64-bit integers, and the counts that datetimes and timedeltas
 * are), {@linkcode Complex}, `string` (`U`), `Uint8Array` (`S`, without its trailing NULs, and `V`), or a {@linkcode StructuredScalar}.
 */
export type ScalarOf<D extends DType> = D extends BoolDType ? boolean
  : D extends IntegerDType | FloatDType ? number
  : D extends BigIntegerDType | DateTimeDType ? bigint
  : D extends ComplexDType ? Complex
  : D extends UnicodeDType ? string
  : D extends BytesDType ? Uint8Array
  : Uint8Array | StructuredScalar;

/** An item of any dtype as a JavaScript value. */
export type Scalar = boolean | number | bigint | string | Complex | Uint8Array | StructuredScalar;

/**
 * What "not a time" is as a count, in datetimes and timedeltas: the lowest 64-bit integer.
 *
 * @category Arrays
 * @example
 * ```ts
 * import { NaT, ndarray } from "@cottoncandy/cottoncandy/array";
 *
 * const days = ndarray(new BigInt64Array([19000n, NaT]), [2], { dtype: "<M8[D]" });
 * console.assert(days.get(0) === 19000n && days.get(1) === NaT);
 * ```
 */
export const NaT: bigint = -(2n ** 63n);

/** Reads the item of a plain (not structured) dtype that begins at byte `at` of `view`. */
export function readScalar(parts: DTypeParts, view: DataView, at: number): Scalar {
  const little = !parts.swapped;
  switch (parts.kind) {
    case "b":
      return view.getUint8(at) !== 0;
    case "i":
    case "u":
    case "f":
      return readNumber(parts.kind, parts.itemsize, view, at, little);
    case "c": {
      const half = parts.itemsize / 2;
      return { re: readFloat(half, view, at, little), im: readFloat(half, view, at + half, little) };
    }
    case "M":
    case "m":
      return view.getBigInt64(at, little);
    case "U":
      return readText(parts.itemsize, view, at, little);
    case "S": {
      let length = parts.itemsize;
      while (length > 0 && view.getUint8(at + length - 1) === 0) length--;
      return new Uint8Array(view.buffer, view.byteOffset + at, length);
    }
    case "V":
      return new Uint8Array(view.buffer, view.byteOffset + at, parts.itemsize);
  }
}

function readNumber(
  kind: "i" | "u" | "f",
  size: number,
  view: DataView,
  at: number,
  little: boolean,
): number | bigint {
  if (kind === "f") return readFloat(size, view, at, little);
  const signed = kind === "i";
  switch (size) {
    case 1:
      return signed ? view.getInt8(at) : view.getUint8(at);
    case 2:
      return signed ? view.getInt16(at, little) : view.getUint16(at, little);
    case 4:
      return signed ? view.getInt32(at, little) : view.getUint32(at, little);
    default:
      return signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little);
  }
}

function readFloat(size: number, view: DataView, at: number, little: boolean): number {
  if (size === 8) return view.getFloat64(at, little);
  return size === 4 ? view.getFloat32(at, little) : fromFloat16(view.getUint16(at, little));
}

function readText(itemsize: number, view: DataView, at: number, little: boolean): string {
  let end = at + itemsize;
  while (end > at && view.getUint32(end - 4, little) === 0) end -= 4;
  let text = "";
  for (; at < end; at += 4) {
    const codePoint = view.getUint32(at, little);
    if (codePoint > 0x10ffff) {
      throw new IntegrityError(
        `the text holds ${codePoint}, which is no Unicode code point: the data are corrupt or not of this dtype`,
      );
    }
    text += String.fromCodePoint(codePoint);
  }
  return text;
}

/**
 * Writes the item of a plain dtype at byte `at` of `view`.
 *
 * @throws {InvalidArgumentError} when the value is of another kind, out of range, or too long; nothing is written then.
 */
export function writeScalar(
  dtype: DType,
  parts: DTypeParts,
  view: DataView,
  at: number,
  value: unknown,
): void {
  const little = !parts.swapped;
  switch (parts.kind) {
    case "b":
      if (typeof value !== "boolean") throw itemValueError(dtype, value, "true or false");
      return view.setUint8(at, value ? 1 : 0);
    case "i":
    case "u":
    case "M":
    case "m":
      return writeInteger(dtype, parts, view, at, value);
    case "f":
      if (typeof value !== "number") throw itemValueError(dtype, value, "a number");
      return writeFloat(parts.itemsize, view, at, value, little);
    case "c": {
      const { re, im } = asComplex(dtype, value);
      const half = parts.itemsize / 2;
      writeFloat(half, view, at, re, little);
      return writeFloat(half, view, at + half, im, little);
    }
    case "U": {
      if (typeof value !== "string") throw itemValueError(dtype, value, "a string");
      const codePoints = Array.from(value, (character) => character.codePointAt(0) ?? 0);
      if (codePoints.length * 4 > parts.itemsize) {
        throw itemValueError(dtype, value, `at most ${parts.itemsize / 4} characters`);
      }
      for (let i = 0; i * 4 < parts.itemsize; i++) view.setUint32(at + i * 4, codePoints[i] ?? 0, little);
      return;
    }
    case "S":
    case "V":
      return writeBytes(dtype, parts, view, at, value);
  }
}

function writeInteger(
  dtype: DType,
  { kind, itemsize, swapped }: DTypeParts,
  view: DataView,
  at: number,
  value: unknown,
): void {
  const signed = kind !== "u";
  const bits = itemsize * 8;
  if (itemsize === 8) {
    if (typeof value !== "bigint") throw itemValueError(dtype, value, "a bigint");
    const fits = signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
    if (fits !== value) {
      throw itemValueError(dtype, value, `${signed ? "a signed" : "an unsigned"} 64-bit integer`);
    }
    return signed ? view.setBigInt64(at, value, !swapped) : view.setBigUint64(at, value, !swapped);
  }
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const high = low + 2 ** bits - 1;
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) {
    throw itemValueError(dtype, value, `a whole number from ${low} to ${high}`);
  }
  // The setters take the value modulo their size, so that one serves both signs.
  if (itemsize === 1) return view.setUint8(at, value);
  return itemsize === 2 ? view.setUint16(at, value, !swapped) : view.setUint32(at, value, !swapped);
}

function writeFloat(size: number, view: DataView, at: number, value: number, little: boolean): void {
  if (size === 8) return view.setFloat64(at, value, little);
  return size === 4 ? view.setFloat32(at, value, little) : view.setUint16(at, toFloat16(value), little);
}

function writeBytes(
  dtype: DType,
  { kind, itemsize }: DTypeParts,
  view: DataView,
  at: number,
  value: unknown,
): void {
  const bytes = typeof value === "string" && kind === "S" ? asciiBytes(dtype, value) : value;
  if (!(bytes instanceof Uint8Array)) {
    throw itemValueError(dtype, value, kind === "S" ? "a Uint8Array or ASCII text" : "a Uint8Array");
  }
  if (kind === "S" ? bytes.byteLength > itemsize : bytes.byteLength !== itemsize) {
    throw itemValueError(dtype, value, `${kind === "S" ? "at most" : "exactly"} ${itemsize} bytes`);
  }
  const item = new Uint8Array(view.buffer, view.byteOffset + at, itemsize);
  item.set(bytes);
  // Clearing comes last: the value may be a view of this very item.
  item.fill(0, bytes.byteLength);
}

function asciiBytes(dtype: DType, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength !== text.length) {
    throw itemValueError(dtype, text, "ASCII text, or a Uint8Array in an encoding of your choice");
  }
  return bytes;
}

function asComplex(dtype: DType, value: unknown): Complex {
  if (typeof value === "number") return { re: value, im: 0 };
  if (typeof value === "object" && value !== null && "re" in value && "im" in value) {
    const { re, im } = value;
    if (typeof re === "number" && typeof im === "number") return { re, im };
  }
  throw itemValueError(dtype, value, "{ re, im } or a number");
}

/** The error for a value that an item can't take. */
export function itemValueError(dtype: DType, value: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(`an item of dtype ${dtype} takes ${expected}, not ${shown(value)}`);
}

/** Reads a structure that begins at byte `at` of `view`. */
export function readStructure(fields: readonly Field[], view: DataView, at: number): StructuredScalar {
  // fromEntries defines own properties, so that a field called __proto__ is one as well.
  return Object.fromEntries(fields.map((field) => [field.name, readField(field, view, at + field.offset)]));
}

function readField(field: Field, view: DataView, at: number): Nested<Scalar> {
  const parts = partsOf(field.dtype);
  const { fields } = field;
  const readItem = fields
    ? (place: number) => readStructure(fields, view, place)
    : (place: number) => readScalar(parts, view, place);
  return readNested(field.shape ?? [], 0, parts.itemsize, at, readItem);
}

function readNested(
  shape: readonly number[],
  axis: number,
  itemsize: number,
  at: number,
  readItem: (place: number) => Scalar,
): Nested<Scalar> {
  if (axis === shape.length) return readItem(at);
  const step = shape.slice(axis + 1).reduce((size, length) => size * length, itemsize);
  return Array.from(
    { length: shape[axis] },
    (_, index) => readNested(shape, axis + 1, itemsize, at + index * step, readItem),
  );
}

/**
 * Writes a structure at byte `at` of `view`: an object with the value of each field; fields that it doesn't have stay as they are.
 *
 * @throws {InvalidArgumentError} when the value is no object, has a field that the structure hasn't, or holds a value that a field can't take.
 */
export function writeStructure(fields: readonly Field[], view: DataView, at: number, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new InvalidArgumentError("an item of a structured dtype takes an object with the fields' values");
  }
  const values = new Map<string, unknown>(Object.entries(value));
  for (const field of fields) {
    if (!values.has(field.name)) continue;
    writeField(field, 0, view, at + field.offset, values.get(field.name));
    values.delete(field.name);
  }
  for (const name of values.keys()) {
    const known = shownNames(fields.map((field) => field.name));
    throw new InvalidArgumentError(`no field is called ${shown(name)}; there are ${known}`);
  }
}

function writeField(field: Field, axis: number, view: DataView, at: number, value: unknown): void {
  const shape = field.shape ?? [];
  const parts = partsOf(field.dtype);
  if (axis === shape.length) {
    if (field.fields) return writeStructure(field.fields, view, at, value);
    return writeScalar(field.dtype, parts, view, at, value);
  }
  if (!Array.isArray(value) || value.length !== shape[axis]) {
    throw new InvalidArgumentError(
      `field ${JSON.stringify(field.name)} takes nested arrays of shape [${shape}]`,
    );
  }
  const step = shape.slice(axis + 1).reduce((size, length) => size * length, parts.itemsize);
  for (let index = 0; index < shape[axis]; index++) {
    writeField(field, axis + 1, view, at + index * step, value[index]);
  }
}

/** Whether the runtime has `Float16Array`. */
export const HAS_FLOAT16: boolean = "Float16Array" in globalThis;

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** The number that the bits of a half precision float (IEEE 754 binary16) stand for. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The half precision float nearest to a number, ties to even, as its bits. */
export function toFloat16(value: number): number {
  float64[0] = value;
  const sign = (words[1] >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  // Halfway between the largest half, 65504, and what would follow it; the tie goes to the even neighbour, infinity.
  if (magnitude >= 65520) return sign | 0x7c00;
  // Adding a power of two shifts the bits below the last place of the half out of the double, which rounds them as IEEE 754 says.
  const exponent = Math.max(((words[1] >>> 20) & 0x7ff) - 1023, -14);
  const shift = 2 ** (exponent + 42);
  const rounded = magnitude + shift - shift;
  const steps = rounded * 2 ** (10 - exponent);
  return sign | (((exponent + 14) << 10) + steps);
}
