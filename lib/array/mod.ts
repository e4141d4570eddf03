/**
 * Arrays as numpy has them: dtypes, views with strides, the .npy format, and cottoncandy's raw format. Nothing here knows of stores.
 *
 * @module
 */

// What an array is, and its views.
export {
  type AxisOptions,
  isNDArray,
  type MeanOf,
  type MinOf,
  type NDArray,
  type StdOptions,
  type SumOf,
  type WithoutAxis,
  type ZarritaChunk,
  type ZarritaDataOf,
} from "./ndarray.ts";
export {
  type AxisSelection,
  type Index,
  parseSlice,
  resolveSelection,
  type Selection,
  type TakenAxis,
} from "./slice.ts";
// Making arrays.
export {
  type ArrayInput,
  asNDArray,
  ndarray,
  type NDArrayOptions,
  type PlainScalar,
  type ZarritaItems,
} from "./creation.ts";
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
  type JsonItems,
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
// Reading and writing them.
export {
  arrayFromBytes,
  type ArrayHeader,
  DESCR_KEY,
  type NpyHeader,
  type NpyHeaderResult,
  parseNpyHeader,
  parseRawMetadata,
  type RawHeader,
  rawMetadata,
} from "./formats/mod.ts";
export { npyDecode, type NpyOptions, type NpyStream, readNpy, typedChunks } from "./reading/mod.ts";
export {
  bytesOf,
  contiguousBytes,
  npyEncode,
  npyHeader,
  type NpyHeaderInit,
  npySize,
} from "./writing/mod.ts";
export type { Chunks } from "./chunks/mod.ts";
export type { Slabs } from "./cutting/mod.ts";
// What sparse ones are; the class and what makes one are in `./sparse`, so that dense arrays come without them.
export type {
  BlockParts,
  CompressedParts,
  CoordinateParts,
  DiagonalParts,
  DokArray,
  IndexArray,
  IndexInput,
  LilArray,
  LilRow,
  PartsInput,
  SparseArray,
  SparseFormat,
  SparseInput,
  SparseParts,
  SparsePartsInput,
  SparseRecord,
  SparseShape,
  SparseValue,
} from "./sparse/mod.ts";
