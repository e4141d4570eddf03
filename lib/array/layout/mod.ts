/**
 * Where the items of an array lie in memory, and copying them from one layout to another. Nothing here knows what the items are.
 *
 * @module
 */
export { copyItems, gatherItems, layoutOf, type MemoryLayout } from "./copy.ts";
export {
  cStride,
  fStride,
  indicesOf,
  isCContiguous,
  isFContiguous,
  itemCount,
  MAX_NDIM,
  reach,
  reshapedStride,
} from "./strides.ts";
