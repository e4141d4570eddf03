/**
 * Arrays as numpy has them: dtypes, views with strides, the .npy format, and cottoncandy's raw format. Nothing here knows of storage.
 *
 * @module
 */

export { type ArrayInput, asNDArray, type PlainScalar } from "./creation.ts";
export { bytesOf, contiguousBytes } from "./bytes.ts";
export { arrayFromBytes, type ArrayHeader } from "./creation.ts";
export {
  type Descr,
  type DescribedDType,
  descrOf,
  type Field,
  type FieldDescr,
  parseDescr,
} from "./descr.ts";
export {
  type BigIntegerDType,
  type BoolDType,
  type ByteOrder,
  type BytesDType,
  type ComplexDType,
  type DataOf,
  type DateTimeDType,
  type DType,
  type DTypeKind,
  type DTypeOf,
  type DTypeParts,
  type FloatDType,
  type IntegerDType,
  isDType,
  type NativeOf,
  parseDType,
  partsOf,
  type TypedArray,
  type UnicodeDType,
  type VoidDType,
} from "./dtype.ts";
export { isNDArray, type NDArray, type ZarritaChunk, type ZarritaDataOf } from "./ndarray.ts";
export { ndarray, type NDArrayOptions } from "./creation.ts";
export { npyDecode, npyEncode, type NpyOptions, npySize, type NpyStream, readNpy } from "./formats/mod.ts";
export {
  type NpyHeader,
  npyHeader,
  type NpyHeaderInit,
  type NpyHeaderResult,
  parseNpyHeader,
} from "./formats/mod.ts";
export { DESCR_KEY, parseRawMetadata, type RawHeader, rawMetadata } from "./formats/mod.ts";
export {
  type Complex,
  NaT,
  type Nested,
  type Scalar,
  type ScalarOf,
  type StructuredScalar,
} from "./scalar.ts";
export { type AxisSelection, resolveSelection, type Selection } from "./slice.ts";
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
export type { ArrayDict, ArrayTree, TreeNode } from "./tree.ts";
export type { Chunks } from "./chunks/mod.ts";
export type { Slabs } from "./chunks/mod.ts";
export { typedChunks } from "./formats/mod.ts";
export { copyItems } from "./gather.ts";
export { ascending, type AxisRange, restored } from "./slice.ts";
export { cStride, isCContiguous, isFContiguous, itemCount } from "./strides.ts";
export { buildTree, flattenTree, hiddenNames, type TreeLeaf } from "./tree.ts";
