import { shown } from "../../error_context.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";

/** Byte order of an item's numbers: `<` little-endian (native wherever JavaScript runs), `>` big-endian. */
export type ByteOrder = "<" | ">";

/** Truth values, a byte each. */
export type BoolDType = "|b1";
/** Integers that a `number` holds exactly. */
export type IntegerDType = "|i1" | "|u1" | `${ByteOrder}${"i" | "u"}${2 | 4}`;
/** 64-bit integers, read as `bigint`. */
export type BigIntegerDType = `${ByteOrder}${"i8" | "u8"}`;
/** Floating point numbers of 16, 32 and 64 bits. */
export type FloatDType = `${ByteOrder}f${2 | 4 | 8}`;
/** Complex numbers of two 32-bit or two 64-bit floats. */
export type ComplexDType = `${ByteOrder}${"c8" | "c16"}`;
/** Text of up to n code points, four bytes each: `<Un`. */
export type UnicodeDType = `${ByteOrder}U${number}`;
/** Up to n bytes, padded with NULs: `|Sn`. */
export type BytesDType = `|S${number}`;
/** n bytes without a meaning of their own, or a structure (then the array has `fields`): `|Vn`. */
export type VoidDType = `|V${number}`;
/** Points in time (`M8`) and durations (`m8`), 64-bit counts of a unit: `<M8[ns]`, `<m8[25s]`, `<M8` without a unit. */
export type DateTimeDType = `${ByteOrder}${"M8" | "m8"}` | `${ByteOrder}${"M8" | "m8"}[${string}]`;

/**
 * A dtype as numpy writes it (`numpy.dtype.str`): byte order, kind, and size in bytes (of `U`: in code points).
 *
 * Source: the array interface protocol and `numpy.dtype.str` of the numpy reference.
 */
export type DType =
  | BoolDType
  | IntegerDType
  | BigIntegerDType
  | FloatDType
  | ComplexDType
  | UnicodeDType
  | BytesDType
  | VoidDType
  | DateTimeDType;

/** A typed array of any kind that arrays are kept in. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float16Array
  | Float32Array
  | Float64Array;

/**
 * The typed array that holds items of a dtype: that of the dtype in native byte order; bytes for byte-swapped, `S` and `V` dtypes and for
 * truth values; `Uint32Array` (code points) for `U`; `BigInt64Array` for times. `<f2` is a `Uint16Array` of the bits where the runtime has no
 * `Float16Array`.
 */
export type DataOf<D extends DType> = D extends `>${string}` | BoolDType | "|u1" | BytesDType | VoidDType
  ? Uint8Array
  : D extends "|i1" ? Int8Array
  : D extends "<i2" ? Int16Array
  : D extends "<u2" ? Uint16Array
  : D extends "<i4" ? Int32Array
  : D extends "<u4" | UnicodeDType ? Uint32Array
  : D extends "<u8" ? BigUint64Array
  : D extends "<f2" ? Float16Array | Uint16Array
  : D extends "<f4" | "<c8" ? Float32Array
  : D extends "<f8" | "<c16" ? Float64Array
  : BigInt64Array;

/** The dtype that a typed array has by itself. */
export type DTypeOf<T extends TypedArray | Uint8ClampedArray> = T extends Float64Array ? "<f8"
  : T extends Float32Array ? "<f4"
  : T extends Float16Array ? "<f2"
  : T extends Int8Array ? "|i1"
  : T extends Uint8Array | Uint8ClampedArray ? "|u1"
  : T extends Int16Array ? "<i2"
  : T extends Uint16Array ? "<u2"
  : T extends Int32Array ? "<i4"
  : T extends Uint32Array ? "<u4"
  : T extends BigUint64Array ? "<u8"
  : "<i8";

/** A dtype in native byte order: `>f8` becomes `<f8`. */
export type NativeOf<D extends DType> = D extends `>${infer Rest}` ? Extract<`<${Rest}`, DType> : D;

/** The letter that says what kind of item a dtype has; numpy's `dtype.kind`. */
export type DTypeKind = "b" | "i" | "u" | "f" | "c" | "U" | "S" | "V" | "M" | "m";

/** What a dtype string says, taken apart. */
export interface DTypeParts {
  /** Numpy's kind letter. */
  readonly kind: DTypeKind;
  /** Bytes an item. */
  readonly itemsize: number;
  /** Bytes of each number within an item, those that a change of byte order reverses: 4 of `<c8` and `<U5`, 1 of `|S5`. */
  readonly wordsize: number;
  /** Whether the bytes are in the order that this platform does not have: `>`. */
  readonly swapped: boolean;
}

/** Numpy counts an item's bytes in a C int. */
const MAX_ITEMSIZE = 2 ** 31 - 1;

const CANONICAL =
  /^(?:\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]c(?:8|16)|[<>]U(?:0|[1-9]\d*)|\|[SV](?:0|[1-9]\d*)|[<>][Mm]8(?:\[(?:0|[2-9]|[1-9]\d+)?(?:[YMWDhms]|[munpfa]s)\])?)$/;

/** The kinds of dtype that numpy has and this library does not, with what to do about them. */
const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [
  [/^[<>=|]?(?:f16|f12|g)$/, "long doubles can't be read by JavaScript: in Python, store array.astype('f8')"],
  [
    /^[<>=|]?(?:c32|c24|G)$/,
    "long complex numbers can't be read by JavaScript: in Python, store array.astype('c16')",
  ],
  [
    /^[<>=|]?O[48]?$/,
    "arrays of Python objects hold no data of their own: in Python, store a numeric or string array, or use upload_pickle or upload_json",
  ],
  [
    /^(?:[<>=|]?T\d*|StringDType\(.*\))$/,
    "variable-width strings have no stored format: in Python, store array.astype('U')",
  ],
  [
    /[,()]/,
    "this is a structured or sub-array dtype in text form: parseDescr makes dtype and fields of numpy's dtype.descr",
  ],
];

/**
 * The canonical form of what numpy's dtype constructor accepts as a string: `f8`, `=f8`, `float64` and `d` are `<f8`.
 *
 * @param text A dtype in any spelling.
 * @returns `numpy.dtype(text).str`.
 * @throws {UnsupportedError} when numpy has this dtype and it can't be used here (objects, long doubles); the message says what to do.
 * @throws {InvalidArgumentError} when it is no dtype at all.
 *
 * @example
 * ```ts
 * import { parseDType } from "@cottoncandy/cottoncandy/array";
 *
 * console.assert(parseDType("float64") === "<f8");
 * console.assert(parseDType(">i1") === "|i1");
 * console.assert(parseDType("M8[1ns]") === "<M8[ns]");
 * ```
 */
export function parseDType(text: string): DType {
  const canonical = normalise(text);
  if (canonical !== undefined && isDType(canonical)) return canonical;
  const name = DTYPE_ALIASES.get(text) ?? text;
  for (const [pattern, advice] of UNSUPPORTED) {
    if (pattern.test(name)) {
      throw new UnsupportedError(`dtype ${shown(text)} is not supported: ${advice}`);
    }
  }
  throw new InvalidArgumentError(
    `${JSON.stringify(text.slice(0, 80))} is not a dtype: expected one like "<f8", "|b1", "<U5" or "<M8[ns]"`,
  );
}

/**
 * Whether a string is a dtype in canonical form.
 *
 * @example
 * ```ts
 * import { isDType } from "@cottoncandy/cottoncandy/array";
 *
 * console.assert(isDType("<f8") && !isDType("f8") && !isDType("|O"));
 * ```
 */
export function isDType(text: string): text is DType {
  return CANONICAL.test(text) && sizeOf(text) <= MAX_ITEMSIZE && (count(text) ?? 0) <= MAX_ITEMSIZE;
}

/**
 * Takes a canonical dtype apart.
 *
 * @example
 * ```ts
 * import { partsOf } from "@cottoncandy/cottoncandy/array";
 *
 * const { kind, itemsize, wordsize, swapped } = partsOf(">U5");
 * console.assert(kind === "U" && itemsize === 20 && wordsize === 4 && swapped);
 * ```
 */
export function partsOf(dtype: DType): DTypeParts {
  const itemsize = sizeOf(dtype);
  const kind = dtype[1];
  if (!isKind(kind)) throw new InvalidArgumentError(`${shown(dtype)} is not a dtype`);
  const wordsize = "bSV".includes(kind) ? 1 : kind === "U" ? 4 : kind === "c" ? itemsize / 2 : itemsize;
  return { kind, itemsize, wordsize, swapped: dtype[0] === ">" };
}

function isKind(letter: string): letter is DTypeKind {
  return letter !== undefined && "biufcUSVMm".includes(letter);
}

function sizeOf(dtype: string): number {
  const size = Number.parseInt(dtype.slice(2), 10);
  return dtype[1] === "U" ? size * 4 : size;
}

/** The count in `[25s]`. */
function count(dtype: string): number | undefined {
  const digits = /\[(\d+)/.exec(dtype)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What the canonical form would be, if `text` is a dtype. */
function normalise(text: string): string | undefined {
  const alias = DTYPE_ALIASES.get(text);
  if (alias !== undefined) return alias;
  const parts =
    /^([<>=|]?)(?:([?a-zA-Z])|([a-zA-Z])(\d{1,10})|(M8|m8|datetime64|timedelta64)\[([^\]]*)\]|(datetime64|timedelta64))$/
      .exec(text);
  if (!parts) return undefined;
  const [, prefix, letter, kind, size, timeKind, unit, bareTime] = parts;
  const order = prefix === ">" ? ">" : "<";
  const withOrder = (name: string) => (/^(?:[biu]1|[SV])/.test(name) ? "|" : order) + name;
  if (letter !== undefined) {
    const meant = DTYPE_ALIASES.get(letter);
    return meant === undefined ? undefined : withOrder(meant.slice(1));
  }
  if (kind !== undefined) return withOrder((kind === "a" ? "S" : kind) + Number(size));
  const time = /^[Md]/.test(timeKind ?? bareTime) ? "M8" : "m8";
  return order + time + (unit === undefined ? "" : normaliseUnit(unit));
}

/** `1ns` is `ns`, and a count without a unit says nothing. */
function normaliseUnit(unit: string): string {
  const [, digits, name] = /^(\d{0,10})(.*)$/.exec(unit) ?? [];
  if (name === "generic") return "";
  const times = digits === "" || Number(digits) === 1 ? "" : String(Number(digits));
  return `[${times}${name === "μs" ? "us" : name}]`;
}

/**
 * Names and letters that numpy's dtype constructor takes for a dtype, on 64-bit Linux and macOS: what `numpy.dtype(name).str` gives. Letters
 * also take a byte order before them, names do not. Names that only older releases knew are here too, since old objects may carry them.
 */
const DTYPE_ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "|b1": ["?", "bool", "bool_", "bool8"],
    "|i1": ["b", "int8", "byte"],
    "|u1": ["B", "uint8", "ubyte"],
    "<i2": ["h", "int16", "short"],
    "<u2": ["H", "uint16", "ushort"],
    "<i4": ["i", "int32", "intc"],
    "<u4": ["I", "uint32", "uintc"],
    "<i8": ["l", "q", "p", "n", "int64", "int", "int_", "long", "longlong", "intp", "int0"],
    "<u8": ["L", "Q", "P", "N", "uint64", "uint", "ulong", "ulonglong", "uintp", "uint0"],
    "<f2": ["e", "float16", "half"],
    "<f4": ["f", "float32", "single"],
    "<f8": ["d", "float64", "float", "double", "float_"],
    "<c8": ["F", "complex64", "csingle", "singlecomplex"],
    "<c16": ["D", "complex128", "complex", "cdouble", "complex_", "cfloat"],
    "|S0": ["S", "a", "bytes", "bytes_", "string_", "bytes0"],
    "|S1": ["c"],
    "<U0": ["U", "str", "str_", "unicode", "unicode_", "str0"],
    "|V0": ["V", "void", "void0"],
    "<M8": ["M"],
    "<m8": ["m"],
    // Not dtypes of ours: here so that their errors say what to do.
    "|O": ["O", "object", "object_", "object0"],
    "<f16": ["g", "float128", "longdouble", "longfloat"],
    "<c32": ["G", "complex256", "clongdouble", "clongfloat", "longcomplex"],
  }).flatMap(([dtype, names]) => names.map((name): [string, string] => [name, dtype])),
);
