/**
 * What the items of an array are: dtypes, the fields of structures, items as JavaScript values, and the typed arrays that hold them.
 *
 * @module
 */
export * from "./descr.ts";
export * from "./dtype.ts";
export * from "./item_type.ts";
export {
  type Complex,
  fromFloat16,
  HAS_FLOAT16,
  NaT,
  type Nested,
  type Scalar,
  type ScalarOf,
  type StructuredScalar,
  toFloat16,
} from "./scalar.ts";
