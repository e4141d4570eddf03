import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type ArrayInput, asNDArray, ndarray } from "../../lib/array/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";

Deno.test("arrays are given back, typed arrays viewed", () => {
  const a = ndarray(new Float32Array(4), [2, 2]);
  assertStrictEquals(asNDArray(a), a);
  const data = Int16Array.of(1, 2);
  const viewed = asNDArray(data);
  assertStrictEquals(viewed.data, data);
  assertEquals([viewed.dtype, viewed.shape], ["<i2", [2]]);
});

Deno.test("an array of another copy of the module is taken with its strides", () => {
  const { data, shape, stride, offset, dtype } = ndarray(Int32Array.of(1, 2, 3)).slice([null, null, -1]);
  const foreign = asNDArray({ data, shape, stride, offset, dtype } as unknown as ArrayInput);
  assertEquals(foreign.toNested(), [3, 2, 1]);
});

Deno.test("values alone and nested", () => {
  const cases: [ArrayInput, string, number[]][] = [
    [2.5, "<f8", []],
    [5n, "<i8", []],
    [true, "|b1", []],
    ["été😀", "<U4", []],
    ["", "<U1", []],
    [[], "<f8", [0]],
    [[[], []], "<f8", [2, 0]],
    [[[1, 2, 3], [4, 5, 6]], "<f8", [2, 3]],
    [[1n, -(2n ** 63n)], "<i8", [2]],
    [[[true], [false]], "|b1", [2, 1]],
    [["a", "", "😀b"], "<U2", [3]],
  ];
  for (const [value, dtype, shape] of cases) {
    const array = asNDArray(value);
    assertEquals([array.dtype as string, array.shape, array.toNested()], [dtype, shape, value]);
  }
});

Deno.test("what is irregular is refused", () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const wrong: unknown[] = [
    [1, "a"],
    [1, 1n],
    [1, true],
    [1, null],
    [1, undefined],
    new Array(3),
    [1, , 3], // deno-lint-ignore no-sparse-arrays -- a hole is what is tested
    [[1, 2], [3]],
    [[1, 2], 3],
    [1, [2]],
    [[1], [[2]]],
    null,
    undefined,
    {},
    new Map(),
    new Date(),
    () => 1,
    Symbol("x"),
    [new Float64Array(2)],
    new DataView(new ArrayBuffer(8)),
    2n ** 63n,
    cyclic,
  ];
  for (const value of wrong) assertThrows(() => asNDArray(value as ArrayInput), InvalidArgumentError);
});

Deno.test("long lists don't exhaust the stack", () => {
  const array = asNDArray(Array.from({ length: 300_000 }, (_, i) => i));
  assert(array.is("<f8"));
  assertEquals(array.data[299_999], 299_999);
});
