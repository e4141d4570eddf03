import { assertEquals } from "@std/assert";
import { copyItems, type MemoryLayout } from "../../lib/array/layout/copy.ts";
import { cStride } from "../../lib/array/layout/strides.ts";
import { generator } from "./random.ts";

/** All indices of a shape, in C order. */
function* indices(shape: readonly number[]): Iterable<number[]> {
  if (shape.length === 0) return yield [];
  for (let i = 0; i < shape[0]; i++) for (const rest of indices(shape.slice(1))) yield [i, ...rest];
}

/** A box of `shape` within a larger array whose axes lie in `order`, some of them downwards. */
function boxIn(
  shape: readonly number[],
  itemsize: number,
  random: () => number,
  byteOffset: number,
): MemoryLayout {
  const around = shape.map((length) => length + Math.floor(random() * 3));
  const order = shape.map((_, axis) => axis).sort(() => random() - 0.5);
  const packed = cStride(order.map((axis) => around[axis]));
  const stride = shape.map((_, axis) => packed[order.indexOf(axis)]);
  const size = around.reduce((a, b) => a * b, 1);
  let offset = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    offset += Math.floor(random() * (around[axis] - shape[axis] + 1)) * stride[axis];
    if (random() < 0.3 && shape[axis] > 0) {
      offset += (shape[axis] - 1) * stride[axis];
      stride[axis] = -stride[axis];
    }
  }
  const bytes = new Uint8Array(new ArrayBuffer(byteOffset + size * itemsize), byteOffset);
  return { bytes, itemsize, shape, stride, offset };
}

function place({ stride, offset, itemsize }: MemoryLayout, index: readonly number[]): number {
  return index.reduce((sum, i, axis) => sum + i * stride[axis], offset) * itemsize;
}

Deno.test("items are copied from any box to any box, and nothing beside it is touched", () => {
  const whole = generator(7);
  const random = () => whole(1_000_003) / 1_000_003;
  for (let round = 0; round < 400; round++) {
    const ndim = Math.floor(random() * 4);
    const shape = Array.from({ length: ndim }, () => Math.floor(random() * (round % 9 === 0 ? 80 : 6)));
    if (shape.reduce((a, b) => a * b, 1) > 100_000) continue;
    const itemsize = [1, 2, 3, 4, 8, 12, 16, 5][Math.floor(random() * 8)];
    const source = boxIn(shape, itemsize, random, Math.floor(random() * 5));
    const target = boxIn(shape, itemsize, random, Math.floor(random() * 5));
    for (let i = 0; i < source.bytes.length; i++) source.bytes[i] = 1 + Math.floor(random() * 255);
    const expected = target.bytes.slice();
    for (const index of indices(shape)) {
      const from = place(source, index);
      expected.set(source.bytes.subarray(from, from + itemsize), place(target, index));
    }
    copyItems(source, target);
    assertEquals(target.bytes, expected, JSON.stringify({ shape, itemsize, round }));
  }
});
