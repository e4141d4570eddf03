/**
 * Sparse arrays as scipy has them, in memory: of parts that are checked (`parts.ts`, of the indices and values of `values.ts`), as a class with conversions
 * (`sparse_array.ts`, by way of the entries of `entries.ts`), built up by rows or places (`builders.ts`), and as `metadata.json` describes them
 * (`description.ts`).
 *
 * Source: the documentation of `scipy.sparse`, and running it.
 *
 * @module
 */
export type { DokArray, LilArray, LilRow, SparseValue } from "./builders.ts";
export { describeSparse, parseSparse, parseSparseShape, type SparseDescription } from "./description.ts";
export {
  type BlockParts,
  type CompressedParts,
  type CoordinateParts,
  type DiagonalParts,
  PART_NAMES,
  type PartsInput,
  type SparseFormat,
  type SparseParts,
  type SparsePartsInput,
  type SparseShape,
} from "./parts.ts";
export {
  assembleSparse,
  asSparseArray,
  SparseArray,
  type SparseInput,
  type SparseRecord,
} from "./sparse_array.ts";
export type { IndexArray, IndexInput } from "./values.ts";
