import { allocate } from "./allocate.ts";
import { type Field, fieldSize } from "./field.ts";
import { gather, type Layout } from "./gather.ts";
import { itemTypeOf } from "./item_type.ts";
import type { NDArray } from "./ndarray.ts";
import { StridedArray } from "./strided_array.ts";
import { cStride, itemCount } from "./strides.ts";

/**
 * The items of one field of a structured array. A view if the field lies so that a typed array can be laid over it (its bytes are aligned, and
 * the structure's size is a multiple of the field's), else a copy.
 *
 * @param layout Where the structures lie.
 * @param itemsize Bytes a structure.
 * @param field The field.
 */
export function fieldView(layout: Layout, itemsize: number, field: Field): NDArray {
  const type = itemTypeOf(field.dtype, field.fields);
  const inner = field.shape ?? [];
  const shape = [...layout.shape, ...inner];
  const { slotSize } = type.storage;
  const size = type.parts.itemsize;
  const aligned = size > 0 && itemsize % size === 0 &&
    (layout.bytes.byteOffset + field.offset) % slotSize === 0;
  if (aligned && itemCount(shape) > 0) {
    const ratio = itemsize / size;
    const stride = [...layout.stride.map((step) => step * ratio), ...cStride(inner)];
    // The last structure's bytes may end before a whole number of the field's items does.
    const items = Math.floor((layout.bytes.length - field.offset) / size);
    const data = type.view(
      layout.bytes.buffer,
      layout.bytes.byteOffset + field.offset,
      items * type.itemLength,
    );
    return StridedArray.trimmed(type, data, shape, stride, layout.offset * ratio);
  }
  const copy = allocate(itemCount(shape) * size);
  gatherField(layout, field, copy);
  return new StridedArray(type, type.view(copy.buffer, 0, copy.length / slotSize), shape, cStride(shape), 0);
}

/** Copies a field's bytes of each structure, in C order: each byte of the structures is an item, and the field's are the last axis. */
function gatherField(layout: Layout, field: Field, target: Uint8Array): void {
  const { itemsize } = layout;
  gather({
    bytes: layout.bytes,
    itemsize: 1,
    shape: [...layout.shape, fieldSize(field)],
    stride: [...layout.stride.map((step) => step * itemsize), 1],
    offset: layout.offset * itemsize + field.offset,
  }, target);
}
