import { assert, assertEquals, assertRejects } from "@std/assert";
import { chunksFrom } from "../../lib/array/chunks/chunk_lengths.ts";
import { Grid } from "../../lib/array/chunks/grid.ts";
import { cutArray, recutSlabs, type Slabs } from "../../lib/array/cutting/recut.ts";
import { type ArrayInput, type NDArray, ndarray } from "../../lib/array/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { ByteBudget } from "../../lib/streams/mod.ts";
import { generator } from "./random.ts";

function ramp(shape: readonly number[]): NDArray<"<i4"> {
  return ndarray(Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i), shape);
}

/** An array in slabs of some lengths, all of them in one buffer that is used again and again. */
async function* slabsOf(array: NDArray, axis: number, lengths: readonly number[]): AsyncIterable<NDArray> {
  const buffer = new Int32Array(array.size + 1);
  let start = 0;
  for (const length of lengths) {
    const slab = array.slice(
      ...array.shape.map((_, i): [number, number] | null => i === axis ? [start, start + length] : null),
    );
    start += length;
    const values = Int32Array.from(slab, Number);
    buffer.set(values);
    yield await Promise.resolve(ndarray(buffer.subarray(0, values.length), slab.shape));
    buffer.fill(-1);
  }
}

function parts(total: number, below: (n: number) => number): number[] {
  const lengths: number[] = [];
  for (let left = total; left > 0;) {
    const length = Math.min(left, below(5));
    lengths.push(length);
    left -= length;
  }
  return lengths;
}

Deno.test("slabs that are cut anywhere become the chunks that an array in memory is cut into", async () => {
  const below = generator(5);
  for (let round = 0; round < 100; round++) {
    const shape = Array.from({ length: 1 + below(3) }, () => 1 + below(9));
    const axis = below(shape.length);
    const array = ramp(shape);
    const grid = new Grid(chunksFrom(shape, shape.map(() => 1 + below(6))));
    const expected = new Map<number, unknown>();
    for await (const { cell, array: chunk, release } of cutArray(array, grid, new ByteBudget(Infinity))) {
      expected.set(cell.number, [cell.shape, chunk.toNested()]);
      release();
    }
    const slabs = slabsOf(array, axis, parts(shape[axis], below));
    const budget = new ByteBudget(64);
    const actual = new Map<number, unknown>();
    for await (
      const { cell, array: chunk, release } of recutSlabs({ shape, dtype: "<i4", slabs }, grid, axis, budget)
    ) {
      assert(!actual.has(cell.number));
      actual.set(cell.number, [cell.shape, chunk.toNested()]);
      release();
    }
    assertEquals([...actual].sort(([a], [b]) => a - b), [...expected]);
    assertEquals(budget.used, 0, "all memory was given back");
  }
});

Deno.test("no more memory is taken than the budget has", async () => {
  const array = ramp([64, 4]);
  const budget = new ByteBudget(4 * 16 * 2);
  const grid = new Grid(chunksFrom([64, 4], [4, null]));
  const held: (() => void)[] = [];
  const chunks = recutSlabs({ shape: [64, 4], dtype: "<i4", slabs: slabsOf(array, 0, [64]) }, grid, 0, budget)
    [Symbol.asyncIterator]();
  for (let i = 0; i < 2; i++) {
    const step = await chunks.next();
    if (!step.done) held.push(step.value.release);
  }
  const third = chunks.next();
  assertEquals(
    await Promise.race([third, new Promise((resolve) => setTimeout(resolve, 20, "waits"))]),
    "waits",
  );
  held[0]();
  const step = await third;
  assert(!step.done);
  assertEquals(step.value.array.get(0, 0), 2 * 16);
  await chunks.return();
});

Deno.test("one slab can hold an array without axes, and none an array without items", async () => {
  const all = async (source: Slabs, grid: Grid, axis?: number) => {
    const values: unknown[] = [];
    for await (const { array } of recutSlabs(source, grid, axis, new ByteBudget(100))) {
      values.push(array.toNested());
    }
    return values;
  };
  assertEquals(await all({ shape: [], dtype: "<f8", slabs: [7] }, new Grid([])), [7]);
  assertEquals(await all({ shape: [0, 2], dtype: "<f8", slabs: [] }, new Grid([[0], [2]]), 0), [[]]);
  assertEquals(
    await all({ shape: [3], dtype: "<f8", slabs: [[1], new Float64Array(0), [2, 3]] }, new Grid([[2, 1]]), 0),
    [[1, 2], [3]],
  );
});

Deno.test("slabs that don't fit are refused, and whoever makes them is told that it is over", async () => {
  const refused: [readonly ArrayInput[], string][] = [
    [[], "end after 0 of 4"],
    [[ramp([3, 2])], "end after 3 of 4"],
    [[ramp([3, 2]), ramp([2, 2])], "go on after 5 of 4"],
    [[ramp([4, 2]), ramp([1, 2])], "go on after 5 of 4"],
    [[ramp([4, 3])], "shape [4,3]"],
    [[ramp([8])], "shape [8]"],
    [[ramp([2, 4])], "shape [2,4]"],
    [[new Float64Array(8)], "dtype <f8"],
  ];
  for (const [slabs, message] of refused) {
    let ended = false;
    const source = async function* () {
      try {
        for (const slab of slabs) yield await Promise.resolve(slab);
      } finally {
        ended = true;
      }
    };
    const grid = new Grid([[2, 2], [2]]);
    await assertRejects(
      async () => {
        const chunks = recutSlabs(
          { shape: [4, 2], dtype: "<i4", slabs: source() },
          grid,
          0,
          new ByteBudget(1000),
        );
        for await (const { release } of chunks) release();
      },
      InvalidArgumentError,
      message,
    );
    assert(ended, message);
  }
});

Deno.test("fields must agree", async () => {
  const field = (name: string) =>
    ndarray(new Uint8Array(8), [2], { dtype: "|V4", fields: [{ name, dtype: "<f4", offset: 0 }] });
  const run = async (slabs: NDArray[]) => {
    const names = [];
    for await (
      const { array } of recutSlabs(
        { shape: [4], dtype: "|V4", slabs },
        new Grid([[4]]),
        0,
        new ByteBudget(100),
      )
    ) {
      names.push(array.fields?.[0].name);
    }
    return names;
  };
  assertEquals(await run([field("x"), field("x")]), ["x"]);
  await assertRejects(() => run([field("x"), field("y")]), InvalidArgumentError, "fields");
});
