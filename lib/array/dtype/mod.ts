/**
 * What the items of an array are: dtypes, the fields of structures, items as JavaScript values, and the typed arrays that hold them.
 *
 * @module
 */
export { swapBytes, swapFields } from "./byte_order.ts";
export {
  checkFields,
  type Descr,
  type DescribedDType,
  descrOf,
  type Field,
  type FieldDescr,
  fieldSize,
  MAX_NESTING,
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
export { type ItemType, itemTypeOf } from "./item_type.ts";
export {
  type Complex,
  fromFloat16,
  HAS_FLOAT16,
  NaT,
  type Nested,
  type Scalar,
  type ScalarOf,
  type StructuredScalar,
} from "./scalar.ts";
export { toFloat16 } from "./scalar.ts";
