/**
 * Arrays as JSON.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { arrayFromBytes, asNDArray, NaT, ndarray, parseDescr } from "../../lib/entries/array.ts";

function json(array: unknown): unknown {
  return JSON.parse(JSON.stringify(array));
}

Deno.test("JSON has the items of the view alone, in nested lists", () => {
  const whole = ndarray(Float32Array.from({ length: 100 }, (_, i) => i), [10, 10]);
  assertEquals(json(whole.slice(1, [2, 8, 2])), [12, 14, 16]);
  assertEquals(json(whole.slice([0, 2], [0, 2]).transpose()), [[0, 10], [1, 11]]);
  assertEquals(json(whole.slice(3, 4)), 34);
  assertEquals(json({ part: whole.slice([0, 0]) }), { part: [] });
});

Deno.test("numbers that JSON has not are null, and 64-bit integers are text where a number would be wrong", () => {
  assertEquals(json(asNDArray([1.5, NaN, Infinity, -Infinity, -0])), [1.5, null, null, null, 0]);
  assertEquals(json(asNDArray([5n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 63n)])), [
    5,
    2 ** 53 - 1,
    "9007199254740992",
    "-9223372036854775808",
  ]);
  assertEquals(json(ndarray(BigUint64Array.of(2n ** 64n - 1n))), ["18446744073709551615"]);
  assertEquals(json(ndarray(Float64Array.of(1, NaN, 0, 2), [2], { dtype: "<c16" })), [
    { re: 1, im: null },
    { re: 0, im: 2 },
  ]);
  assertEquals(json(asNDArray([true, false])), [true, false]);
});

Deno.test("times are ISO 8601 text, durations counts, and no time is null", () => {
  const counts = BigInt64Array.of(0n, 1_000_000_001n, NaT);
  assertEquals(json(ndarray(counts, [3], { dtype: "<M8[ns]" })), [
    "1970-01-01T00:00:00.000000000",
    "1970-01-01T00:00:01.000000001",
    null,
  ]);
  assertEquals(json(ndarray(BigInt64Array.of(3n), [1], { dtype: "<M8[25s]" })), ["1970-01-01T00:01:15"]);
  assertEquals(json(ndarray(counts, [3], { dtype: "<m8[ns]" })), [0, 1_000_000_001, null]);
  // The lowest integer is no time only where there are times.
  assertEquals(json(ndarray(BigInt64Array.of(NaT))), ["-9223372036854775808"]);
});

Deno.test("text, bytes and structures", () => {
  assertEquals(json(asNDArray(["a", "b😀"])), ["a", "b😀"]);
  assertEquals(json(ndarray(Uint8Array.of(97, 0xe9, 0, 0), [2], { dtype: "|S2" })), ["aé", ""]);
  assertEquals(json(ndarray(Uint8Array.of(1, 2, 255, 0), [2], { dtype: "|V2" })), ["AQI=", "/wA="]);
  const { dtype, fields } = parseDescr([
    ["x", "<f4"],
    ["when", "<M8[D]"],
    ["inner", [["n", "<i8"], ["re", "|b1"]], [2]],
  ]);
  const array = arrayFromBytes(new Uint8Array(30), { dtype, fields, shape: [1] });
  array.set({ x: NaN, when: 1n, inner: [{ n: 2n, re: true }, { n: 2n ** 60n, re: false }] }, 0);
  assertEquals(json(array), [{
    x: null,
    when: "1970-01-02",
    inner: [{ n: 2, re: true }, { n: "1152921504606846976", re: false }],
  }]);
});

Deno.test("text that is no Unicode is told, not sent", () => {
  const bad = ndarray(Uint32Array.of(0x110000), [1], { dtype: "<U1" });
  assertThrows(() => JSON.stringify(bad), Error, "Unicode");
});
