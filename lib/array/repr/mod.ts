/**
 * Arrays as text: numpy's `repr`.
 *
 * Who loads this gives every array that text, as `toString()` and on the console; arrays have only the name of their class, shape and dtype without it, so that pages stay small.
 *
 * Source: numpy's documentation of `array2string`, and running it.
 *
 * @module
 */
import {
  type Complex,
  type DType,
  type Field,
  NaT,
  type Nested,
  partsOf,
  type Scalar,
  type StructuredScalar,
} from "../dtype/mod.ts";
import { IntegrityError } from "../../errors.ts";
import { itemCount } from "../layout/mod.ts";
import { EXTRAS, type NDArray } from "../ndarray.ts";
import { dtypeRepr, reprBytes, reprText, reprTuple } from "../python_repr.ts";
import { datetimeText, floatFormat } from "./numbers.ts";

/** Numpy's print options `threshold`, the most items that are all shown, and `edgeitems`, how many are shown at either end of an axis of more. */
const THRESHOLD = 1000;
const EDGE = 3;

/** How an array is printed. */
export interface ReprOptions {
  /** The most items that are all shown; default 1000. Of more, those at the edges. */
  readonly threshold?: number;
  /** How many items are shown at either end of an axis of more; default 3. */
  readonly edgeitems?: number;
}

/** Numpy's print option `linewidth`. */
const WIDTH = 75;
const PREFIX = "array(";
/** Numpy leaves the dtype out where the items tell it. */
const IMPLIED: readonly string[] = ["|b1", "<i8", "<f8", "<c16"];

/** What of an array is asked for to print it: of a large one only the items at its edges. */
export type ReprSource = Pick<NDArray, "shape" | "size" | "dtype" | "fields"> & {
  /** The item at an index; negative ones count from the end. */
  get(...index: number[]): Scalar;
};

/**
 * An array as numpy 2.4 prints it, with its default options: `array([1.5, 2. ], dtype=float32)`. Of more than 1000 items those at the edges are shown, with the shape. An array
 * whose items can't be read (text that holds no Unicode) says so in their place.
 */
export function arrayRepr(
  array: ReprSource,
  { threshold = THRESHOLD, edgeitems = EDGE }: ReprOptions = {},
): string {
  const { shape, size, dtype, fields } = array;
  const extras: string[] = [];
  if (size > threshold || (size === 0 && shape.length !== 1)) extras.push(`shape=${reprTuple(shape)}`);
  if (fields || size === 0 || !IMPLIED.includes(dtype)) extras.push(`dtype=${dtypeRepr(dtype, fields)}`);
  const text = PREFIX + readableText(array, size > threshold ? edgeitems : Infinity);
  if (extras.length === 0) return `${text})`;
  const told = `${extras.join(", ")})`;
  const lastLine = length(text.slice(text.lastIndexOf("\n") + 1)) + 1;
  const space = lastLine + length(told) + 1 > WIDTH ? `\n${" ".repeat(PREFIX.length)}` : " ";
  return `${text},${space}${told}`;
}

export { datetimeText };

EXTRAS.repr = arrayRepr;
EXTRAS.dtypeRepr = dtypeRepr;
EXTRAS.datetimeText = datetimeText;

function readableText(array: ReprSource, edge: number): string {
  try {
    return itemsText(array, edge);
  } catch (error) {
    // What is printed is looked at to find out what is wrong: it must not be the next error.
    if (error instanceof IntegrityError) return `<${error.message}>`;
    throw error;
  }
}

function itemsText(array: ReprSource, edge: number): string {
  if (array.size === 0) return "[]";
  const { shape } = array;
  const items: Scalar[] = [];
  const read = (index: readonly number[]): Nested<Scalar> => {
    const axis = index.length;
    if (axis < shape.length) {
      return edges(shape[axis], edge).map((place) => read([...index, place]));
    }
    const item = array.get(...index);
    items.push(item);
    return item;
  };
  const shown = read([]);
  const format = itemFormat(array, items, shape.length === 0);
  // The closing brackets belong to the width.
  return rowsText(shown, shape, format, " ".repeat(PREFIX.length + 1), WIDTH - 1);
}

/** Which indices of an axis are shown. */
function edges(length: number, edge: number): number[] {
  const places = Array.from({ length: Math.min(length, 2 * edge) }, (_, index) => index);
  return places.map((index) => places.length < length && index >= edge ? index - 2 * edge : index);
}

/** The text of an array of these axes: the last one's items stand in lines no longer than `width`, which begin with `indent` but for the first. */
function rowsText(
  rows: Nested<Scalar>,
  axes: readonly number[],
  format: ItemFormat,
  indent: string,
  width: number,
): string {
  if (!isList(rows)) return format(rows);
  const texts = rows.map((row) => rowsText(row, axes.slice(1), format, `${indent} `, width - 1));
  if (rows.length < axes[0]) texts.splice(texts.length / 2, 0, "...");
  if (axes.length > 1) return `[${texts.join(`,${"\n".repeat(axes.length - 1)}${indent}`)}]`;
  let lines = "";
  let line = indent;
  texts.forEach((text, index) => {
    if (length(line) + length(text) > width - 1 && line !== indent) {
      lines += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += index < texts.length - 1 ? `${text}, ` : text;
  });
  return `[${(lines + line).slice(indent.length)}]`;
}

/** Characters, as Python counts them. */
function length(text: string): number {
  return [...text].length;
}

/** Writes an item. */
type ItemFormat = (item: Scalar) => string;

/**
 * What writes the items of an array.
 *
 * @param type What they are.
 * @param items All that will be written.
 * @param alone Whether the array has no axes.
 */
function itemFormat(
  { dtype, fields }: { readonly dtype: DType; readonly fields?: readonly Field[] },
  items: readonly Scalar[],
  alone: boolean,
): ItemFormat {
  if (fields) return structureFormat(fields, items.filter(isStructure), alone);
  const { kind, itemsize } = partsOf(dtype);
  switch (kind) {
    case "b":
      return (item) => item ? (alone ? "True" : " True") : "False";
    case "i":
    case "u":
      return aligned(items, String);
    case "m":
      return aligned(items, (item) => item === NaT ? "'NaT'" : String(item));
    case "M":
      return aligned(
        items,
        (item) => typeof item === "bigint" && item !== NaT ? `'${datetimeText(item, dtype)}'` : "'NaT'",
      );
    case "f": {
      const format = floatFormat(items.map(Number), itemsize);
      return (item) => format(Number(item));
    }
    case "c":
      return complexFormat(items.filter(isComplex), itemsize / 2);
    case "U":
      return (item) => reprText(String(item));
    case "S":
      return (item) => item instanceof Uint8Array ? reprBytes(item) : "";
    case "V":
      return (item) =>
        item instanceof Uint8Array
          ? `b'${
            Array.from(item, (byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("")
          }'`
          : "";
  }
}

/** Texts of one width, to the right. */
function aligned(items: readonly Scalar[], write: ItemFormat): ItemFormat {
  const width = items.reduce((width: number, item) => Math.max(width, write(item).length), 0);
  return (item) => write(item).padStart(width);
}

function complexFormat(items: readonly Complex[], itemsize: number): ItemFormat {
  const real = floatFormat(items.map(({ re }) => re), itemsize);
  const imaginary = floatFormat(items.map(({ im }) => im), itemsize, true);
  return (item) => isComplex(item) ? real(item.re) + imaginary(item.im).replace(/ *$/, "j$&") : "";
}

function structureFormat(
  fields: readonly Field[],
  items: readonly StructuredScalar[],
  alone: boolean,
): ItemFormat {
  const formats = fields.map((field) => {
    const { name, shape = [] } = field;
    const inner = items.flatMap((item) => flattened(item[name]));
    const format = itemFormat(field, inner, alone && shape.length === 0);
    const summarised = itemCount(shape) > THRESHOLD;
    return (item: StructuredScalar) => nestedText(item[name], format, summarised);
  });
  return (item) => {
    if (!isStructure(item)) return "";
    const texts = formats.map((format) => format(item));
    return texts.length === 1 ? `(${texts[0]},)` : `(${texts.join(", ")})`;
  };
}

function nestedText(value: Nested<Scalar>, format: ItemFormat, summarised: boolean): string {
  if (!isList(value)) return format(value);
  const text = (part: Nested<Scalar>) => nestedText(part, format, summarised);
  const texts = summarised && value.length > 2 * EDGE
    ? [...value.slice(0, EDGE).map(text), "...", ...value.slice(-EDGE).map(text)]
    : value.map(text);
  return `[${texts.join(", ")}]`;
}

function flattened(value: Nested<Scalar>): Scalar[] {
  return isList(value) ? value.flatMap(flattened) : [value];
}

/** Whether there are several items where an axis is. */
function isList(value: Nested<Scalar>): value is readonly Nested<Scalar>[] {
  return Array.isArray(value);
}

function isStructure(item: Scalar): item is StructuredScalar {
  return typeof item === "object" && !(item instanceof Uint8Array);
}

function isComplex(item: Scalar): item is Complex {
  return typeof item === "object" && "re" in item && typeof item.re === "number";
}
