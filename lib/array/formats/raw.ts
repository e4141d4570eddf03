import { parseStored, shown } from "../../error_context.ts";
import { IntegrityError, InvalidArgumentError } from "../../errors.ts";
import { descrOf, type DType, type Field, parseDescr, parseDType, partsOf } from "../dtype/mod.ts";
import { itemCount } from "../layout/mod.ts";
import type { NDArray } from "../ndarray.ts";

/** The metadata key under which the fields of a structured dtype are stored; Python's cottoncandy stores only its size, and ignores the key. */
export const DESCR_KEY = "cc-descr";

/** What the metadata of a raw array say. */
export interface RawHeader {
  /** What the items are. */
  readonly dtype: DType;
  /** The fields of a structured dtype, where they are stored. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** In which order the items are to be read. */
  readonly order: "C" | "F";
  /** `"gzip"`, `false` when the items are stored as they are, or the name of another codec as it is stored. */
  readonly compression: string | false;
  /** Whether the object was written by cottoncandy 0.1 or older. */
  readonly legacy: boolean;
  /**
   * Whether the items are read in Fortran order, since the metadata say so and `order` was left to them, where the writer most likely stored C order: Python's
   * cottoncandy says F of read-only arrays. Never for codecs whose order is ignored.
   */
  readonly suspectOrder: boolean;
  /** Number of items. */
  readonly itemCount: number;
  /** Bytes of the items, uncompressed. */
  readonly byteLength: number;
}

/**
 * The metadata that a raw array is stored with, as Python's cottoncandy reads them. The items must be stored in C order.
 *
 * @param array The array.
 * @param compression The codec's name, or `false`.
 * @returns `dtype`, `shape`, `compression`, `order`, and for a structured dtype `cc-descr` (its fields, as ASCII JSON).
 * @throws {UnsupportedError} when the fields of the dtype overlap or are out of order.
 *
 * @example
 * ```ts
 * import { ndarray, rawMetadata } from "@cottoncandy/cottoncandy/array";
 *
 * const metadata = rawMetadata(ndarray(new Float64Array(6), [2, 3]), false);
 * console.assert(metadata.dtype === "<f8" && metadata.shape === "2,3");
 * console.assert(metadata.compression === "False" && metadata.order === "C");
 * ```
 */
export function rawMetadata(
  array: Pick<NDArray, "dtype" | "shape" | "fields">,
  compression: string | false,
): Record<string, string> {
  const { dtype, shape, fields } = array;
  return {
    dtype,
    shape: shape.join(","),
    compression: compression === false ? "False" : compression,
    order: "C",
    ...(fields && { [DESCR_KEY]: asciiJson(descrOf(array)) }),
  };
}

/** JSON in ASCII, as metadata must be. */
function asciiJson(value: unknown): string {
  // What JSON.stringify leaves of control characters is DEL and those beyond ASCII.
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Reads the metadata of a raw array, as written by any version of Python's cottoncandy or by this library. Keys are compared in lower case.
 *
 * The legacy key `gzip` overrides `compression`. With `order: "stored"` items are read as Python's cottoncandy 0.4 reads them: the key
 * `order` counts for gzip and uncompressed objects, and is ignored for other codecs. `"C"` and `"F"` take that order, whatever the metadata say.
 *
 * @param metadata The object's user metadata.
 * @param options `order`: in which order to read the items; default `"stored"`.
 * @throws {IntegrityError} when a key is missing or its value is none that cottoncandy writes or reads.
 * @throws {UnsupportedError} when the dtype can't be used here (objects, long doubles).
 *
 * @example
 * ```ts
 * import { parseRawMetadata } from "@cottoncandy/cottoncandy/array";
 *
 * const header = parseRawMetadata({ dtype: "float64", shape: "2, 3", gzip: "True", order: "F" });
 * console.assert(header.dtype === "<f8" && header.compression === "gzip" && header.legacy);
 * console.assert(header.order === "F" && !header.suspectOrder && header.byteLength === 48);
 * ```
 */
export function parseRawMetadata(
  metadata: Readonly<Record<string, string>>,
  options: { readonly order?: "stored" | "C" | "F" } = {},
): RawHeader {
  const { order: asked = "stored" } = options;
  if (asked !== "stored" && asked !== "C" && asked !== "F") {
    throw new InvalidArgumentError(`order is "stored", "C" or "F", not ${shown(asked)}`);
  }
  const entries = new Map(Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), value]));
  const dtype = parseStored("the metadata's dtype", () => parseDType(required(entries, "dtype")));
  const shape = parseShapeText(required(entries, "shape"));
  const legacy = entries.has("gzip");
  const compression = legacy
    ? isTruthy(entries.get("gzip")) && "gzip"
    : parseCompression(required(entries, "compression"));
  const stored = parseOrder(entries.get("order"));
  const fields = parseStoredFields(dtype, entries.get(DESCR_KEY));
  const count = parseStored("the metadata's shape", () => itemCount(shape));
  const byteLength = count * partsOf(dtype).itemsize;
  if (!Number.isSafeInteger(byteLength)) {
    throw new IntegrityError(
      `the metadata promise an array of shape [${shape}] and dtype ${dtype}, more than any object holds`,
    );
  }
  const isNumcodecs = compression !== false && compression !== "gzip";
  return {
    dtype,
    ...(fields && { fields }),
    shape,
    order: asked !== "stored" ? asked : isNumcodecs ? "C" : stored,
    compression,
    legacy,
    suspectOrder: asked === "stored" && !isNumcodecs && !legacy && stored === "F" &&
      shape.filter((length) => length > 1).length > 1,
    itemCount: count,
    byteLength,
  };
}

function required(entries: ReadonlyMap<string, string>, key: string): string {
  const value = entries.get(key);
  if (value !== undefined) return value;
  throw new IntegrityError(
    `the metadata have no ${
      JSON.stringify(key)
    }: the object may be no raw array (of cottoncandy), or lost its metadata when it was copied`,
  );
}

/** The values that cottoncandy 0.1 took for true. */
function isTruthy(value: string | undefined): boolean {
  return value !== undefined && ["True", "true", "tru", "t", "y", "yes", "1"].includes(value);
}

function parseCompression(value: string): string | false {
  if (value === "False" || value === "None") return false;
  if (value === "") {
    throw new IntegrityError("the metadata's compression is empty: expected a codec's name or False");
  }
  return value;
}

function parseOrder(value: string | undefined): "C" | "F" {
  if (value === undefined || value === "C") return "C";
  if (value === "F") return "F";
  throw new IntegrityError(`the metadata's order is ${JSON.stringify(value)}: expected C or F`);
}

function parseShapeText(text: string): number[] {
  if (text.trim() === "") return [];
  if (!/^\s*\d+\s*(?:,\s*\d+\s*)*$/.test(text)) {
    throw new IntegrityError(
      `the metadata's shape is ${
        JSON.stringify(text.slice(0, 80))
      }: expected numbers with commas between them`,
    );
  }
  return text.split(",").map(Number);
}

function parseStoredFields(dtype: DType, json: string | undefined): readonly Field[] | undefined {
  if (json === undefined) return undefined;
  const described = parseStored(`the metadata's ${DESCR_KEY}`, () => parseDescr(parseDescrJson(json)));
  if (described.dtype !== dtype || described.shape.length > 0) {
    throw new IntegrityError(
      `the metadata's ${DESCR_KEY} describes a dtype ${described.dtype}, but their dtype is ${dtype}: pass one of them only`,
    );
  }
  return described.fields;
}

function parseDescrJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new IntegrityError(`the metadata's ${DESCR_KEY} is no JSON`, { cause });
  }
}
