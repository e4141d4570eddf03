import { shown } from "../../error_context.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { itemCount } from "../layout/mod.ts";
import { type DType, parseDType, partsOf } from "./dtype.ts";

/** One field of a structured dtype. */
export interface Field {
  /** Its name, unlike that of every other field of the structure. */
  readonly name: string;
  /** Its dtype; that of a nested structure is `|Vn`. */
  readonly dtype: DType;
  /** Where it begins within an item, in bytes. */
  readonly offset: number;
  /** Its shape, when it holds an array of items in each item. */
  readonly shape?: readonly number[];
  /** Numpy's title: a second name, of any length. */
  readonly title?: string;
  /** The fields of a nested structure. */
  readonly fields?: readonly Field[];
}

/** Bytes that a field takes up. */
export function fieldSize(field: Field): number {
  return partsOf(field.dtype).itemsize * itemCount(field.shape ?? []);
}

/** Structures nested deeper than this are refused, so that hostile headers can't exhaust the stack. */
export const MAX_NESTING = 32;

/**
 * Checks the fields of a structured dtype and gives a copy of them with canonical dtypes.
 *
 * @throws {InvalidArgumentError} when a name comes twice, a field reaches beyond the item, or a dtype or shape is none.
 */
export function checkFields(dtype: DType, fields: readonly Field[], depth: number = 0): readonly Field[] {
  const { kind, itemsize } = partsOf(dtype);
  if (kind !== "V") {
    throw new InvalidArgumentError(`fields need a dtype "|V${itemsize}", not ${shown(dtype)}`);
  }
  if (depth > MAX_NESTING) {
    throw new InvalidArgumentError(`structures are nested more than ${MAX_NESTING} deep`);
  }
  const names = new Set<string>();
  return fields.map((field) => {
    if (names.has(field.name)) {
      throw new InvalidArgumentError(`two fields are called ${JSON.stringify(field.name)}`);
    }
    names.add(field.name);
    const checked = {
      ...field,
      dtype: parseDType(field.dtype),
      ...(field.shape && { shape: [...field.shape] }),
    };
    const end = field.offset + fieldSize(checked);
    if (!Number.isSafeInteger(field.offset) || field.offset < 0 || end > itemsize) {
      throw new InvalidArgumentError(
        `field ${JSON.stringify(field.name)} takes bytes ${field.offset} to ${end} of an item of ${itemsize}`,
      );
    }
    return field.fields
      ? { ...checked, fields: checkFields(checked.dtype, field.fields, depth + 1) }
      : checked;
  });
}

/**
 * A dtype as numpy's `dtype.descr` and the .npy format spell it: a dtype string, or the list of a structure's fields. Padding is a field without
 * a name.
 *
 * Source: `numpy.dtype.descr` and `numpy.lib.format` in the numpy reference.
 */
export type Descr = string | readonly FieldDescr[];

/** A field: name (or title and name), what it holds, and its shape if it is an array. */
export type FieldDescr = readonly [
  name: string | readonly [title: string, name: string],
  type: Descr,
  shape?: readonly number[],
];

/** What a descr says. */
export interface DescribedDType {
  /** The dtype; of a structure `|Vn`. */
  readonly dtype: DType;
  /** The structure's fields. */
  readonly fields?: readonly Field[];
  /** The shape that each item has, when the whole is a sub-array dtype; else `[]`. */
  readonly shape: readonly number[];
}

/**
 * Reads a numpy descr. Lists and tuples are both arrays here, as in JSON.
 *
 * @throws {InvalidArgumentError} when it is none.
 * @throws {UnsupportedError} when it has a dtype that can't be used here.
 *
 * @example
 * ```ts
 * import { parseDescr } from "@cottoncandy/cottoncandy/array";
 *
 * const { dtype, fields } = parseDescr([["x", "<f4"], ["", "|V4"], ["y", "<f8", [3]]]);
 * console.assert(dtype === "|V32" && fields?.[1].offset === 8 && fields?.length === 2);
 * ```
 */
export function parseDescr(descr: unknown): DescribedDType {
  return parse(descr, 0);
}

function parse(descr: unknown, depth: number): DescribedDType {
  if (typeof descr === "string") return { dtype: parseDType(descr), shape: [] };
  if (!Array.isArray(descr)) throw new InvalidArgumentError(`${shown(descr)} describes no dtype`);
  if (depth > MAX_NESTING) {
    throw new InvalidArgumentError(`structures are nested more than ${MAX_NESTING} deep`);
  }
  if (isSubArray(descr)) {
    const inner = parse(descr[0], depth + 1);
    return { ...inner, shape: [...parseShape(descr[1]), ...inner.shape] };
  }
  return parseFields(descr, depth);
}

/** `(descr, shape)`. A list of fields has arrays that begin with a name. */
function isSubArray(descr: readonly unknown[]): boolean {
  const [inner, shape] = descr;
  if (descr.length !== 2 || !(typeof inner === "string" || Array.isArray(inner))) return false;
  return typeof shape === "number" ||
    (Array.isArray(shape) && shape.every((length) => typeof length === "number"));
}

function parseFields(descr: readonly unknown[], depth: number): DescribedDType {
  const fields: Field[] = [];
  let offset = 0;
  for (const entry of descr) {
    const { title, name, type, shape } = parseEntry(entry);
    const inner = parse(type, depth + 1);
    const whole = [...shape, ...inner.shape];
    const field: Field = {
      name,
      dtype: inner.dtype,
      offset,
      ...(whole.length > 0 && { shape: whole }),
      ...(title !== undefined && { title }),
      ...(inner.fields && { fields: inner.fields }),
    };
    offset += fieldSize(field);
    // Numpy's way to write down unused bytes.
    const isPadding = name === "" && partsOf(inner.dtype).kind === "V" && !inner.fields;
    if (!isPadding) fields.push(field);
  }
  const dtype = parseDType(`|V${offset}`);
  return { dtype, fields: checkFields(dtype, fields), shape: [] };
}

function parseEntry(
  entry: unknown,
): { title?: string; name: string; type: unknown; shape: readonly number[] } {
  if (Array.isArray(entry) && (entry.length === 2 || entry.length === 3)) {
    const [names, type, shape] = entry;
    const inner = { type, shape: entry.length === 3 ? parseShape(shape) : [] };
    if (typeof names === "string") return { name: names, ...inner };
    if (Array.isArray(names) && names.length === 2) {
      const [title, name] = names;
      if (typeof title === "string" && typeof name === "string") return { title, name, ...inner };
    }
  }
  throw new InvalidArgumentError(`${shown(entry)} describes no field`);
}

function parseShape(shape: unknown): number[] {
  const lengths: unknown[] = Array.isArray(shape) ? shape : [shape];
  const result: number[] = [];
  for (const length of lengths) {
    if (typeof length !== "number") throw new InvalidArgumentError(`${shown(shape)} is no shape`);
    result.push(length);
  }
  itemCount(result);
  return result;
}

/**
 * Numpy's descr of a dtype, padding included.
 *
 * @throws {UnsupportedError} when fields overlap or are not in the order of their offsets: numpy has no descr for them either.
 *
 * @example
 * ```ts
 * import { descrOf, parseDescr } from "@cottoncandy/cottoncandy/array";
 *
 * const descr = descrOf(parseDescr([["x", "<f4"], ["y", "<i2"]]));
 * console.assert(JSON.stringify(descr) === '[["x","<f4"],["y","<i2"]]');
 * ```
 */
export function descrOf(
  { dtype, fields }: { readonly dtype: DType; readonly fields?: readonly Field[] },
): Descr {
  if (!fields) return dtype;
  const { itemsize } = partsOf(dtype);
  const entries: FieldDescr[] = [];
  let offset = 0;
  const pad = (to: number) => {
    if (to > offset) entries.push(["", `|V${to - offset}`]);
    offset = to;
  };
  for (const field of fields) {
    if (field.offset < offset) {
      throw new UnsupportedError(
        `the field ${
          JSON.stringify(field.name)
        } overlaps another or stands before it: copy the fields into a structure without overlaps`,
      );
    }
    pad(field.offset);
    const name = field.title === undefined ? field.name : [field.title, field.name] as const;
    const type = descrOf(field);
    entries.push(field.shape ? [name, type, field.shape] : [name, type]);
    offset += fieldSize(field);
  }
  pad(itemsize);
  return entries;
}
