/**
 * TODO: what this folder is for.
 *
 * @module
 */
export {
  describeSparse,
  parseSparse,
  parseSparseShape,
  PART_NAMES,
  type SparseDescription,
} from "./format.ts";
export {
  assembleSparse,
  asSparseArray,
  type BlockParts,
  type CompressedParts,
  type CoordinateParts,
  type DiagonalParts,
  type DokArray,
  type IndexArray,
  type IndexInput,
  type LilArray,
  type LilRow,
  type PartsInput,
  SparseArray,
  type SparseFormat,
  type SparseInput,
  type SparseParts,
  type SparsePartsInput,
  type SparseRecord,
  type SparseShape,
  type SparseValue,
} from "./sparse_array.ts";
