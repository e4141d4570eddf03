import { decodeLatin1, encodeLatin1 } from "../../bytes.ts";
import { parseStored } from "../../error_context.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import {
  type Descr,
  descrOf,
  type DType,
  type Field,
  type FieldDescr,
  parseDescr,
  partsOf,
} from "../dtype/mod.ts";
import { isCContiguous, isFContiguous, itemCount } from "../layout/mod.ts";
import { parsePythonLiteral, type PythonLiteral, pythonRepr } from "./python_literal.ts";

/** The header of a .npy file. */
export interface NpyHeader {
  /** The format's version: 1, 2 or 3 (all of minor version 0). */
  readonly version: 1 | 2 | 3;
  /** What the items are. */
  readonly dtype: DType;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Whether the first axis lies together. */
  readonly fortranOrder: boolean;
  /** Where the items begin in the file: the header's length in bytes. */
  readonly byteOffset: number;
  /** Bytes that the items take. */
  readonly byteLength: number;
  /** Number of items. */
  readonly itemCount: number;
}

/** What the first bytes of a .npy file hold: the header, or too little of it. */
export type NpyHeaderResult =
  | { readonly kind: "header"; readonly header: NpyHeader }
  /** `byteLength`: with how many first bytes to try again. */
  | { readonly kind: "more"; readonly byteLength: number };

/** What a header is written from. */
export interface NpyHeaderInit {
  /** What the items are. */
  readonly dtype: DType;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Whether the first axis lies together; if not given, `stride` tells, and else it does not. */
  readonly fortranOrder?: boolean;
  /** The strides of an array that is to be written. */
  readonly stride?: readonly number[];
}

/** `\x93NUMPY`, two bytes of version, and the header's length in 4 bytes; in version 1 in 2. */
const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const LONGEST_PREFIX = 12;
/** A header longer than this is refused rather than fetched and parsed: a structure of ten thousand fields takes a fourth of it. */
const MAX_HEADER = 1024 * 1024;
const ALIGNMENT = 64;
/** Numpy leaves room for the longest axis to grow to a number of so many digits. */
const GROWTH_DIGITS = 21;

/**
 * Reads a .npy header (versions 1.0, 2.0 and 3.0) from a file's first bytes; what follows the header is not looked at. Headers with any order of
 * keys and any alignment are read, also those of Python 2.
 *
 * @param bytes The file's first bytes, as many as there are at hand; 128 do for most files.
 * @param options `size`: the file's length in bytes, where known; a header that promises more data than that is refused.
 * @returns The header, or how many bytes are needed.
 * @throws {IntegrityError} when this is no .npy file, the header is malformed, or the data would go beyond `size`.
 * @throws {UnsupportedError} when the version is not known, or the dtype can't be used here (objects, long doubles).
 *
 * @example
 * ```ts
 * import { npyHeader, parseNpyHeader } from "@cottoncandy/cottoncandy/array";
 *
 * const bytes = npyHeader({ dtype: "<f8", shape: [2, 3] });
 * const result = parseNpyHeader(bytes);
 * console.assert(result.kind === "header" && result.header.byteOffset === 128 && result.header.byteLength === 48);
 * console.assert(parseNpyHeader(bytes.subarray(0, 20)).kind === "more");
 * ```
 */
export function parseNpyHeader(bytes: Uint8Array, options: { readonly size?: number } = {}): NpyHeaderResult {
  const { size = Infinity } = options;
  const more = (byteLength: number): NpyHeaderResult => {
    if (byteLength <= size) return { kind: "more", byteLength };
    throw new IntegrityError(
      `a .npy header of ${byteLength} bytes or more in an object of ${size}: the object is cut off`,
    );
  };
  if (!MAGIC.subarray(0, bytes.length).every((byte, index) => bytes[index] === byte)) {
    throw new IntegrityError("this is no .npy file: it doesn't begin with \\x93NUMPY");
  }
  if (bytes.length < LONGEST_PREFIX) return more(LONGEST_PREFIX);
  const version = versionOf(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [prefix, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > MAX_HEADER) {
    throw new IntegrityError(
      `a .npy header of ${length} bytes is longer than the ${MAX_HEADER} that are accepted`,
    );
  }
  const byteOffset = prefix + length;
  if (bytes.length < byteOffset) return more(byteOffset);
  const text = decode(bytes.subarray(prefix, byteOffset), version);
  const header = parseStored("the .npy header", () => headerOf(text, version, byteOffset));
  if (header.byteOffset + header.byteLength > size) {
    throw new IntegrityError(
      `the .npy header promises ${header.byteLength} bytes of data after itself, but there are ${
        size - byteOffset
      }: the object is cut off`,
    );
  }
  return { kind: "header", header };
}

function versionOf(bytes: Uint8Array): 1 | 2 | 3 {
  const [major, minor] = bytes.subarray(MAGIC.length);
  if (minor === 0 && (major === 1 || major === 2 || major === 3)) return major;
  throw new UnsupportedError(
    `.npy version ${major}.${minor} is not known: save the array with numpy.save of numpy 1 or 2`,
  );
}

function decode(bytes: Uint8Array, version: 1 | 2 | 3): string {
  if (version < 3) return decodeLatin1(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new IntegrityError("the .npy header is not UTF-8, as version 3.0 has it", { cause });
  }
}

function headerOf(text: string, version: 1 | 2 | 3, byteOffset: number): NpyHeader {
  const dict = parsePythonLiteral(text);
  if (!isKind(dict, "dict")) throw new IntegrityError("the .npy header is no dict");
  const { entries } = dict;
  const descr = entries.get("descr");
  const fortranOrder = entries.get("fortran_order");
  const shape = entries.get("shape");
  if (entries.size !== 3 || descr === undefined || fortranOrder === undefined || shape === undefined) {
    throw new IntegrityError(
      `the .npy header has the keys ${
        [...entries.keys()].join(", ") || "(none)"
      } instead of descr, fortran_order, shape`,
    );
  }
  if (typeof fortranOrder !== "boolean") {
    throw new IntegrityError("fortran_order in the .npy header is neither True nor False");
  }
  if (!isKind(shape, "tuple")) throw new IntegrityError("shape in the .npy header is no tuple");
  const described = parseDescr(plain(descr));
  const lengths = [...shape.items.map(axisLength), ...described.shape];
  const count = itemCount(lengths);
  const byteLength = count * partsOf(described.dtype).itemsize;
  if (!Number.isSafeInteger(byteOffset + byteLength)) {
    throw new IntegrityError(
      `the .npy header promises an array of shape [${lengths}], more than any object holds`,
    );
  }
  return {
    version,
    dtype: described.dtype,
    ...(described.fields && { fields: described.fields }),
    shape: lengths,
    fortranOrder,
    byteOffset,
    byteLength,
    itemCount: count,
  };
}

function axisLength(length: PythonLiteral): number {
  if (typeof length === "number") return length;
  throw new IntegrityError("shape in the .npy header holds something else than numbers");
}

function isKind<K extends "dict" | "tuple" | "list">(
  literal: PythonLiteral,
  kind: K,
): literal is Extract<PythonLiteral, { kind: K } | { kind: "tuple" | "list" }> & { kind: K } {
  return typeof literal === "object" && literal !== null && literal.kind === kind;
}

/** Tuples and lists as arrays. */
function plain(literal: PythonLiteral): unknown {
  if (isKind(literal, "tuple") || isKind(literal, "list")) return literal.items.map(plain);
  return literal;
}

/**
 * Writes a .npy header, byte for byte as numpy 1.23 and later do: in the oldest version that it fits, padded to a multiple of 64 bytes.
 *
 * @param array What is to be written: an array, whose strides tell its order, or what is known of it.
 * @throws {UnsupportedError} when the fields of the dtype overlap or are out of order.
 * @throws {InvalidArgumentError} when the shape is none.
 *
 * @example
 * ```ts
 * import { npyHeader } from "@cottoncandy/cottoncandy/array";
 *
 * const text = new TextDecoder().decode(npyHeader({ dtype: "<f4", shape: [3] }).subarray(10));
 * console.assert(text.startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"));
 * ```
 */
export function npyHeader(array: NpyHeaderInit): Uint8Array<ArrayBuffer> {
  const { shape } = array;
  itemCount(shape);
  const fortranOrder = isFortran(array);
  const dict = `{'descr': ${reprDescr(descrOf(array))}, 'fortran_order': ${
    fortranOrder ? "True" : "False"
  }, 'shape': ${reprTuple(shape)}, }`;
  const growing = fortranOrder ? shape.at(-1) : shape[0];
  const text = dict +
    " ".repeat(growing === undefined ? 0 : Math.max(0, GROWTH_DIGITS - String(growing).length));
  const latin1 = encodeLatin1(text);
  if (!latin1) return assemble(3, new TextEncoder().encode(text));
  return paddedLength(10, latin1.length) - 10 < 2 ** 16 ? assemble(1, latin1) : assemble(2, latin1);
}

/** Whether numpy would write the array in Fortran order: only if it lies so and not in C order as well. */
export function isFortran({ fortranOrder, shape, stride }: NpyHeaderInit): boolean {
  return fortranOrder ??
    (stride !== undefined && !isCContiguous(shape, stride) && isFContiguous(shape, stride));
}

function assemble(version: 1 | 2 | 3, text: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(paddedLength(prefix, text.length)).fill(0x20);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(MAGIC.length, version, true);
  if (version === 1) view.setUint16(8, bytes.length - prefix, true);
  else view.setUint32(8, bytes.length - prefix, true);
  bytes.set(text, prefix);
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

/** The header's length: at least one byte, the line's end, comes after the text; where that fits exactly, numpy adds another 64. */
function paddedLength(prefix: number, textLength: number): number {
  const length = prefix + textLength + 1;
  return length + ALIGNMENT - length % ALIGNMENT;
}

function reprTuple(items: readonly number[]): string {
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

function reprDescr(descr: Descr): string {
  if (typeof descr === "string") return pythonRepr(descr);
  return `[${descr.map(reprField).join(", ")}]`;
}

function reprField([names, type, shape]: FieldDescr): string {
  const name = typeof names === "string" ? pythonRepr(names) : `(${names.map(pythonRepr).join(", ")})`;
  return `(${name}, ${reprDescr(type)}${shape ? `, ${reprTuple(shape)}` : ""})`;
}
