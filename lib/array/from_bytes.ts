import { IntegrityError } from "../errors.ts";
import { type DType, type Field, itemTypeOf, parseDType } from "./dtype/mod.ts";
import { cStride, fStride, itemCount } from "./layout/mod.ts";
import type { NDArray } from "./ndarray.ts";
import { StridedArray } from "./strided_array.ts";

/** What bytes are to be read as. */
export interface ArrayHeader<D extends DType = DType> {
  /** What the items are. */
  readonly dtype: D;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Whether the last axis (`"C"`, the default) or the first (`"F"`) lies together. */
  readonly order?: "C" | "F";
}

/**
 * Reads bytes as an array. Nothing is copied where the bytes are aligned as their dtype's typed array needs it; other bytes are copied once.
 * Byte-swapped items stay bytes (`toNative` turns them).
 *
 * @param bytes The items, in the order that `header` tells.
 * @param header What they are.
 * @throws {IntegrityError} when the bytes are fewer or more than the shape takes.
 * @throws {InvalidArgumentError} when the shape, fields or dtype are none.
 * @throws {UnsupportedError} when the dtype can't be used here.
 *
 * @example
 * ```ts
 * import { arrayFromBytes } from "@cottoncandy/cottoncandy/array";
 *
 * const bytes = new Uint8Array([1, 0, 2, 0, 3, 0, 4, 0]);
 * const a = arrayFromBytes(bytes, { dtype: "<i2", shape: [2, 2], order: "F" });
 * console.assert(a.get(0, 1) === 3 && a.data.buffer === bytes.buffer);
 * ```
 */
export function arrayFromBytes<D extends DType>(bytes: Uint8Array, header: ArrayHeader<D>): NDArray<D>;
export function arrayFromBytes(bytes: Uint8Array, header: ArrayHeader): NDArray {
  const type = itemTypeOf(parseDType(header.dtype), header.fields);
  const shape = [...header.shape];
  const length = itemCount(shape) * type.parts.itemsize;
  if (bytes.byteLength !== length) {
    throw new IntegrityError(
      `an array of shape [${shape}] and dtype ${type.dtype} takes ${length} bytes, but there are ${bytes.byteLength}`,
    );
  }
  const { slotSize } = type;
  const aligned = bytes.byteOffset % slotSize === 0 ? bytes : new Uint8Array(bytes);
  const data = type.view(aligned.buffer, aligned.byteOffset, length / slotSize);
  return new StridedArray(type, data, shape, header.order === "F" ? fStride(shape) : cStride(shape), 0);
}
