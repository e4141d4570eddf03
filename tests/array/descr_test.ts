import { assertEquals, assertThrows } from "@std/assert";
import { descrOf, parseDescr } from "../../lib/array/mod.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";

Deno.test("descrs survive the way there and back", () => {
  const descrs = [
    "<f8",
    [["x", "<f4"], ["y", ">i2", [2, 3]]],
    [["a", "|u1"], ["", "|V7"], ["b", "<f8"], ["", "|V6"]],
    [["p", [["q", [["r", "<U3"]]], ["s", "|b1"]]]],
    [[["a title", "n"], "<M8[25s]"]],
    [],
  ];
  for (const descr of descrs) assertEquals<unknown>(descrOf(parseDescr(descr)), descr);
});

Deno.test("other spellings", () => {
  assertEquals(parseDescr([["x", "float64", 3]]).fields, [{
    name: "x",
    dtype: "<f8",
    offset: 0,
    shape: [3],
  }]);
  assertEquals(parseDescr([["x", ["<i2", [2]], [3]]]).fields?.[0].shape, [3, 2]);
  assertEquals(parseDescr(["<i2", [2, 3]]), { dtype: "<i2", shape: [2, 3] });
  assertEquals(parseDescr([[["x", "<i2"]], [4]]).shape, [4]);
  // A field of void bytes that has a name is a field; one without is padding.
  assertEquals(parseDescr([["v", "|V3"], ["", "|V2"]]), {
    dtype: "|V5",
    fields: [{ name: "v", dtype: "|V3", offset: 0 }],
    shape: [],
  });
});

Deno.test("what is none", () => {
  const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => [["x", inner]], "<f8");
  for (
    const descr of [
      null,
      1,
      {},
      [1],
      ["<f8"],
      [["x"]],
      [["x", "<f8", 1, 2]],
      [["x", "<f7"]],
      [[1, "<f8"]],
      [[["a"], "<f8"]],
      [["x", "<f8", "2"]],
      [["x", "<f8", [2.5]]],
      [["x", "<f8", [-1]]],
      [["x", "<f8"], ["x", "<f8"]],
      [["x", "<f8", [2 ** 30, 2 ** 30]]],
      deep,
    ]
  ) {
    assertThrows(() => parseDescr(descr), InvalidArgumentError, undefined, JSON.stringify(descr));
  }
  assertThrows(() => parseDescr([["x", "|O"]]), UnsupportedError);
});
