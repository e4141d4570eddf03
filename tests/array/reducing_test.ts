/**
 * Statistics of arrays, against numpy's (`tests/vectors/arrays.py`).
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { asNDArray, ndarray } from "../../lib/entries/array.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import vectors from "../vectors/arrays.json" with { type: "json" };
import { assertStatistics } from "./vectors.ts";

Deno.test(`minimum, maximum, sum, mean and standard deviation are those of numpy ${vectors.numpy}`, () => {
  let count = 0;
  for (const each of vectors.cases) count += assertStatistics(each);
  assert(count > 1000, `${count}`);
});

Deno.test("sums of integers are exact beyond 64 bits, and an error where an array can't hold them", () => {
  const array = asNDArray([[2n ** 62n, 2n ** 62n - 1n], [2n ** 62n, 1n]]);
  assertEquals(array.sum(), 3n * 2n ** 62n);
  assertEquals(array.sum({ axis: 1 }).dtype, "<i8");
  assertThrows(() => array.sum({ axis: 0 }), InvalidArgumentError, "64-bit");
  assertEquals(ndarray(BigUint64Array.of(2n ** 64n - 1n, 1n)).sum(), 2n ** 64n);
  assertEquals(ndarray(new Int32Array(1e6).fill(2 ** 31 - 1)).sum(), 1_000_000n * (2n ** 31n - 1n));
  assertEquals(asNDArray([-5n, 2n]).mean(), -1.5);
});

Deno.test("sums of floats lose nothing on the way", () => {
  assertEquals(asNDArray([1e16, 1, 1, -1e16]).sum(), 2);
  assertEquals(ndarray(new Float64Array(1e6).fill(0.1)).sum(), 100000);
  // In 32 bits they would stop growing at 2 ** 24.
  assertEquals(ndarray(new Float32Array(2 ** 24 + 10).fill(1)).sum(), 2 ** 24 + 10);
  assertEquals(asNDArray([1e308, 1e308]).sum(), Infinity);
  assertEquals(asNDArray([Infinity, 1]).sum(), Infinity);
  assertEquals(asNDArray([Infinity, -Infinity]).sum(), NaN);
});

Deno.test("a large mean does not spoil the deviation", () => {
  const array = ndarray(Float64Array.from({ length: 10000 }, (_, i) => 1e9 + i % 2));
  assert(Math.abs(array.std() - 0.5) < 1e-9, `${array.std()}`);
  assertEquals(asNDArray([1, 2, 3, 4]).std({ ddof: 1 }), Math.sqrt(5 / 3));
});

Deno.test("along axes there are arrays, of all items a value", () => {
  const array = ndarray(Float32Array.from({ length: 24 }, (_, i) => i), [2, 3, 4]);
  assertEquals(array.max(), 23);
  assertEquals(array.max({ axis: [0, -1] }).toNested(), [15, 19, 23]);
  assertEquals(array.max({ axis: [0, -1], keepdims: true }).shape, [1, 3, 1]);
  assertEquals(array.min({ axis: [] }).toNested(), array.toNested());
  assertEquals(array.mean({ axis: [0, 1, 2] }).get(), 11.5);
  assertEquals(array.slice([null, null, -1], 0, [1, 3]).sum({ axis: 0 }).toNested(), [14, 16]);
});

Deno.test("what has no answer is an error that says so", () => {
  const empty = ndarray(new Float64Array(0), [0, 3]);
  assertThrows(() => empty.min(), InvalidArgumentError, "no min of no items: the shape is [0,3]");
  assertThrows(() => empty.max({ axis: 0 }), InvalidArgumentError);
  assertEquals(empty.min({ axis: 1 }).shape, [0]);
  assertEquals([empty.sum(), empty.mean(), empty.std()], [0, NaN, NaN]);
  assertEquals(empty.sum({ axis: 0 }).toNested(), [0, 0, 0]);
  for (const axis of [3, -4, 0.5, [0, -3]]) {
    assertThrows(() => ndarray(new Float64Array(6), [1, 2, 3]).sum({ axis }), InvalidArgumentError);
  }
  assertThrows(() => asNDArray(["a"]).min(), UnsupportedError, "none of dtype <U1");
  const durations = ndarray(BigInt64Array.of(1n), [1], { dtype: "<m8[s]" });
  assertThrows(() => durations.sum(), UnsupportedError);
  assertThrows(() => ndarray(new Float64Array(4), [2], { dtype: "<c16" }).max(), UnsupportedError);
  assertThrows(() => asNDArray([1]).sum({ axes: 0 } as never), InvalidArgumentError, "axis");
});
