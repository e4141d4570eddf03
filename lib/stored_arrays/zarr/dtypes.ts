/**
 * What Zarr calls the items of an array, and its fill values.
 *
 * Source: the core specification of Zarr 3, that of Zarr 2, and what Python's zarr 3.1 writes for dtypes that are in neither.
 *
 * @module
 */
import { fromBase64, toBase64 } from "../../base64.ts";
import { allocate } from "../../bytes.ts";
import {
  type DescribedDType,
  type DType,
  type Field,
  fieldSize,
  parseDType,
  partsOf,
  toFloat16,
} from "../../array/dtype/mod.ts";
import { parseStored, shown } from "../../error_context.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import type { JsonValue } from "../../json.ts";

/** What Zarr 3 calls a dtype: a name, or a name with more. */
export type ZarrDataType = string | { readonly name: string; readonly configuration: ZarrConfiguration };
/** What stands beside a name in the metadata of Zarr 3. */
export type ZarrConfiguration = { readonly [name: string]: JsonValue };

const PLAIN: Readonly<Record<string, string>> = {
  bool: "|b1",
  int8: "|i1",
  uint8: "|u1",
  int16: "<i2",
  uint16: "<u2",
  int32: "<i4",
  uint32: "<u4",
  int64: "<i8",
  uint64: "<u8",
  float16: "<f2",
  float32: "<f4",
  float64: "<f8",
  complex64: "<c8",
  complex128: "<c16",
};
const NAMES = new Map(Object.entries(PLAIN).map(([name, dtype]) => [dtype, name]));
const UNITS = /^(?:[YMWDhms]|[munpfa]s)$/;

/** The items of Zarr 3's `data_type`, in little-endian order. */
export function parseDataType(value: unknown): Pick<DescribedDType, "dtype" | "fields"> {
  const { name, configuration } = named(value, "data_type");
  if (Object.hasOwn(PLAIN, name)) return { dtype: parseDType(PLAIN[name]) };
  const raw = /^r(\d+)$/.exec(name);
  if (raw) return { dtype: parseDType(`|V${Number(raw[1]) / 8}`) };
  const length = configuration.length_bytes;
  if (typeof length === "number" && Number.isSafeInteger(length) && length >= 0) {
    if (name === "fixed_length_utf32" && length % 4 === 0) return { dtype: parseDType(`<U${length / 4}`) };
    if (name === "null_terminated_bytes") return { dtype: parseDType(`|S${length}`) };
    if (name === "raw_bytes") return { dtype: parseDType(`|V${length}`) };
  }
  if (name === "numpy.datetime64" || name === "numpy.timedelta64") {
    return { dtype: timeDType(name === "numpy.datetime64" ? "M8" : "m8", configuration) };
  }
  if (name === "structured" && Array.isArray(configuration.fields)) {
    return parseStructure(configuration.fields);
  }
  throw new UnsupportedError(`a Zarr array of data type ${shown(name)} can't be read here`);
}

function timeDType(kind: "M8" | "m8", { unit, scale_factor: scale }: ZarrConfiguration): DType {
  if (unit === "generic") return parseDType(`<${kind}`);
  if (typeof unit !== "string" || !UNITS.test(unit) || typeof scale !== "number" || !(scale >= 1)) {
    throw new UnsupportedError(`times in units of ${shown(unit)} can't be read`);
  }
  return parseDType(`<${kind}[${scale === 1 ? "" : scale}${unit}]`);
}

function parseStructure(list: readonly JsonValue[]): Pick<DescribedDType, "dtype" | "fields"> {
  const fields: Field[] = [];
  let offset = 0;
  for (const entry of list) {
    if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== "string") {
      throw new IntegrityError("the metadata's data_type has a field without a name or a data type");
    }
    const inner = parseDataType(entry[1]);
    const field: Field = { name: entry[0], offset, ...inner };
    fields.push(field);
    offset += fieldSize(field);
  }
  return { dtype: parseDType(`|V${offset}`), fields };
}

/**
 * What Zarr 3 calls a dtype; its byte order is the codec's business.
 *
 * @throws {UnsupportedError} for structures that Zarr can't hold as they are.
 */
export function dataTypeOf({ dtype, fields }: Pick<DescribedDType, "dtype" | "fields">): ZarrDataType {
  if (fields) return structureOf(dtype, fields);
  const plain = NAMES.get(dtype.replace(">", "<"));
  if (plain !== undefined) return plain;
  const { kind, itemsize } = partsOf(dtype);
  switch (kind) {
    case "U":
      return { name: "fixed_length_utf32", configuration: { length_bytes: itemsize } };
    case "S":
      return { name: "null_terminated_bytes", configuration: { length_bytes: itemsize } };
    case "M":
    case "m": {
      const [, scale = "", unit = "generic"] = /\[(\d*)(\w+)\]$/.exec(dtype) ?? [];
      const name = kind === "M" ? "numpy.datetime64" : "numpy.timedelta64";
      return { name, configuration: { unit, scale_factor: scale === "" ? 1 : Number(scale) } };
    }
    default:
      return { name: "raw_bytes", configuration: { length_bytes: itemsize } };
  }
}

function structureOf(dtype: DType, fields: readonly Field[]): ZarrDataType {
  let end = 0;
  const list = fields.map((field): JsonValue => {
    const why = field.offset !== end
      ? "lies behind padding"
      : field.shape
      ? "is an array"
      : field.dtype.startsWith(">")
      ? "is big-endian"
      : field.title !== undefined
      ? "has a title"
      : undefined;
    if (why !== undefined) throw structureError(`its field ${shown(field.name)} ${why}`);
    end += fieldSize(field);
    return [field.name, dataTypeOf(field)];
  });
  if (end !== partsOf(dtype).itemsize) throw structureError("it has padding at its end");
  return { name: "structured", configuration: { fields: list } };
}

function structureError(why: string): UnsupportedError {
  return new UnsupportedError(
    `Zarr 3 can't hold this structured dtype as it is, since ${why}: npy, raw and chunked arrays can`,
  );
}

/**
 * One item of fill values.
 *
 * @param value What the metadata say: JSON's numbers and names for others, bits in hexadecimal, bytes in base64.
 */
export function fillItem(dtype: DType, value: unknown): Uint8Array<ArrayBuffer> {
  const { kind, itemsize, swapped } = partsOf(dtype);
  const item = allocate(itemsize);
  if (value === null || value === undefined || value === 0 || value === "" || value === false) return item;
  const view = new DataView(item.buffer);
  return parseStored("the metadata's fill_value", () => {
    if (kind === "S" || kind === "V") {
      if (typeof value !== "string") throw fillError(dtype, value);
      const bytes = fromBase64(value);
      if (!bytes || bytes.byteLength > itemsize) throw fillError(dtype, value);
      item.set(bytes);
    } else if (kind === "c") {
      if (!Array.isArray(value) || value.length !== 2) throw fillError(dtype, value);
      const half = itemsize / 2;
      value.forEach((part, i) => setNumber(view, i * half, half, "f", !swapped, part, dtype));
    } else if (kind === "U") {
      if (typeof value !== "string") throw fillError(dtype, value);
      Array.from(value).slice(0, itemsize / 4).forEach((character, i) =>
        view.setUint32(i * 4, character.codePointAt(0) ?? 0, !swapped)
      );
    } else setNumber(view, 0, itemsize, kind, !swapped, value, dtype);
    return item;
  });
}

const SPECIAL: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };

function setNumber(
  view: DataView,
  at: number,
  size: number,
  kind: string,
  little: boolean,
  value: unknown,
  dtype: DType,
): void {
  if (typeof value === "string" && /^0x[\da-f]+$/i.test(value) && value.length === 2 + size * 2) {
    // Bits, the highest first.
    for (let i = 0; i < size; i++) {
      const byte = Number.parseInt(value.slice(2 + i * 2, 4 + i * 2), 16);
      view.setUint8(at + (little ? size - 1 - i : i), byte);
    }
    return;
  }
  const number = typeof value === "string" && Object.hasOwn(SPECIAL, value)
    ? SPECIAL[value]
    : value === true
    ? 1
    : value === "NaT"
    ? -(2n ** 63n)
    : value;
  if (typeof number !== "number" && typeof number !== "bigint") throw fillError(dtype, value);
  if (kind === "f") {
    if (size === 8) view.setFloat64(at, Number(number), little);
    else if (size === 4) view.setFloat32(at, Number(number), little);
    else view.setUint16(at, toFloat16(Number(number)), little);
    return;
  }
  if (typeof number === "number" && !Number.isInteger(number)) throw fillError(dtype, value);
  let rest = BigInt(number);
  for (let i = 0; i < size; i++, rest >>= 8n) {
    view.setUint8(at + (little ? i : size - 1 - i), Number(rest & 255n));
  }
}

function fillError(dtype: DType, value: unknown): IntegrityError {
  return new IntegrityError(`the metadata's fill_value ${shown(value)} is none for items of ${dtype}`);
}

/** What stands for an item of nothing but zeros. */
export function zeroFill({ dtype }: Pick<DescribedDType, "dtype">): JsonValue {
  const { kind, itemsize } = partsOf(dtype);
  switch (kind) {
    case "b":
      return false;
    case "c":
      return [0, 0];
    case "U":
    case "S":
      return "";
    case "V":
      return toBase64(new Uint8Array(itemsize));
    default:
      return 0;
  }
}

/** A name with more, in either of the forms that Zarr 3 has for it. */
export function named(
  value: unknown,
  what: string,
): { readonly name: string; readonly configuration: ZarrConfiguration } {
  if (typeof value === "string") return { name: value, configuration: {} };
  if (isEntries(value) && typeof value.name === "string") {
    const { name, configuration } = value;
    return { name, configuration: isEntries(configuration) ? configuration : {} };
  }
  throw new IntegrityError(`the metadata's ${what} is ${shown(value)}, and has no name`);
}

/** Whether a value is one of JSON's objects. */
export function isEntries(value: unknown): value is ZarrConfiguration {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
