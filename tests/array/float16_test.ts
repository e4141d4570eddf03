import { assert, assertEquals } from "@std/assert";
import { fromFloat16, toFloat16 } from "../../lib/array/dtype/scalar.ts";

const floats = new Float16Array(1);
const bits = new Uint16Array(floats.buffer);

Deno.test("every half precision number is read and written as the runtime does", () => {
  for (let i = 0; i < 0x10000; i++) {
    bits[0] = i;
    const value = fromFloat16(i);
    assert(Object.is(value, floats[0]), `${i}: ${value}`);
    if (!Number.isNaN(value)) assertEquals(toFloat16(value), i);
  }
  assertEquals(toFloat16(NaN), 0x7e00);
});

Deno.test("numbers between are rounded to the nearest, ties to even", () => {
  const values = [
    65519.999,
    65520,
    65536,
    1e300,
    2 ** -25,
    2 ** -25 * 1.0000001,
    2 ** -24 * 1.5,
    5e-324,
    0.1,
    1 / 3,
    2049,
    2051,
    1 + 2 ** -11,
    1 + 2 ** -11 + 2 ** -40,
  ];
  for (let i = 1; i < 0x7c00; i += 7) {
    const middle = (fromFloat16(i) + fromFloat16(i + 1)) / 2;
    if (Number.isFinite(middle)) values.push(middle, middle * (1 + 2 ** -50), middle * (1 - 2 ** -50));
  }
  for (const value of [...values, ...values.map((value) => -value)]) {
    floats[0] = value;
    assertEquals(toFloat16(value), bits[0], String(value));
  }
});
