import { assert, assertEquals } from "@std/assert";
import { planBlocks } from "../../lib/array/chunks/blocks.ts";
import { cStride } from "../../lib/array/layout/strides.ts";
import type { AxisRange } from "../../lib/array/chunks/blocks.ts";
import { generator } from "./random.ts";

Deno.test("blocks bring every wanted item to its place, upwards and in little memory", () => {
  const below = generator(11);
  for (let round = 0; round < 600; round++) {
    const shape = Array.from({ length: below(4) }, () => 1 + below(7));
    const selection = shape.map((length): AxisRange => {
      if (below(3) === 0) return { start: 0, step: 1, count: length };
      const start = below(length);
      const step = 1 + below(3);
      return { start, step, count: 1 + below(Math.floor((length - 1 - start) / step) + 1) };
    });
    const itemsize = 1 + below(4);
    const longest = 1 + below(60);
    const gap = below(2) ? undefined : below(20);
    const counts = selection.map(({ count }) => count);
    const targetStride = below(2) ? cStride(counts) : cStride(counts.map((count) => count + 1));
    const stride = cStride(shape);
    const expected = new Map<number, number>();
    const counters = counts.map(() => 0);
    while (true) {
      const from = selection.reduce(
        (sum, { start, step }, i) => sum + (start + counters[i] * step) * stride[i],
        0,
      );
      expected.set(counters.reduce((sum, n, i) => sum + n * targetStride[i], 0), from);
      let axis = counts.length - 1;
      while (axis >= 0 && ++counters[axis] === counts[axis]) counters[axis--] = 0;
      if (axis < 0) break;
    }
    const actual = new Map<number, number>();
    let end = 0;
    for (const block of planBlocks(shape, selection, itemsize, targetStride, { longest, gap })) {
      assert(block.offset >= end, "blocks follow each other");
      assert(block.length <= Math.max(longest, itemsize), "no block is too long");
      end = block.offset + block.length;
      const places: [number, number][] = [];
      const index = block.shape.map(() => 0);
      while (true) {
        places.push([
          block.target + index.reduce((sum, n, i) => sum + n * targetStride[i], 0),
          block.offset / itemsize + index.reduce((sum, n, i) => sum + n * block.stride[i], 0),
        ]);
        let axis = index.length - 1;
        while (axis >= 0 && ++index[axis] === block.shape[axis]) index[axis--] = 0;
        if (axis < 0) break;
      }
      assertEquals(places[0][1] * itemsize, block.offset);
      for (let i = 1; i < places.length; i++) {
        const unwanted = (places[i][1] - places[i - 1][1] - 1) * itemsize;
        assert(unwanted <= (gap ?? Infinity), `${unwanted} unwanted bytes together`);
      }
      assertEquals((places.at(-1)?.[1] ?? 0) * itemsize + itemsize, end);
      if (block.direct) {
        assertEquals(places.length * itemsize, block.length);
        for (const [i, [to, from]] of places.entries()) {
          assertEquals([to, from], [places[0][0] + i, places[0][1] + i]);
        }
      }
      for (const [to, from] of places) {
        assert(!actual.has(to));
        actual.set(to, from);
      }
    }
    assertEquals(actual, expected, JSON.stringify({ shape, selection, itemsize, longest, gap }));
  }
});

Deno.test("what is wanted whole goes straight to its place", () => {
  const all = (shape: number[]) => shape.map((count) => ({ start: 0, step: 1, count }));
  const blocks = [...planBlocks([100, 10], all([100, 10]), 8, [10, 1], { longest: 1600 })];
  assertEquals(blocks.map(({ offset, length, direct }) => [offset, length, direct]), [
    [0, 1600, true],
    [1600, 1600, true],
    [3200, 1600, true],
    [4800, 1600, true],
    [6400, 1600, true],
  ]);
  assertEquals([...planBlocks([], [], 8, [], { longest: 1 })].length, 1);
  assertEquals([...planBlocks([3], all([3]), 0, [1], { longest: 100 })], []);
});

Deno.test("neighbours are read together, and what lies far apart is not", () => {
  const reads = (shape: number[], selection: AxisRange[], gap: number, longest = Infinity) =>
    Array.from(
      planBlocks(shape, selection, 8, cStride(selection.map(({ count }) => count)), { gap, longest }),
      ({ offset, length }) => [offset, length],
    );
  const rows = [{ start: 1, step: 1, count: 2 }, { start: 0, step: 1, count: 5 }];
  assertEquals(reads([4, 5], rows, 0), [[40, 80]]);
  const column = [{ start: 0, step: 1, count: 4 }, { start: 2, step: 1, count: 1 }];
  assertEquals(reads([4, 5], column, 31), [[16, 8], [56, 8], [96, 8], [136, 8]]);
  assertEquals(reads([4, 5], column, 32), [[16, 128]]);
  assertEquals(reads([4, 5], column, 32, 95), [[16, 88], [136, 8]]);
  // Indices that are near each other within planes that are far from each other.
  const corner = [0, 1, 2].map(() => ({ start: 0, step: 1, count: 2 }));
  assertEquals(reads([2, 3, 4], corner, 16), [[0, 48], [96, 48]]);
  assertEquals(reads([1000], [{ start: 0, step: 1, count: 1000 }], 0, 3000), [[0, 3000], [3000, 3000], [
    6000,
    2000,
  ]]);
});
