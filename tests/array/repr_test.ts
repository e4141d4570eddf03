/**
 * Arrays as text, against what numpy printed (`tests/vectors/arrays.py`).
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { asNDArray, ndarray } from "../../lib/entries/array.ts";
import vectors from "../vectors/arrays.json" with { type: "json" };
import { assertRepr } from "./vectors.ts";

Deno.test(`the text of arrays is that of numpy ${vectors.numpy}, to the character`, () => {
  for (const each of vectors.cases) assertRepr(each);
});

Deno.test("consoles, template strings and String() show an array's text", () => {
  const array = ndarray(Float32Array.of(1.5, 2, 3, 4), [2, 2]);
  const text = "array([[1.5, 2. ],\n       [3. , 4. ]], dtype=float32)";
  assertEquals([`${array}`, String(array), Deno.inspect(array)], [text, text, text]);
  assertEquals(Deno.inspect({ a: asNDArray([1, 2]) }), "{ a: array([1., 2.]) }");
  assertEquals(Deno.inspect([asNDArray(1n)]), "[ array(1) ]");
});

Deno.test("a view shows its own items, whatever its strides", () => {
  const array = ndarray(Int16Array.from({ length: 24 }, (_, i) => i), [4, 6]);
  assertEquals(
    `${array.slice([null, null, -2], [0, 2]).transpose()}`,
    "array([[18,  6],\n       [19,  7]], dtype=int16)",
  );
  assertEquals(`${array.slice(1, 1)}`, "array(7, dtype=int16)");
  // Only what is shown is read.
  const large = ndarray(new Uint8Array(1e8), [1e4, 1e4]);
  assertEquals(`${large}`.split("\n").length, 7);
});

Deno.test("an array that can't be read says so, instead of an error where it is looked at", () => {
  const bad = ndarray(Uint32Array.of(0x110000), [1], { dtype: "<U1" });
  assertEquals(
    `${bad}`,
    "array(<the text holds 1114112, which is no Unicode code point: the data are corrupt or not of this dtype>,\n      dtype='<U1')",
  );
});
