import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { asNDArray, type DType, NaT, type NDArray, ndarray, type Selection } from "../../lib/array/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { generator } from "./random.ts";

const range = (length: number) => Int32Array.from({ length }, (_, i) => i);
const cube = () => ndarray(range(24), [2, 3, 4]);

/** The items by `get` at each index, without any of the array's own loops. */
function itemsOf(array: NDArray): unknown[] {
  const walk = (index: number[]): unknown[] => {
    const axis = index.length;
    if (axis === array.shape.length) return [array.get(...index)];
    return Array.from({ length: array.shape[axis] }, (_, i) => walk([...index, i])).flat();
  };
  return walk([]);
}

Deno.test("an array is a view of what it is made over", () => {
  const data = Float64Array.of(1, 2, 3, 4, 5, 6);
  const a = ndarray(data, [2, 3]);
  assertStrictEquals(a.data, data);
  assertEquals([a.shape, a.stride, a.offset, a.itemLength, a.dtype, a.size, a.nbytes], [
    [2, 3],
    [3, 1],
    0,
    1,
    "<f8",
    6,
    48,
  ]);
  a.set(9, 1, -1);
  assertEquals(data[5], 9);
  assertEquals(ndarray(data).shape, [6]);
});

Deno.test("slices, transposes and reshapes share memory; slices are subarrays", () => {
  const a = cube();
  const part = a.slice(1, [1, null]);
  assertStrictEquals(part.data.buffer, a.data.buffer);
  assertEquals([part.offset, part.data.byteOffset, part.data.length], [0, 64, 8]);
  part.set(-1, 0, 0);
  assertEquals(a.get(1, 1, 0), -1);
  assertStrictEquals(a.transpose().data, a.data);
  assertStrictEquals(a.reshape(4, 6).data, a.data);
  const back = a.slice(null, null, [null, null, -1]);
  assertEquals([back.offset, back.stride[2], back.get(0, 0, 0)], [3, -1, 3]);
  assertEquals(Object.is(a.slice(0).offset, 0), true);
});

Deno.test("default dtypes", () => {
  const expected: [DType, NDArray][] = [
    ["|i1", ndarray(new Int8Array(1))],
    ["|u1", ndarray(new Uint8Array(1))],
    ["|u1", ndarray(new Uint8ClampedArray(1))],
    ["<i2", ndarray(new Int16Array(1))],
    ["<u2", ndarray(new Uint16Array(1))],
    ["<i4", ndarray(new Int32Array(1))],
    ["<u4", ndarray(new Uint32Array(1))],
    ["<i8", ndarray(new BigInt64Array(1))],
    ["<u8", ndarray(new BigUint64Array(1))],
    ["<f2", ndarray(new Float16Array(1))],
    ["<f4", ndarray(new Float32Array(1))],
    ["<f8", ndarray(new Float64Array(1))],
  ];
  for (const [dtype, array] of expected) assertEquals(array.dtype, dtype);
});

Deno.test("types follow dtypes", () => {
  const a: NDArray<"<f4"> = ndarray(new Float32Array(2));
  const x: number = a.get(0);
  const data: Float32Array = a.data;
  assertEquals([x, data.length], [0, 2]);
  const b: NDArray = ndarray(new BigInt64Array([5n]), [1], { dtype: "<M8[ns]" });
  assert(b.is("<M8[ns]"));
  const count: bigint = b.get(0);
  assertEquals(count, 5n);
  assert(!b.is("<i8"));
});

Deno.test("complex numbers take two slots", () => {
  const z = ndarray(Float32Array.of(1, 2, 3, 4), [2], { dtype: "<c8" });
  assertEquals([z.itemLength, z.get(1)], [2, { re: 3, im: 4 }]);
  z.set({ re: -0, im: NaN }, 0);
  assertEquals(z.get(0), { re: -0, im: NaN });
  assertEquals(ndarray(new Float64Array(8), [2, 2], { dtype: "<c16" }).transpose().stride, [1, 2]);
  // @ts-expect-error -- callers without types
  z.set(3, 0);
  assertEquals(z.get(0), { re: 3, im: 0 });
  // @ts-expect-error -- callers without types
  assertThrows(() => z.set("1", 0), InvalidArgumentError);
});

Deno.test("text: trailing NULs are stripped, inner ones and astral characters stay", () => {
  const text = ndarray(new Uint32Array(8), [2], { dtype: "<U4" });
  assertEquals([text.itemLength, text.get(0)], [4, ""]);
  text.set("😀a\0é", 1);
  assertEquals([...text.data.subarray(4)], [0x1f600, 0x61, 0, 0xe9]);
  assertEquals(text.get(1), "😀a\0é");
  text.set("x", 1);
  assertEquals(text.get(1), "x");
  assertThrows(() => text.set("12345", 0), InvalidArgumentError, "at most 4");
  text.data[0] = 0x110000;
  assertThrows(() => text.get(0), IntegrityError, "1114112");
});

Deno.test("bytes: S strips trailing NULs, V does not", () => {
  const s = ndarray(new Uint8Array(6), [2], { dtype: "|S3" });
  s.set(Uint8Array.of(1, 0), 0);
  assertEquals(s.get(0), Uint8Array.of(1));
  // @ts-expect-error -- text is taken as well
  s.set("abc", 1);
  assertEquals(new TextDecoder().decode(s.get(1)), "abc");
  s.set(s.get(0), 1);
  assertEquals(s.data, Uint8Array.of(1, 0, 0, 1, 0, 0));
  s.set(s.get(1), 1);
  assertEquals(s.get(1), Uint8Array.of(1));
  // @ts-expect-error -- text is taken as well
  assertThrows(() => s.set("é", 0), InvalidArgumentError, "ASCII");
  assertThrows(() => s.set(new Uint8Array(4), 0), InvalidArgumentError, "at most 3 bytes");
  const v = ndarray(new Uint8Array(6), [2], { dtype: "|V3" });
  assertEquals(v.get(0), new Uint8Array(3));
  assertThrows(() => v.set(new Uint8Array(2), 0), InvalidArgumentError, "exactly 3 bytes");
});

Deno.test("byte-swapped data stay bytes and read as native values", () => {
  const a = ndarray(Uint8Array.of(0, 1, 255, 254), [2], { dtype: ">i2" });
  assertEquals([a.itemLength, a.get(0), a.get(1)], [2, 1, -2]);
  a.set(-32768, 0);
  assertEquals(a.data, Uint8Array.of(128, 0, 255, 254));
  const native = a.toNative();
  assertEquals([native.dtype, native.data], ["<i2", Int16Array.of(-32768, -2)]);
  const same = ndarray(new Int16Array(1));
  assertStrictEquals<NDArray>(same.toNative(), same);
});

Deno.test("toNative of every word size, strided and misaligned", () => {
  const check = (dtype: DType, values: unknown[]) => {
    const itemsize = Number(dtype.slice(2).replace(/\[.*/, "")) * (dtype[1] === "U" ? 4 : 1);
    const memory = new Uint8Array(itemsize * values.length * 2 + 1).subarray(1);
    const a: NDArray = ndarray(memory, [values.length * 2], { dtype });
    const every = a.slice([null, null, -2]);
    // deno-lint-ignore no-explicit-any -- values of all kinds
    values.forEach((value, index) => every.set(value as any, index));
    assertEquals(itemsOf(every), values);
    const native = every.toNative();
    assertEquals(native.dtype[0], "<");
    assertEquals(itemsOf(native), values);
  };
  check(">i2", [1, -2, 300]);
  check(">u4", [1, 0xfffffffe, 0x01020304]);
  check(">f8", [1.5, -0, NaN, Infinity, 5e-324]);
  check(">f2", [1.5, -0, NaN, 65504]);
  check(">i8", [1n, -2n, 2n ** 62n + 3n]);
  check(">u8", [2n ** 64n - 2n]);
  check(">c8", [{ re: 1, im: -2 }, { re: 0.5, im: NaN }]);
  check(">c16", [{ re: 1, im: -2 }, { re: 0.1, im: 5e-324 }]);
  check(">U3", ["a😀b", "", "é"]);
  check(">M8[ns]", [NaT, 0n, 77n]);
});

Deno.test("values that an item can't hold are refused, and change nothing", () => {
  const refuse = (array: NDArray, ...values: unknown[]) => {
    const before = array.toBytes();
    // deno-lint-ignore no-explicit-any -- wrong on purpose
    for (const value of values) assertThrows(() => array.set(value as any, 0), InvalidArgumentError, "takes");
    assertEquals(array.toBytes(), before);
  };
  refuse(ndarray(Uint8Array.of(7)), -1, 256, 1.5, NaN, 1n, "1", null, undefined, true);
  refuse(ndarray(Int8Array.of(7)), -129, 128);
  refuse(ndarray(Int16Array.of(7)), -32769, 32768);
  refuse(ndarray(Uint16Array.of(7)), -1, 65536);
  refuse(ndarray(Int32Array.of(7)), 2 ** 31, -(2 ** 31) - 1);
  refuse(ndarray(Uint32Array.of(7)), 2 ** 32, -1);
  refuse(ndarray(BigInt64Array.of(7n)), 2n ** 63n, -(2n ** 63n) - 1n, 1);
  refuse(ndarray(BigUint64Array.of(7n)), 2n ** 64n, -1n, 1);
  refuse(ndarray(Float64Array.of(7)), "1", 1n, null);
  refuse(ndarray(Uint8Array.of(1), [1], { dtype: "|b1" }), 1, 0, "true");
});

Deno.test("extremes are held", () => {
  const a = ndarray(new Int8Array(2));
  a.set(-128, 0);
  a.set(127, 1);
  assertEquals(a.data, Int8Array.of(-128, 127));
  const b = ndarray(new Uint32Array(1));
  b.set(2 ** 32 - 1, 0);
  assertEquals(b.get(0), 2 ** 32 - 1);
  const c = ndarray(new BigUint64Array(1));
  c.set(2n ** 64n - 1n, 0);
  assertEquals(c.get(0), 2n ** 64n - 1n);
});

Deno.test("0-d and empty arrays", () => {
  const scalar = ndarray(Float64Array.of(2.5), []);
  assertEquals([scalar.get(), scalar.size, scalar.toNested(), [...scalar]], [2.5, 1, 2.5, [2.5]]);
  assertEquals(scalar.toBytes().length, 8);
  assertEquals(scalar.reshape(1, 1).toNested(), [[2.5]]);
  const empty = ndarray(new Float64Array(0), [3, 0, 2]);
  assertEquals([empty.size, empty.toNested(), [...empty], empty.toBytes().length], [0, [[], [], []], [], 0]);
  assertEquals(empty.slice(1).shape, [0, 2]);
  assertEquals(empty.slice([null, null, -1]).shape, [3, 0, 2]);
  assertEquals(empty.reshape(0, 7).shape, [0, 7]);
  assertEquals(empty.transpose().shape, [2, 0, 3]);
  assertEquals(cube().slice([1, 1]).toBytes().length, 0);
  assertEquals(ndarray(new Uint8Array(0), [3], { dtype: "|S0" }).toNested(), [
    new Uint8Array(0),
    new Uint8Array(0),
    new Uint8Array(0),
  ]);
});

Deno.test("iteration is in C order, whatever the strides", () => {
  assertEquals([...cube().transpose().slice(null, 1)], itemsOf(cube().transpose().slice(null, 1)));
  assertEquals([...cube().slice([null, null, -1], 1, [null, null, -2])], [19, 17, 7, 5]);
});

Deno.test("broadcast views", () => {
  const row = ndarray(range(3), [2, 3], { stride: [0, 1] });
  assertEquals(row.toNested(), [[0, 1, 2], [0, 1, 2]]);
  assertEquals(new Int32Array(row.toBytes().buffer), Int32Array.of(0, 1, 2, 0, 1, 2));
  assertEquals(row.transpose().toContiguous().toNested(), [[0, 0], [1, 1], [2, 2]]);
  assertEquals(ndarray(range(1), [2, 2], { stride: [0, 0] }).toContiguous().data, new Int32Array(4));
});

Deno.test("strides and offsets of one's own", () => {
  const f = ndarray(range(6), [2, 3], { stride: [1, 2] });
  assertEquals(f.toNested(), [[0, 2, 4], [1, 3, 5]]);
  const back = ndarray(range(6), [3], { stride: [-2], offset: 5 });
  assertEquals([back.toNested(), back.offset, back.data.length], [[5, 3, 1], 4, 5]);
  const late = ndarray(range(6), [2], { offset: 3 });
  assertEquals([late.toNested(), late.offset, late.data.byteOffset], [[3, 4], 0, 12]);
  for (
    const [shape, stride, offset] of [
      [[2, 3], [3, 1], 1],
      [[7], [1], 0],
      [[3], [-1], 1],
      [[2], [6], 0],
      [[2], [-6], 0],
      [[2, 2], [1], 0],
      [[2], [0.5], 0],
      [[2], [1], -1],
      [[2], [1], 0.5],
      [[2], [2 ** 53], 0],
    ] as [number[], number[], number][]
  ) {
    assertThrows(() => ndarray(range(6), shape, { stride, offset }), InvalidArgumentError);
  }
});

Deno.test("shapes that don't fit are refused", () => {
  for (
    const shape of [
      [5],
      [7],
      [2, 2],
      [-1],
      [2.5],
      [NaN],
      [2 ** 53],
      [2 ** 30, 2 ** 30, 0],
      new Array(65).fill(1),
    ]
  ) {
    assertThrows(() => ndarray(range(6), shape), InvalidArgumentError);
  }
  assertThrows(() => ndarray(new Float64Array(3), [2], { dtype: "<c16" }), InvalidArgumentError);
  assertThrows(
    () => ndarray(new Float32Array(4), [2], { dtype: "<c16" }),
    InvalidArgumentError,
    "Float64Array",
  );
  assertThrows(
    () => ndarray(new Uint8Array(8), [1], { dtype: "<f8" }),
    InvalidArgumentError,
    "arrayFromBytes",
  );
  // @ts-expect-error -- callers without types
  assertThrows(() => ndarray([1, 2, 3]), InvalidArgumentError, "asNDArray");
  // @ts-expect-error -- callers without types
  assertThrows(() => ndarray(null), InvalidArgumentError);
  // @ts-expect-error -- callers without types
  assertThrows(() => ndarray(new Uint8Array(16), [1], { dtype: "<f16" }), UnsupportedError, "astype");
});

Deno.test("indices out of range, and too many or too few of them", () => {
  const a = cube();
  for (const index of [[0, 0], [0, 0, 0, 0], [2, 0, 0], [0, -4, 0], [0, 0, 0.5], [NaN, 0, 0]]) {
    assertThrows(() => a.get(...index), InvalidArgumentError);
    assertThrows(() => a.set(1, ...index), InvalidArgumentError);
  }
  assertEquals(a.get(-1, -1, -1), 23);
});

Deno.test("transpose", () => {
  const a = cube();
  assertEquals(a.transpose().shape, [4, 3, 2]);
  assertEquals(a.transpose(1, 0, 2).get(2, 1, 3), a.get(1, 2, 3));
  assertEquals(a.transpose(-1, 0, 1).shape, [4, 2, 3]);
  for (const axes of [[0, 1], [0, 0, 1], [0, 1, 3], [0, 1, -4], [0.5, 1, 2]]) {
    assertThrows(() => a.transpose(...axes), InvalidArgumentError, "permutation");
  }
});

Deno.test("reshape keeps the items' order, and views where strides can tell it", () => {
  const views: [NDArray, number[]][] = [
    [cube(), [24]],
    [cube(), [4, -1]],
    [cube().slice(null, null, [0, 2]), [6, 2]],
    [cube().slice(null, null, [0, 2]), [2, 1, 3, 1, 2]],
    [cube().slice([null, null, -1]), [2, 12]],
    [cube().transpose(), [4, 1, 3, 2, 1]],
    [ndarray(range(3), [2, 3], { stride: [0, 1] }), [2, 3, 1]],
  ];
  for (const [array, shape] of views) {
    const reshaped = array.reshape(...shape);
    assertStrictEquals(reshaped.data, array.data, `${array.shape} ${shape}`);
    assertEquals(itemsOf(reshaped), itemsOf(array));
  }
  const copies: [NDArray, number[]][] = [
    [cube().transpose(), [24]],
    [cube().slice(null, null, [0, 2]), [12]],
    [cube().slice([null, null, -1]), [24]],
    [ndarray(range(3), [2, 3], { stride: [0, 1] }), [6]],
    [cube().slice(null, 0), [8]],
  ];
  for (const [array, shape] of copies) {
    const reshaped = array.reshape(...shape);
    assert(reshaped.data.buffer !== array.data.buffer);
    assertEquals([reshaped.shape, itemsOf(reshaped)], [shape, itemsOf(array)]);
  }
  for (const shape of [[5], [-1, -1], [-1, 5], [-2, 12], [24, 0], [0, -1], [4.8, 5]]) {
    assertThrows(() => cube().reshape(...shape), InvalidArgumentError);
  }
  assertThrows(() => ndarray(new Int8Array(0), [0]).reshape(0, -1), InvalidArgumentError);
});

Deno.test("copies of strided arrays of every item size are right", () => {
  const random = generator(12345);
  const itemsizes = [1, 2, 3, 4, 7, 8, 16, 20, 130, 320];
  for (let round = 0; round < 300; round++) {
    const itemsize = itemsizes[round % itemsizes.length];
    const shape = Array.from({ length: 1 + random(4) }, () => 1 + random(round % 7 === 0 ? 70 : 6));
    const size = shape.reduce((product, length) => product * length, 1);
    if (size > 20000) continue;
    // Odd beginnings as well: the words that are copied must be aligned.
    const memory = Uint8Array.from({ length: size * itemsize + 4 }, () => random(256));
    const bytes = memory.subarray(round % 4, round % 4 + size * itemsize);
    let array: NDArray = ndarray(bytes, shape, { dtype: `|V${itemsize}` });
    const axes = shape.map((_, axis) => axis).sort(() => random(3) - 1);
    array = array.transpose(...axes);
    const selection = array.shape.map((length): Selection => {
      const choice = random(5);
      if (choice === 0) return [null, null, -1 - random(2)];
      if (choice === 1) return [random(length), null, 1 + random(2)];
      return choice === 2 ? random(length) : null;
    });
    array = array.slice(...selection);
    const expected = itemsOf(array).flatMap((item) => item instanceof Uint8Array ? [...item] : []);
    assertEquals(
      [...array.toBytes()],
      expected,
      `V${itemsize} ${shape} ${axes} ${JSON.stringify(selection)}`,
    );
    const copy = array.toContiguous();
    assertEquals(itemsOf(copy), itemsOf(array));
  }
});

Deno.test("a large transposed copy, with its bits", () => {
  const rows = 300, columns = 517;
  const words = new Uint32Array(rows * columns * 2);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761);
  // Among these are signalling NaNs, which a copy as floats could change.
  words.set([1, 0x7ff00000, 0xffffffff, 0xfff7ffff]);
  const a = ndarray(new Float64Array(words.buffer), [rows, columns]);
  const copy = new Uint32Array(a.transpose().toBytes().buffer);
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < rows; r++) {
      for (let w = 0; w < 2; w++) {
        if (copy[(c * rows + r) * 2 + w] !== words[(r * columns + c) * 2 + w]) {
          throw new Error(`differs at ${r}, ${c}`);
        }
      }
    }
  }
});

Deno.test("toContiguous gives the array itself when it can", () => {
  const a = cube();
  assertStrictEquals(a.toContiguous(), a);
  const ones = ndarray(range(3), [1, 3], { stride: [99, 1] });
  assertStrictEquals(ones.toContiguous(), ones);
  assert(a.transpose().toContiguous().data.buffer !== a.data.buffer);
});

Deno.test("toBytes is always a copy", () => {
  const a = cube();
  const bytes = a.toBytes();
  assert(bytes.buffer !== a.data.buffer);
  assertEquals(bytes, new Uint8Array(a.data.buffer));
});

Deno.test("nested values share nothing with the array", () => {
  const s = ndarray(Uint8Array.of(1, 2), [2], { dtype: "|S1" });
  const nested = s.toNested();
  s.data.fill(9);
  assertEquals(nested, [Uint8Array.of(1), Uint8Array.of(2)]);
});

Deno.test("structured arrays: items are objects, fields are views where alignment allows", () => {
  const fields = [
    { name: "x", dtype: "<f4" as const, offset: 0 },
    { name: "y", dtype: "<f4" as const, offset: 4 },
  ];
  const points = ndarray(new Uint8Array(24), [3], { dtype: "|V8", fields });
  points.set({ x: 1, y: 2 }, 0);
  points.set({ y: 5 }, 2);
  assertEquals(points.toNested(), [{ x: 1, y: 2 }, { x: 0, y: 0 }, { x: 0, y: 5 }]);
  const y = points.field("y");
  assertEquals([y.dtype, y.shape, y.stride, y.toNested()], ["<f4", [3], [2], [2, 0, 5]]);
  assertStrictEquals(y.data.buffer, points.data.buffer);
  if (!y.is("<f4")) throw new Error("not f4");
  y.set(7, 1);
  assertEquals(points.get(1), { x: 0, y: 7 });
  assertEquals(points.slice([null, null, -1]).field("y").toNested(), [5, 7, 2]);
  assertEquals(points.slice(2).field("x").get(), 0);
  assertThrows(() => points.field("z"), InvalidArgumentError, '"x", "y"');
  assertThrows(() => cube().field("x"), InvalidArgumentError, "has none");
  assertThrows(() => points.set({ x: 1, z: 2 }, 0), InvalidArgumentError, '"z"');
  assertThrows(() => points.set(new Uint8Array(8), 0), InvalidArgumentError);
  // Half an item is not written when the other half can't be.
  // deno-lint-ignore no-explicit-any -- wrong on purpose
  assertThrows(() => points.set({ x: 99, y: "no" } as any, 0), InvalidArgumentError);
  assertEquals(points.get(0), { x: 1, y: 2 });
});

Deno.test("structured arrays: misaligned, nested, swapped and several-item fields", () => {
  const fields = [
    { name: "id", dtype: "|u1" as const, offset: 0 },
    { name: "f", dtype: ">f8" as const, offset: 1 },
    { name: "m", dtype: "<i2" as const, offset: 9, shape: [2, 2] },
    {
      name: "in",
      dtype: "|V5" as const,
      offset: 17,
      fields: [{ name: "t", dtype: "|S1" as const, offset: 0 }, {
        name: "u",
        dtype: ">u4" as const,
        offset: 1,
      }],
    },
  ];
  const a = ndarray(new Uint8Array(44), [2], { dtype: "|V22", fields });
  const item = { id: 3, f: 1.5, m: [[1, 2], [3, -4]], in: { t: Uint8Array.of(65), u: 258 } };
  a.set(item, 1);
  assertEquals(a.get(1), item);
  assertEquals(a.field("f").toNested(), [0, 1.5]);
  assertEquals(a.field("m").toNested(), [[[0, 0], [0, 0]], [[1, 2], [3, -4]]]);
  assertEquals(a.field("in").field("u").toNested(), [0, 258]);
  assertEquals(a.slice([null, null, -1]).field("m").slice(0, 1).toNested(), [3, -4]);
  const native = a.toNative();
  assertEquals(native.get(1), item);
  assertEquals(native.fields?.map(({ dtype }) => dtype), ["|u1", "<f8", "<i2", "|V5"]);
  assertEquals(native.fields?.[3].fields?.[1].dtype, "<u4");
  assertEquals(a.get(1), item);
  const nested = a.toNested();
  a.data.fill(0);
  assertEquals(nested, [{ id: 0, f: 0, m: [[0, 0], [0, 0]], in: { t: new Uint8Array(0), u: 0 } }, item]);
  assertThrows(() => a.set({ m: [[1, 2]] }, 0), InvalidArgumentError, "[2,2]");
});

Deno.test("fields that don't fit are refused", () => {
  const make = (fields: NonNullable<NDArray["fields"]>) => () =>
    ndarray(new Uint8Array(4), [1], { dtype: "|V4", fields });
  assertThrows(make([{ name: "x", dtype: "<f8", offset: 0 }]), InvalidArgumentError);
  assertThrows(make([{ name: "x", dtype: "|i1", offset: -1 }]), InvalidArgumentError);
  assertThrows(make([{ name: "x", dtype: "|i1", offset: 0.5 }]), InvalidArgumentError);
  assertThrows(make([{ name: "x", dtype: "<i2", offset: 0, shape: [3] }]), InvalidArgumentError);
  assertThrows(
    make([{ name: "x", dtype: "|i1", offset: 0 }, { name: "x", dtype: "|i1", offset: 1 }]),
    InvalidArgumentError,
    "two fields",
  );
  assertThrows(make([{ name: "x", dtype: "|i1", offset: 0, fields: [] }]), InvalidArgumentError);
  assertThrows(
    () =>
      ndarray(new Float32Array(1), [1], { dtype: "<f4", fields: [{ name: "x", dtype: "|i1", offset: 0 }] }),
    InvalidArgumentError,
    "|V4",
  );
});

Deno.test("toZarrita", () => {
  const a = ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]);
  assertEquals(a.toZarrita(), { data: a.data, shape: [2, 2], stride: [2, 1] });
  assertStrictEquals(a.transpose().toZarrita().data, a.data);
  const back = a.slice([null, null, -1]).toZarrita();
  assertEquals(back, { data: Float64Array.of(3, 4, 1, 2), shape: [2, 2], stride: [2, 1] });
  const part = a.slice(1).toZarrita();
  assertEquals([part.data, part.stride], [Float64Array.of(3, 4), [1]]);
  assertEquals(ndarray(Uint8Array.of(0, 1), [1], { dtype: ">u2" }).toZarrita().data, Uint16Array.of(1));
  assertEquals(ndarray(Uint8Array.of(1), [1], { dtype: "|b1" }).toZarrita().data, Uint8Array.of(1));
  for (
    const array of [
      asNDArray("a"),
      ndarray(new Float32Array(2), [1], { dtype: "<c8" }),
      ndarray(new Uint8Array(1), [1], { dtype: "|V1" }),
    ]
  ) {
    assertThrows(() => array.toZarrita(), UnsupportedError);
  }
});

Deno.test("shared memory serves as well", () => {
  const shared = new Float32Array(new SharedArrayBuffer(16));
  const a = ndarray(shared, [2, 2]);
  a.set(5, 1, 0);
  assertEquals(shared[2], 5);
  assertEquals(a.transpose().toContiguous().toNested(), [[0, 5], [0, 0]]);
});

Deno.test("half precision bits given as Uint16Array are read as numbers", () => {
  const a = ndarray(Uint16Array.of(0x3c00, 0xc000), [2], { dtype: "<f2" });
  assertEquals(a.toNested(), [1, -2]);
});
