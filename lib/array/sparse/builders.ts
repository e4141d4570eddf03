/**
 * Sparse arrays as they are built up: by lists of rows (scipy's `lil`), and by a map from places to values (scipy's `dok`).
 *
 * @module
 */
import { InvalidArgumentError } from "../../errors.ts";
import { asNDArray } from "../creation.ts";
import { type Complex, type DType, parseDType } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { compressedParts } from "./convert.ts";
import { CHECKED, checkedShape, type CompressedParts } from "./format.ts";
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
  const shape = checkedShape(array.shape);
  const { row, col, data } = array.format === "lil" ? listed(array.rows, shape[0]) : mapped(array.entries);
  const given = CHECKED.coo(shape, { row, col, data: valuesOf(data, array.dtype) });
  const entries = {
    row: numbersOf("row", given.row),
    col: numbersOf("col", given.col),
    place: Int32Array.from(data.keys()),
    values: given.data.toNative(),
  };
  const parts = compressedParts(shape, entries, 0, { summed: true });
  if (parts.data.size < data.length) {
    throw new InvalidArgumentError("two values are given for the same place of a sparse array");
  }
  return parts;
}

interface Lists {
  readonly row: number[];
  readonly col: number[];
  readonly data: SparseValue[];
}

function listed(rows: readonly LilRow[], count: number): Lists {
  if (!Array.isArray(rows) || rows.length !== count) {
    throw new InvalidArgumentError(`${rows?.length ?? "no"} rows are listed for an array of ${count} rows`);
  }
  const lists: Lists = { row: [], col: [], data: [] };
  for (const [row, { indices, data }] of rows.entries()) {
    if (indices.length !== data.length) {
      throw new InvalidArgumentError(`row ${row} has ${indices.length} columns and ${data.length} values`);
    }
    for (let i = 0; i < indices.length; i++) push(lists, row, indices[i], data[i]);
  }
  return lists;
}

function mapped(entries: DokArray["entries"]): Lists {
  const lists: Lists = { row: [], col: [], data: [] };
  if (!(Symbol.iterator in Object(entries))) {
    throw new InvalidArgumentError(
      "the entries of a dok array are a Map from [row, column] to values, or such pairs",
    );
  }
  for (const [[row, column], value] of entries) push(lists, row, column, value);
  return lists;
}

function push({ row, col, data }: Lists, i: number, j: number, value: SparseValue): void {
  row.push(i);
  col.push(j);
  data.push(value);
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
