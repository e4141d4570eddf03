import { decodeLatin1 } from "../../bytes.ts";
import { parseStored } from "../../error_context.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import { type DType, type Field, parseDescr, partsOf } from "../dtype/mod.ts";
import { itemCount } from "../layout/mod.ts";
import { parsePythonLiteral, type PythonLiteral } from "./python_literal.ts";

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

/** `\x93NUMPY`: then come two bytes of version, and the header's length in 4 bytes; in version 1 in 2. */
export const NPY_MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const LONGEST_PREFIX = 12;
/** A header longer than this is refused rather than fetched and parsed: a structure of ten thousand fields takes a fourth of it. */
const MAX_HEADER = 1024 * 1024;

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
  if (!NPY_MAGIC.subarray(0, bytes.byteLength).every((byte, index) => bytes[index] === byte)) {
    throw new IntegrityError(`this is no .npy file: it ${whatElse(bytes)}`);
  }
  if (bytes.byteLength < LONGEST_PREFIX) return more(LONGEST_PREFIX);
  const version = versionOf(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [prefix, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > MAX_HEADER) {
    throw new IntegrityError(
      `a .npy header of ${length} bytes is longer than the ${MAX_HEADER} that are accepted`,
    );
  }
  const byteOffset = prefix + length;
  if (bytes.byteLength < byteOffset) return more(byteOffset);
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

/** What does not begin with `\x93NUMPY`, as far as its first bytes tell. */
function whatElse(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0x1f && second === 0x8b) {
    return 'is compressed by gzip: readNpy(stream.pipeThrough(decompress("gzip"))) reads a gzip\'d .npy file';
  }
  if (first === 0x50 && second === 0x4b) {
    return "is a zip archive, as numpy.savez writes them: openNpz reads an .npz file";
  }
  return "doesn't begin with \\x93NUMPY";
}

function versionOf(bytes: Uint8Array): 1 | 2 | 3 {
  const [major, minor] = bytes.subarray(NPY_MAGIC.byteLength);
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
