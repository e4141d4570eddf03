/**
 * Sparse arrays as they are built up: by lists of rows (scipy's `lil`), and by a map from places to values (scipy's `dok`).
 *
 * @module
 */
import { InvalidArgumentError } from "../../errors.ts";
import { asNDArray } from "../creation.ts";
import { type Complex, type DType, parseDType } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { compressedParts } from "./entries.ts";
import { CHECK_PARTS, checkShape, type CompressedParts } from "./parts.ts";
import { numbersOf, valueRoom } from "./values.ts";

/** A value of a sparse array that is built up. */
export type SparseValue = number | bigint | boolean | Complex;

/** One row: the columns that have a value, in any order and each once, and the values. */
export interface LilRow {
  /** Columns. */
  readonly indices: readonly number[];
  /** A value for each of them. */
  readonly data: readonly SparseValue[];
}

/** A sparse array as a list of rows: scipy's `lil_matrix`. */
export interface LilArray {
  /** What it is. */
  readonly format: "lil";
  /** Rows and columns. */
  readonly shape: readonly number[];
  /** All rows, empty ones too. */
  readonly rows: readonly LilRow[];
  /** What the values are; default: `<f8` of numbers, `<i8` of bigints, `|b1` of truth values. Complex numbers need it said. */
  readonly dtype?: DType;
}

/** A sparse array as values by their places: scipy's `dok_matrix`. */
export interface DokArray {
  /** What it is. */
  readonly format: "dok";
  /** Rows and columns. */
  readonly shape: readonly number[];
  /** A `Map` from `[row, column]` to the value there, or a list of such pairs; no place twice. */
  readonly entries: Iterable<readonly [place: readonly [row: number, column: number], value: SparseValue]>;
  /** What the values are; default: `<f8` of numbers, `<i8` of bigints, `|b1` of truth values. Complex numbers need it said. */
  readonly dtype?: DType;
}

/**
 * The parts of a `csr` array, with its columns in order, of an array that was built up.
 *
 * @throws {InvalidArgumentError} when it has a value for a place outside of it, or two for one, or values of different kinds.
 */
export function builtParts(array: LilArray | DokArray): CompressedParts {
  const shape = checkShape(array.shape);
  const items = [...array.format === "lil" ? listItems(array.rows, shape[0]) : dokItems(array.entries)];
  const { row, col, data } = CHECK_PARTS.coo(shape, {
    row: items.map(([row]) => row),
    col: items.map(([, column]) => column),
    data: valuesOf(items.map(([, , value]) => value), array.dtype),
  });
  const entries = {
    row: numbersOf("row", row),
    col: numbersOf("col", col),
    place: Int32Array.from(items.keys()),
    values: data.toNative(),
  };
  const parts = compressedParts(shape, entries, 0, { summed: true });
  if (parts.data.size < items.length) {
    throw new InvalidArgumentError("two values are given for the same place of a sparse array");
  }
  return parts;
}

type Item = readonly [row: number, column: number, value: SparseValue];

function* listItems(rows: readonly LilRow[], count: number): Iterable<Item> {
  if (!Array.isArray(rows) || rows.length !== count) {
    throw new InvalidArgumentError(`${rows?.length ?? "no"} rows are listed for an array of ${count} rows`);
  }
  for (const [row, { indices, data }] of rows.entries()) {
    if (indices.length !== data.length) {
      throw new InvalidArgumentError(`row ${row} has ${indices.length} columns and ${data.length} values`);
    }
    for (let i = 0; i < indices.length; i++) yield [row, indices[i], data[i]];
  }
}

function* dokItems(entries: DokArray["entries"]): Iterable<Item> {
  if (!(Symbol.iterator in Object(entries))) {
    throw new InvalidArgumentError(
      "the entries of a dok array are a Map from [row, column] to values, or such pairs",
    );
  }
  for (const [[row, column], value] of entries) yield [row, column, value];
}

function valuesOf(values: readonly SparseValue[], dtype: DType | undefined): NDArray {
  if (dtype === undefined) {
    return asNDArray(values.map((value) => {
      if (typeof value !== "object") return value;
      throw new InvalidArgumentError('complex values need a dtype: "<c16", say');
    }));
  }
  const array = valueRoom(parseDType(dtype), [values.length]);
  values.forEach((value, i) => array.set(value, i));
  return array;
}
