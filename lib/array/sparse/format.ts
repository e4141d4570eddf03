/**
 * The ways in which scipy keeps sparse arrays, and the parts of each, under scipy's names.
 *
 * @module
 */
import type { ArrayInput } from "../as_ndarray.ts";
import type { NDArray } from "../ndarray.ts";
import type { IndexArray, IndexInput } from "./index_array.ts";

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
