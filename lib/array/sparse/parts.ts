/**
 * The ways in which scipy keeps sparse arrays; the parts of each, under scipy's names; and whether parts make an array: what scipy relies on, and
 * mostly does not check.
 *
 * @module
 */
import { lengthOf } from "../../bytes.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { ArrayInput } from "../creation.ts";
import type { NDArray } from "../ndarray.ts";
import {
  asIndexArray,
  asValues,
  type IndexArray,
  type IndexInput,
  type IndexNumbers,
  numbersOf,
} from "./values.ts";

/**
 * How a sparse array is kept: by compressed rows (`csr`) or columns (`csc`), by compressed rows of blocks (`bsr`), by coordinates (`coo`), or by
 * diagonals (`dia`). Scipy's names.
 */
export type SparseFormat = "csr" | "csc" | "bsr" | "coo" | "dia";

/** Rows and columns. */
export type SparseShape = readonly [rows: number, columns: number];

/** The parts of a `csr` or `csc` array with `nnz` entries. Those of row (column) `i` are at `indptr[i]` to `indptr[i + 1]`. */
export interface CompressedParts {
  /** Values, of shape [nnz]. */
  readonly data: NDArray;
  /** The column (`csc`: the row) of each, of shape [nnz]. */
  readonly indices: IndexArray;
  /** Where each row (column) begins, and where the last one ends: of shape [rows + 1] ([columns + 1]). */
  readonly indptr: IndexArray;
}

/** The parts of a `bsr` array of blocks of R × C items. Those of block row `i` are at `indptr[i]` to `indptr[i + 1]`. */
export interface BlockParts {
  /** Blocks, of shape [blocks, R, C]. */
  readonly data: NDArray;
  /** The block column of each, of shape [blocks]. */
  readonly indices: IndexArray;
  /** Where each block row begins, and where the last one ends: of shape [rows / R + 1]. */
  readonly indptr: IndexArray;
}

/** The parts of a `coo` array: all of shape [nnz]. Entries of the same place are summed. */
export interface CoordinateParts {
  /** The row of each entry. */
  readonly row: IndexArray;
  /** The column of each entry. */
  readonly col: IndexArray;
  /** The value of each entry. */
  readonly data: NDArray;
}

/** The parts of a `dia` array. */
export interface DiagonalParts {
  /** Diagonals, of shape [diagonals, length]: `data[k, j]` is the item of diagonal k in column j. */
  readonly data: NDArray;
  /** How far right of the main diagonal each diagonal lies, of shape [diagonals]; no two alike. */
  readonly offsets: IndexArray;
}

/** The parts of each format. */
export interface SparseParts {
  /** Compressed rows. */
  readonly csr: CompressedParts;
  /** Compressed columns. */
  readonly csc: CompressedParts;
  /** Compressed rows of blocks. */
  readonly bsr: BlockParts;
  /** Coordinates. */
  readonly coo: CoordinateParts;
  /** Diagonals. */
  readonly dia: DiagonalParts;
}

/** Parts as they may be given: values as any array, indices as any array of whole numbers. */
export type PartsInput<P> = {
  readonly [Name in keyof P]: P[Name] extends IndexArray ? IndexInput : ArrayInput;
};

/** The parts of each format as they may be given. */
export type SparsePartsInput = { readonly [F in SparseFormat]: PartsInput<SparseParts[F]> };

/** The names of each format's parts, in the order in which Python lists them. */
export const PART_NAMES: { readonly [F in SparseFormat]: readonly (keyof SparseParts[F] & string)[] } = {
  csr: ["data", "indices", "indptr"],
  csc: ["data", "indices", "indptr"],
  bsr: ["data", "indices", "indptr"],
  coo: ["row", "col", "data"],
  dia: ["data", "offsets"],
};

/** Whether a string is a format's name. */
export function isSparseFormat(text: unknown): text is SparseFormat {
  return typeof text === "string" && Object.hasOwn(PART_NAMES, text);
}

/** Takes the parts of each format, once they have proved to fit the shape and each other. */
export const CHECK_PARTS: {
  readonly [F in SparseFormat]: (shape: SparseShape, parts: SparsePartsInput[F]) => SparseParts[F];
} = {
  csr: ([rows, columns], parts) =>
    checkCompressed(parts, asValues(parts.data, 1), rows, columns, ["rows", "columns"]),
  csc: ([rows, columns], parts) =>
    checkCompressed(parts, asValues(parts.data, 1), columns, rows, ["columns", "rows"]),
  bsr: ([rows, columns], parts) => {
    const data = asValues(parts.data, 3);
    const [, height, width] = data.shape;
    if (!(rows % height === 0 && columns % width === 0)) {
      throw partsError(
        `${rows} rows and ${columns} columns can't be cut into blocks of ${height} × ${width}`,
      );
    }
    return checkCompressed(parts, data, rows / height, columns / width, [
      "rows of blocks",
      "columns of blocks",
    ]);
  },
  coo: ([rows, columns], parts) => {
    const data = asValues(parts.data, 1);
    const row = asIndexArray("row", parts.row);
    const col = asIndexArray("col", parts.col);
    if (row.size !== data.size || col.size !== data.size) {
      throw partsError(
        `data has ${data.size} items, row ${row.size} and col ${col.size}: they must be as many`,
      );
    }
    checkRange("row", numbersOf("row", row), rows, "rows");
    checkRange("col", numbersOf("col", col), columns, "columns");
    return { row, col, data };
  },
  dia: (_shape, parts) => {
    const data = asValues(parts.data, 2);
    const offsets = asIndexArray("offsets", parts.offsets);
    if (offsets.size !== data.shape[0]) {
      throw partsError(`data has ${data.shape[0]} diagonals, but there are ${offsets.size} offsets`);
    }
    if (new Set(numbersOf("offsets", offsets)).size !== offsets.size) {
      throw partsError("two offsets are the same");
    }
    return { data, offsets };
  },
};

/**
 * Takes a shape.
 *
 * @throws {InvalidArgumentError} when it isn't two lengths.
 */
export function checkShape(shape: readonly number[]): SparseShape {
  const isShape = Array.isArray(shape) && shape.length === 2 && shape.every(isLength);
  if (!isShape) throw partsError(`[${shape}] is no shape of two lengths`);
  return [shape[0], shape[1]];
}

/** Whether a value can be a number of rows or columns. */
export function isLength(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function checkCompressed(
  parts: Pick<PartsInput<CompressedParts>, "indices" | "indptr">,
  data: NDArray,
  major: number,
  minor: number,
  [majors, minors]: readonly [string, string],
): CompressedParts {
  const indptr = asIndexArray("indptr", parts.indptr);
  const indices = asIndexArray("indices", parts.indices);
  if (indptr.size !== major + 1) {
    throw partsError(`indptr has ${indptr.size} items, and for ${major} ${majors} it must have ${major + 1}`);
  }
  if (indices.size !== data.shape[0]) {
    throw partsError(`data has ${data.shape[0]} items and indices ${indices.size}: they must be as many`);
  }
  const pointers = numbersOf("indptr", indptr);
  if (pointers[0] !== 0) throw partsError(`indptr begins with ${pointers[0]}, not with 0`);
  for (let i = 0; i < major; i++) {
    if (pointers[i + 1] < pointers[i]) {
      throw partsError(`indptr goes down, from ${pointers[i]} to ${pointers[i + 1]} at ${i + 1}`);
    }
  }
  const count = pointers[major];
  if (count > indices.size) {
    throw partsError(`indptr ends with ${count}, but there are ${indices.size} indices`);
  }
  // Room beyond the last entry, which scipy leaves while it builds arrays, is no part of it.
  const hasRoom = count < indices.size;
  const used = hasRoom ? asIndexArray("indices", indices.slice([0, count])) : indices;
  checkRange("indices", numbersOf("indices", used), minor, minors);
  return { data: hasRoom ? data.slice([0, count]) : data, indices: used, indptr };
}

function checkRange(name: string, indices: IndexNumbers, length: number, what: string): void {
  const count = lengthOf(indices);
  for (let i = 0; i < count; i++) {
    if (!(indices[i] >= 0 && indices[i] < length)) {
      throw partsError(`${name} holds ${indices[i]} at ${i}, but there are ${length} ${what}`);
    }
  }
}

function partsError(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`these parts make no sparse array: ${what}`);
}
