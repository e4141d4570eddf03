import { assert, assertEquals } from "@std/assert";
import { type AxisRange, type PlannedRead, planReads } from "../../lib/array/range_plan.ts";

const NO_MERGE = { gap: 0, longest: Infinity };

/** What the plan would copy, for an array whose bytes are their own offsets (mod 251). */
function carryOut(
  reads: Iterable<PlannedRead>,
  total: number,
): { bytes: number[]; fetched: number; reads: number } {
  const bytes: number[] = [];
  let fetched = 0;
  let count = 0;
  for (const { offset, length, pieces, pieceLength, target } of reads) {
    assert(offset >= 0 && offset + length <= total, "reads stay within the array");
    assertEquals(target, bytes.length, "targets follow each other");
    for (const piece of pieces) {
      assert(piece >= 0 && piece + pieceLength <= length, "pieces lie within their read");
      for (let i = 0; i < pieceLength; i++) bytes.push((offset + piece + i) % 251);
    }
    fetched += length;
    count++;
  }
  return { bytes, fetched, reads: count };
}

/** The same, item by item. */
function expected(shape: readonly number[], selection: readonly AxisRange[], itemsize: number): number[] {
  let offsets = [0];
  for (const [axis, { start, step, count }] of selection.entries()) {
    const next: number[] = [];
    for (const offset of offsets) {
      for (let i = 0; i < count; i++) next.push(offset * shape[axis] + start + i * step);
    }
    offsets = next;
  }
  return offsets.flatMap((offset) =>
    Array.from({ length: itemsize }, (_, i) => (offset * itemsize + i) % 251)
  );
}

function all(shape: readonly number[]): AxisRange[] {
  return shape.map((count) => ({ start: 0, step: 1, count }));
}

Deno.test("a whole array is one read, 0-d arrays included", () => {
  assertEquals([...planReads([4, 5], all([4, 5]), 8, NO_MERGE)], [
    { offset: 0, length: 160, pieces: [0], pieceLength: 160, target: 0 },
  ]);
  assertEquals([...planReads([], [], 8, NO_MERGE)].length, 1);
});

Deno.test("an empty selection and items without bytes are no read", () => {
  assertEquals([
    ...planReads([4, 5], [{ start: 0, step: 1, count: 0 }, { start: 0, step: 1, count: 5 }], 8, NO_MERGE),
  ], []);
  assertEquals([...planReads([4], all([4]), 0, NO_MERGE)], []);
});

Deno.test("rows that lie together are one read, columns one read a row unless they are merged", () => {
  const rows = [{ start: 1, step: 1, count: 2 }, { start: 0, step: 1, count: 5 }];
  assertEquals(carryOut(planReads([4, 5], rows, 8, NO_MERGE), 160).reads, 1);
  const column = [{ start: 0, step: 1, count: 4 }, { start: 2, step: 1, count: 1 }];
  assertEquals(carryOut(planReads([4, 5], column, 8, NO_MERGE), 160), {
    bytes: expected([4, 5], column, 8),
    fetched: 32,
    reads: 4,
  });
  assertEquals(carryOut(planReads([4, 5], column, 8, { gap: 32, longest: Infinity }), 160).reads, 1);
});

Deno.test("no read is longer than allowed, whatever is merged", () => {
  const reads = [...planReads([1000], all([1000]), 8, { gap: 0, longest: 3000 })];
  assertEquals(reads.map(({ length }) => length), [3000, 3000, 2000]);
  assertEquals(carryOut(reads, 8000).bytes, expected([1000], all([1000]), 8));
});

Deno.test("random selections give the same bytes as going item by item", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  for (let round = 0; round < 500; round++) {
    const shape = Array.from({ length: random(4) }, () => 1 + random(7));
    const selection = shape.map((length) => {
      const start = random(length);
      const step = 1 + random(3);
      return { start, step, count: random(Math.ceil((length - start) / step) + 1) };
    });
    const itemsize = 1 + random(9);
    const options = { gap: random(40), longest: itemsize + random(100) };
    const total = shape.reduce((a, b) => a * b, itemsize);
    assertEquals(
      carryOut(planReads(shape, selection, itemsize, options), total).bytes,
      expected(shape, selection, itemsize),
    );
  }
});
