/**
 * Arrays as numpy has them: dtypes, views with strides, sparse matrices, the .npy format, and cottoncandy's raw format. Nothing here knows of stores.
 *
 * @module
 */

// What an array is, and its views.
export { isNDArray, type NDArray, type ZarritaChunk, type ZarritaDataOf } from "./ndarray.ts";
export { type AxisSelection, resolveSelection, type Selection } from "./slice.ts";
// Making arrays, and their bytes.
export {
  arrayFromBytes,
  type ArrayHeader,
  type ArrayInput,
  asNDArray,
  ndarray,
  type NDArrayOptions,
  type PlainScalar,
} from "./creation.ts";
export { bytesOf, contiguousBytes } from "./bytes.ts";
// What their items are.
export {
  type BigIntegerDType,
  type BoolDType,
  type ByteOrder,
  type BytesDType,
  type Complex,
  type ComplexDType,
  type DataOf,
  type DateTimeDType,
  type Descr,
  type DescribedDType,
  descrOf,
  type DType,
  type DTypeKind,
  type DTypeOf,
  type DTypeParts,
  type Field,
  type FieldDescr,
  type FloatDType,
  type IntegerDType,
  isDType,
  NaT,
  type NativeOf,
  type Nested,
  parseDescr,
  parseDType,
  partsOf,
  type Scalar,
  type ScalarOf,
  type StructuredScalar,
  type TypedArray,
  type UnicodeDType,
  type VoidDType,
} from "./dtype/mod.ts";
// How they are stored.
export * from "./formats/mod.ts";
export type { Chunks, Slabs } from "./chunks/mod.ts";
// Sparse ones.
export {
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
} from "./sparse/mod.ts";
