/**
 * Arrays as text and as files, for standard output.
 *
 * @module
 */
import {
  type Complex,
  type NDArray,
  type Nested,
  npyEncode,
  type Scalar,
  type StructuredScalar,
} from "../../lib/array/mod.ts";
import { bytesOf, NaT } from "../../lib/array/mod.ts";
import { datetimeText } from "../../lib/array/repr/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { UsageError } from "../report.ts";

/** How an array is written to standard output. */
export const OUTPUTS = ["text", "npy", "csv", "raw", "json"] as const;
/** One of {@linkcode OUTPUTS}. */
export type Output = typeof OUTPUTS[number];

/** Reads the option `--format`. */
export function parseOutput(text: string): Output {
  const output = OUTPUTS.find((each) => each === text);
  if (output !== undefined) return output;
  throw new UsageError(`write one of ${OUTPUTS.join(", ")}`);
}

/**
 * Writes an array in a format other than text, piece by piece.
 *
 * @throws {InvalidArgumentError} when the array has more axes than a table.
 */
export async function* encoded(
  array: NDArray,
  output: Exclude<Output, "text">,
  header: boolean = true,
): AsyncIterable<Uint8Array> {
  switch (output) {
    case "npy":
      return yield* npyEncode(array);
    case "raw":
      return yield* bytesOf(array);
    case "json":
      return yield new TextEncoder().encode(`${JSON.stringify(array)}\n`);
    case "csv": {
      const encoder = new TextEncoder();
      for (const line of csvLines(array, header)) yield encoder.encode(line);
    }
  }
}

/**
 * The lines of an array as comma-separated values: a line for each index of the first axis, with the line's end. Fields of structured dtypes are columns, named in the first line.
 *
 * @param header Whether that line is given.
 * @throws {InvalidArgumentError} when the array has more than two axes.
 */
export function* csvLines(array: NDArray, header: boolean = true): Iterable<string> {
  const { shape, fields, dtype } = array;
  const cells = cellsOf(dtype);
  if (shape.length > 2) {
    throw new InvalidArgumentError(
      `a table has two axes at most, and the array ${shape.length}: take a slice, such as [0,...]`,
    );
  }
  if (fields && header && shape.length < 2) yield `${fields.map(({ name }) => quoted(name)).join(",")}\n`;
  if (shape.length === 0) return yield `${cells(array.get()).join(",")}\n`;
  for (let row = 0; row < shape[0]; row++) {
    const items = shape.length === 1
      ? [array.get(row)]
      : Array.from({ length: shape[1] }, (_, column) => array.get(row, column));
    yield `${items.flatMap(cells).join(",")}\n`;
  }
}

/** How items of a dtype stand in a table: what they are in JavaScript doesn't tell all. */
function cellsOf(dtype: string): (item: Scalar) => string[] {
  if (/^.?M8/.test(dtype)) {
    return (item) => [typeof item === "bigint" && item !== NaT ? datetimeText(item, dtype) : "NaT"];
  }
  if (/^.?f4$/.test(dtype)) return (item) => [typeof item === "number" ? float32Text(item) : `${item}`];
  return cells;
}

/** The fewest digits that tell a number of 32 bits from its neighbours. */
function float32Text(value: number): string {
  // Digits have no sign of nought.
  if (value === 0) return cells(value)[0];
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return cells(short)[0];
  }
  return cells(Number.isFinite(value) ? Number(value.toPrecision(9)) : value)[0];
}

/** An item as it stands in a table: of a structure a cell a field. */
function cells(item: Scalar): string[] {
  if (typeof item === "string") return [quoted(item)];
  if (typeof item !== "object") {
    // As Python writes them, and reads them back.
    const text = Object.is(item, -0) ? "-0.0" : String(item);
    return [
      text === "NaN"
        ? "nan"
        : text.replace("Infinity", "inf").replace(/^true$/, "True").replace(/^false$/, "False"),
    ];
  }
  if (item instanceof Uint8Array) return [quoted(new TextDecoder("latin1").decode(item).replace(/\0+$/, ""))];
  if (isComplex(item)) {
    const im = cells(item.im)[0];
    return [`${cells(item.re)[0]}${/^[+-]/.test(im) ? "" : "+"}${im}j`];
  }
  return Object.values(item).map((value) =>
    isList(value) ? quoted(JSON.stringify(value, jsonItem)) : cells(value).join(" ")
  );
}

function isList(value: Nested<Scalar>): value is readonly Nested<Scalar>[] {
  return Array.isArray(value);
}

/** What JSON has no way to write. */
function jsonItem(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function isComplex(item: Complex | StructuredScalar): item is Complex {
  return typeof item.re === "number" && typeof item.im === "number" && Object.keys(item).length === 2;
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
