/**
 * Whether parts make a sparse array: what scipy relies on, and mostly does not check.
 *
 * @module
 */
import { InvalidArgumentError } from "../../errors.ts";
import type { NDArray } from "../ndarray.ts";
import type { PartsInput, SparseFormat, SparseParts, SparsePartsInput, SparseShape } from "./format.ts";
import { asIndexArray, type IndexArray, type IndexNumbers, numbersOf } from "./index_array.ts";
import { asValues } from "./values.ts";
import type { CompressedParts } from "./format.ts";

/** Takes the parts of each format, once they have proved to fit the shape and each other. */
export const CHECKED: {
  readonly [F in SparseFormat]: (shape: SparseShape, parts: SparsePartsInput[F]) => SparseParts[F];
} = {
  csr: ([rows, columns], parts) =>
    compressed(parts, asValues(parts.data, 1), rows, columns, ["rows", "columns"]),
  csc: ([rows, columns], parts) =>
    compressed(parts, asValues(parts.data, 1), columns, rows, ["columns", "rows"]),
  bsr: ([rows, columns], parts) => {
    const data = asValues(parts.data, 3);
    const [, height, width] = data.shape;
    if (!(rows % height === 0 && columns % width === 0)) {
      throw bad(`${rows} rows and ${columns} columns can't be cut into blocks of ${height} × ${width}`);
    }
    return compressed(parts, data, rows / height, columns / width, ["rows of blocks", "columns of blocks"]);
  },
  coo: ([rows, columns], parts) => {
    const data = asValues(parts.data, 1);
    const row = asIndexArray("row", parts.row);
    const col = asIndexArray("col", parts.col);
    if (row.size !== data.size || col.size !== data.size) {
      throw bad(`data has ${data.size} items, row ${row.size} and col ${col.size}: they must be as many`);
    }
    checkRange("row", numbersOf("row", row), rows, "rows");
    checkRange("col", numbersOf("col", col), columns, "columns");
    return { row, col, data };
  },
  dia: (_shape, parts) => {
    const data = asValues(parts.data, 2);
    const offsets = asIndexArray("offsets", parts.offsets);
    if (offsets.size !== data.shape[0]) {
      throw bad(`data has ${data.shape[0]} diagonals, but there are ${offsets.size} offsets`);
    }
    if (new Set(numbersOf("offsets", offsets)).size !== offsets.size) throw bad("two offsets are the same");
    return { data, offsets };
  },
};

/**
 * Takes a shape.
 *
 * @throws {InvalidArgumentError} when it isn't two lengths.
 */
export function checkedShape(shape: readonly number[]): SparseShape {
  const valid = Array.isArray(shape) && shape.length === 2 &&
    shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!valid) throw bad(`[${shape}] is no shape of two lengths`);
  return [shape[0], shape[1]];
}

function compressed(
  parts: Pick<PartsInput<CompressedParts>, "indices" | "indptr">,
  data: NDArray,
  major: number,
  minor: number,
  [majors, minors]: readonly [string, string],
): CompressedParts {
  const indptr = asIndexArray("indptr", parts.indptr);
  const indices = asIndexArray("indices", parts.indices);
  if (indptr.size !== major + 1) {
    throw bad(`indptr has ${indptr.size} items, and for ${major} ${majors} it must have ${major + 1}`);
  }
  if (indices.size !== data.shape[0]) {
    throw bad(`data has ${data.shape[0]} items and indices ${indices.size}: they must be as many`);
  }
  const pointers = numbersOf("indptr", indptr);
  if (pointers[0] !== 0) throw bad(`indptr begins with ${pointers[0]}, not with 0`);
  for (let i = 0; i < major; i++) {
    if (pointers[i + 1] < pointers[i]) {
      throw bad(`indptr goes down, from ${pointers[i]} to ${pointers[i + 1]} at ${i + 1}`);
    }
  }
  const count = pointers[major];
  if (count > indices.size) throw bad(`indptr ends with ${count}, but there are ${indices.size} indices`);
  // Room beyond the last entry, which scipy leaves while it builds arrays, is no part of it.
  const used: IndexArray = count < indices.size
    ? asIndexArray("indices", indices.slice([0, count]))
    : indices;
  checkRange("indices", numbersOf("indices", used), minor, minors);
  return { data: count < data.shape[0] ? data.slice([0, count]) : data, indices: used, indptr };
}

function checkRange(name: string, indices: IndexNumbers, length: number, what: string): void {
  for (let i = 0; i < indices.length; i++) {
    if (!(indices[i] >= 0 && indices[i] < length)) {
      throw bad(`${name} holds ${indices[i]} at ${i}, but there are ${length} ${what}`);
    }
  }
}

function bad(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`these parts make no sparse array: ${what}`);
}
