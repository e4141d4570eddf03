import { isDType } from "./dtype.ts";
import type { NDArray } from "./ndarray.ts";
import { StridedArray } from "./strided_array.ts";

/**
 * Whether a value is an array, made by this copy of the module or by another one.
 *
 * @example
 * ```ts
 * import { isNDArray, ndarray } from "@cottoncandy/cottoncandy/array";
 *
 * console.assert(isNDArray(ndarray(Float32Array.of(1, 2))));
 * console.assert(!isNDArray(Float32Array.of(1, 2)) && !isNDArray({ shape: [2] }));
 * ```
 */
export function isNDArray(value: unknown): value is NDArray {
  if (value instanceof StridedArray) return true;
  return typeof value === "object" && value !== null && "data" in value && ArrayBuffer.isView(value.data) &&
    "shape" in value && Array.isArray(value.shape) && "stride" in value && Array.isArray(value.stride) &&
    "offset" in value && typeof value.offset === "number" &&
    "dtype" in value && typeof value.dtype === "string" && isDType(value.dtype);
}
