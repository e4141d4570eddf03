import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  arrayFromBytes,
  asNDArray,
  bytesOf,
  contiguousBytes,
  type DType,
  ndarray,
} from "../../lib/array/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { readAll } from "../../lib/streams/mod.ts";

const DTYPES: [DType, number][] = [
  ["|b1", 1],
  ["<i2", 2],
  ["<f4", 4],
  ["<f8", 8],
  ["<i8", 8],
  ["<c16", 8],
  ["<U3", 4],
  ["|S3", 1],
  ["|V5", 1],
  [">f8", 1],
  ["<M8[ns]", 8],
];

Deno.test("aligned bytes are not copied: the array's memory is the buffer that came in", () => {
  for (const [dtype, alignment] of DTYPES) {
    const buffer = new ArrayBuffer(4096);
    const itemsize = asSize(dtype);
    for (const byteOffset of [0, alignment, alignment * 3]) {
      const bytes = new Uint8Array(buffer, byteOffset, itemsize * 6);
      const array = arrayFromBytes(bytes, { dtype, shape: [2, 3] });
      assertStrictEquals(array.data.buffer, buffer, dtype);
      assertEquals(array.data.byteOffset, byteOffset);
      assertStrictEquals(array.slice(1).data.buffer, buffer);
      assertStrictEquals(contiguousBytes(array)?.buffer, buffer);
    }
  }
});

Deno.test("only misaligned bytes are copied", () => {
  for (const [dtype, alignment] of DTYPES) {
    const buffer = new ArrayBuffer(4096);
    new Uint8Array(buffer).forEach((_, i, all) => all[i] = i * 7 % 100);
    const bytes = new Uint8Array(buffer, 1, asSize(dtype) * 6);
    const array = arrayFromBytes(bytes, { dtype, shape: [2, 3] });
    assertEquals(array.data.buffer === buffer, alignment === 1, dtype);
    assertEquals(array.toBytes(), new Uint8Array(bytes));
  }
});

function asSize(dtype: DType): number {
  return Number.parseInt(dtype.slice(2)) * (dtype[1] === "U" ? 4 : 1);
}

Deno.test("Fortran order is a stride", () => {
  const array = arrayFromBytes(Uint8Array.of(1, 2, 3, 4, 5, 6), { dtype: "|u1", shape: [2, 3], order: "F" });
  assertEquals(array.toNested(), [[1, 3, 5], [2, 4, 6]]);
  assertEquals(array.stride, [1, 2]);
});

Deno.test("bytes that are too few or too many, and headers that are wrong", () => {
  for (const length of [0, 7, 9]) {
    assertThrows(
      () => arrayFromBytes(new Uint8Array(length), { dtype: "<f4", shape: [2] }),
      IntegrityError,
      String(length),
    );
  }
  assertThrows(
    () => arrayFromBytes(new Uint8Array(0), { dtype: "<f4", shape: [2 ** 52, 2 ** 52] }),
    InvalidArgumentError,
  );
  assertThrows(() => arrayFromBytes(new Uint8Array(8), { dtype: "<f4", shape: [-2] }), InvalidArgumentError);
  // @ts-expect-error -- callers without types
  assertThrows(() => arrayFromBytes(new Uint8Array(16), { dtype: "<f16", shape: [1] }), UnsupportedError);
});

Deno.test("contiguous arrays give their own bytes, others none", () => {
  const a = ndarray(Int16Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  assertStrictEquals(contiguousBytes(a)?.buffer, a.data.buffer);
  const row = contiguousBytes(a.slice(1));
  assertEquals([row?.byteOffset, row?.length], [6, 6]);
  assertEquals(contiguousBytes(a.transpose()), undefined);
  assertStrictEquals(contiguousBytes(a.transpose().transpose())?.buffer, a.data.buffer);
  assertEquals(contiguousBytes(a.slice(null, 0)), undefined);
  assertEquals(contiguousBytes(a.slice([null, null, -1])), undefined);
  assertEquals(contiguousBytes(a.slice([0, 0]))?.length, 0);
  assertEquals(contiguousBytes(ndarray(new Int8Array(new SharedArrayBuffer(2)))), undefined);
});

Deno.test("the stream of a contiguous array is made of views of it", async () => {
  const a = ndarray(new Float64Array(1000));
  let length = 0;
  for await (const piece of bytesOf(a, { pieceLength: 1024 })) {
    assertStrictEquals<ArrayBufferLike>(piece.buffer, a.data.buffer);
    assert(piece.length <= 1024);
    length += piece.length;
  }
  assertEquals(length, 8000);
});

Deno.test("the stream of any view has its bytes, in bounded pieces", async () => {
  const a = ndarray(Int32Array.from({ length: 5 * 6 * 7 }, (_, i) => i), [5, 6, 7]);
  const views = [
    a.transpose(),
    a.transpose(1, 0, 2),
    a.slice([null, null, -1], null, [0, null, 2]),
    a.slice(null, 3),
    a.slice(2, 3, [null, null, -1]),
    ndarray(Int32Array.of(1, 2), [3, 2], { stride: [0, 1] }),
    ndarray(new Float32Array(new SharedArrayBuffer(64))).slice([null, null, 2]),
    asNDArray("abc"),
    ndarray(new Float32Array(0), [0, 5]).transpose(),
    ndarray(new Uint8Array(0), [4], { dtype: "|S0" }),
  ];
  for (const view of views) {
    for (const pieceLength of [1, 4, 30, 100, 1 << 20]) {
      const itemsize = view.nbytes / Math.max(view.size, 1);
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for await (const piece of bytesOf(view, { pieceLength })) {
        assert(piece.length > 0 && piece.length <= Math.max(pieceLength, itemsize));
        pieces.push(piece);
      }
      assertEquals(await readAll(new Blob(pieces).stream()), view.toBytes());
    }
  }
});

Deno.test("pieces are gathered only when they are asked for", async () => {
  const a = ndarray(new Float64Array(1 << 16), [256, 256]).transpose();
  const reader = bytesOf(a, { pieceLength: 2048 }).getReader();
  await reader.read();
  // What is set after the first piece was read is seen in the second.
  a.set(7, 1, 0);
  const { value } = await reader.read();
  assertEquals(new Float64Array(value?.buffer ?? new ArrayBuffer(0))[0], 7);
  await reader.cancel();
});
