import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Chunks } from "../../lib/array/chunks/mod.ts";
import { bufferChunks, chunksFrom } from "../../lib/array/chunks/chunk_lengths.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import vectors from "../vectors/chunk_lengths.json" with { type: "json" };

const MiB = 1024 * 1024;

/** The lengths as Python has them are by one off where the exact one is whole: there numpy's own builds differ. */
function isWholeNumber(
  itemsize: number,
  shape: readonly number[],
  axis: number,
  buffersize: number,
): boolean {
  const others = shape.filter((_, i) => i !== (axis + shape.length) % shape.length);
  return buffersize % others.reduce((a, b) => a * b, itemsize) === 0;
}

Deno.test("arrays are cut where Python's cottoncandy cuts them", () => {
  let off = 0;
  for (
    const [shape, itemsize, axis, buffersize, expected] of vectors as [
      number[],
      number,
      number | null,
      number,
      Chunks,
    ][]
  ) {
    const chunks = bufferChunks(shape, itemsize, { axis, buffersize });
    if (JSON.stringify(chunks) === JSON.stringify(expected)) continue;
    const told = JSON.stringify({ shape, itemsize, axis, buffersize, chunks, expected });
    assert(axis !== null && isWholeNumber(itemsize, shape, axis, buffersize), told);
    off++;
  }
  assert(off <= 3, `${off} of ${vectors.length} cases differ`);
});

Deno.test("the reference's own examples", () => {
  // 600 along the axis in chunks of 160, without the empty one at the end.
  assertEquals(bufferChunks([64, 1024, 600], 1, { buffersize: 10 * MiB }), [[64], [1024], [
    160,
    160,
    160,
    120,
  ]]);
  assertEquals(bufferChunks([2, 3, 4], 8), [[2], [3], [4]]);
  assertEquals(bufferChunks([2, 3, 4], 8, { axis: null }), [[2], [3], [4]]);
});

Deno.test("arrays without axes, items or bytes have one chunk along each axis", () => {
  assertEquals(bufferChunks([], 8), []);
  assertEquals(bufferChunks([], 8, { axis: null }), []);
  assertEquals(bufferChunks([0], 8), [[0]]);
  assertEquals(bufferChunks([3, 0, 2], 8), [[3], [0], [2]]);
  assertEquals(bufferChunks([3, 0, 2], 8, { axis: 1 }), [[3], [0], [2]]);
  assertEquals(bufferChunks([3, 0, 2], 8, { axis: null }), [[3], [0], [2]]);
  assertEquals(bufferChunks([1000], 0), [[1000]]);
});

Deno.test("a row larger than the buffer is a chunk of its own, and negative axes count from the end", () => {
  assertEquals(bufferChunks([3, 10 * MiB], 1, { axis: -2, buffersize: 5 * MiB }), [[1, 1, 1], [10 * MiB]]);
});

Deno.test("Python's limits", () => {
  const refused: [readonly number[], number, Parameters<typeof bufferChunks>[2], string][] = [
    [[10], 8, { buffersize: 5 * MiB - 1 }, "5 MiB"],
    [[10], 8, { buffersize: NaN }, "5 MiB"],
    [[10], 8, { buffersize: Infinity }, "5 MiB"],
    [[5 * 2 ** 40], 1, {}, "5 TiB"],
    [[10_000, 5 * MiB], 1, { buffersize: 5 * MiB }, "10000"],
    [[2, 3], 8, { axis: 2 }, "axis 2"],
    [[2, 3], 8, { axis: -3 }, "axis -3"],
    [[2, 3], 8, { axis: 0.5 }, "axis 0.5"],
    [[], 8, { axis: 0 }, "axis 0"],
    [[2, -3], 8, {}, "shape"],
    [[2, 1.5], 8, {}, "shape"],
  ];
  for (const [shape, itemsize, options, message] of refused) {
    assertThrows(() => bufferChunks(shape, itemsize, options), InvalidArgumentError, message);
  }
  assertEquals(bufferChunks([5 * MiB, 9_999], 1, { buffersize: 5 * MiB })[1].length, 9_999);
});

Deno.test("chunks are given as one length, a length an axis, all lengths, or null", () => {
  assertEquals(chunksFrom([7, 4], 3), [[3, 3, 1], [3, 1]]);
  assertEquals(chunksFrom([7, 4], [2, null]), [[2, 2, 2, 1], [4]]);
  assertEquals(chunksFrom([7, 4, 0], [[3, 4], [1, 1, 2], [0]]), [[3, 4], [1, 1, 2], [0]]);
  assertEquals(chunksFrom([7, 0], 100), [[7], [0]]);
  assertEquals(chunksFrom([0, 0], [[], [0, 0]]), [[0], [0]]);
  assertEquals(chunksFrom([], 3), []);
  assertEquals(chunksFrom([], []), []);
});

Deno.test("chunks that don't fit are refused", () => {
  const refused: [readonly number[], Parameters<typeof chunksFrom>[1], string][] = [
    [[7], [3, 4], "each of the 1 axes"],
    [[7], [[3, 3]], "6 items together, but the array has 7"],
    [[7], [[3, 4, 0]], "at least 1"],
    [[7], [0], "at least 1"],
    [[7], ["7" as unknown as number], "at least 1"],
    [[7], [[]], "0 items together, but the array has 7"],
    [[7], -1, "at least 1"],
    [[7], 2.5, "at least 1"],
    [[7], NaN, "at least 1"],
    [[10_000_000], 1, "larger"],
    [[2 ** 50], [1], "larger"],
    [[2000, 2000], 1, "larger"],
  ];
  for (const [shape, spec, message] of refused) {
    assertThrows(() => chunksFrom(shape, spec), InvalidArgumentError, message, JSON.stringify(spec));
  }
});
