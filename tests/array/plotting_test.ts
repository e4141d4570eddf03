/**
 * Arrays as images and as flat numbers.
 *
 * @module
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { asNDArray, NaT, ndarray } from "../../lib/array/mod.ts";
import { colormapTable, encodePng, toImageData, toNumbers } from "../../lib/array/plotting/mod.ts";
import { crc32Portable } from "../../lib/checksums.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";

Deno.test("an image has the map's colours from the least value to the greatest, and none where there is no number", () => {
  const image = toImageData(asNDArray([[0, 1], [NaN, 0.5], [Infinity, -Infinity]]));
  assertEquals([image.width, image.height], [2, 3]);
  // The ends and the middle of viridis, as matplotlib has them: #440154, #fde725, #21918c.
  const [violet, yellow, teal] = [[0x44, 1, 0x54, 255], [0xfd, 0xe7, 0x25, 255], [0x21, 0x90, 0x8d, 255]];
  const pixels = Array.from({ length: 6 }, (_, i) => [...image.data.subarray(i * 4, i * 4 + 4)]);
  assertEquals(pixels.toSpliced(3, 1), [violet, yellow, [0, 0, 0, 0], yellow, violet]);
  pixels[3].forEach((channel, i) => assertEquals(Math.abs(channel - teal[i]) <= 2, true));
  const red = [...toImageData(asNDArray([[-1, 1]]), "RdBu").data];
  assertEquals([red[0] > red[2], red[6] > red[4]], [true, true]);
  assertEquals([...toImageData(asNDArray([[0, 1]]), "inferno").data], [0, 0, 4, 255, 252, 255, 164, 255]);
});

Deno.test("a range is kept, values beyond it get its ends; one value alone gets the middle", () => {
  const greys = (rows: number[][], range?: [number, number]) => {
    const { data } = toImageData(asNDArray(rows), "greys", { range });
    return [...data].filter((_, index) => index % 4 === 0);
  };
  assertEquals(greys([[-5, 0, 5, 10, 20]], [0, 10]), [0, 0, 128, 255, 255]);
  assertEquals(greys([[7, 7]]), [128, 128]);
  assertEquals(toImageData(ndarray(new Uint8Array(0), [0, 3])).data.length, 0);
});

Deno.test("a view's own items are shown", () => {
  const array = ndarray(Int16Array.of(0, 1, 2, 3), [2, 2]).transpose().slice([null, null, -1]);
  const { data } = toImageData(array, "greys");
  assertEquals([...data].filter((_, index) => index % 4 === 0), [85, 255, 0, 170]);
});

Deno.test("flat numbers are what charts take", () => {
  assertEquals(toNumbers(asNDArray([[1n, 2n], [3n, 4n]])), Float64Array.of(1, 2, 3, 4));
  assertEquals(toNumbers(asNDArray([true, false])), Float64Array.of(1, 0));
  assertEquals(
    toNumbers(ndarray(BigInt64Array.of(5n, NaT), [2], { dtype: "<M8[D]" })),
    Float64Array.of(5, NaN),
  );
});

Deno.test("what is no image is an error that says so", () => {
  const image = asNDArray([[1, 2]]);
  assertThrows(() => toImageData(asNDArray([1, 2])), InvalidArgumentError, "two axes");
  assertThrows(() => toImageData(image, "jet" as "viridis"), InvalidArgumentError, "viridis");
  assertThrows(() => toImageData(image, "greys", { range: [1, 1] }), InvalidArgumentError, "range");
  assertThrows(() => toImageData(image, "greys", { rnage: [0, 1] } as never), InvalidArgumentError, "range");
  assertThrows(() => toImageData(asNDArray([["a"]])), UnsupportedError);
});

Deno.test("a PNG file has the pixels, and the checksums that decoders look at", async () => {
  const image = toImageData(asNDArray([[0, 1, 2], [3, NaN, 5]]), "inferno");
  const png = await encodePng(image);
  const view = new DataView(png.buffer);
  assertEquals([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = new Map<string, Uint8Array<ArrayBuffer>>();
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const named = png.subarray(at + 4, at + 8 + length);
    assertEquals(view.getUint32(at + 8 + length), crc32Portable(named));
    chunks.set(new TextDecoder().decode(named.subarray(0, 4)), named.slice(4));
    at += length + 12;
  }
  assertEquals([...chunks.keys()], ["IHDR", "IDAT", "IEND"]);
  assertEquals([...chunks.get("IHDR") ?? []], [0, 0, 0, 3, 0, 0, 0, 2, 8, 6, 0, 0, 0]);
  const packed = new Blob([chunks.get("IDAT") ?? new Uint8Array()]).stream();
  const rows = await new Response(packed.pipeThrough(new DecompressionStream("deflate"))).bytes();
  assertEquals([...rows], [0, ...image.data.subarray(0, 12), 0, ...image.data.subarray(12)]);
  await assertRejects(() => encodePng({ width: 0, height: 2, data: new Uint8Array() }), InvalidArgumentError);
  await assertRejects(
    () => encodePng({ width: 2, height: 2, data: new Uint8Array(3) }),
    InvalidArgumentError,
  );
});

Deno.test("a colour map is a table of 256 colours", () => {
  for (const map of ["viridis", "inferno", "RdBu", "greys"] as const) {
    assertEquals(colormapTable(map).length, 768, map);
    assertEquals([...toImageData(asNDArray([[0, 255]]), map).data.subarray(4, 7)], [
      ...colormapTable(map).subarray(765),
    ]);
  }
});
