/**
 * The explorer's pictures, without a page: the values at the ends of the colours, pixels, the histogram, and which items are seen.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { pictureOf, planeBars } from "../../examples/explorer/draw/picture.ts";
import {
  PICTURE_WORKER_NAME,
  PICTURE_WORKER_URL,
  type PictureAnswer,
  type PictureRequest,
} from "../../examples/explorer/draw/picture_worker.ts";
import { numbersOf, pixelsOf, rangeOf, sampleSize } from "../../examples/explorer/draw/pixels.ts";
import { thinned } from "../../examples/explorer/draw/thinned.ts";
import { partsOf } from "../../lib/array/dtype/mod.ts";
import { arrayFromBytes, ndarray } from "../../lib/array/mod.ts";

/** Of what is so small that nobody would wait for it. */
const never = () => Promise.reject(new Error("it was not small"));

/** How the pictures are drawn. */
const HEAT_MAP = {
  view: "heat",
  part: "magnitude",
  colormap: "greys",
  scale: "linear",
  range: "all",
} as const;

Deno.test("explorer: zero is in the middle of two colours that meet, and a chosen range counts", async () => {
  const numbers = Float64Array.of(-1, 0, 4);
  const settings = { colormap: "RdBu", scale: "linear", range: "all" } as const;
  assertEquals(rangeOf(numbers, settings), [-4, 4]);
  assertEquals(rangeOf(numbers, { ...settings, colormap: "viridis" }), [-1, 4]);
  assertEquals(rangeOf(numbers, { ...settings, range: [0, 1] }), [0, 1]);
  // No logarithm begins at or below zero.
  assertEquals(rangeOf(numbers, { ...settings, scale: "log", range: [0, 1] }), [4, 4]);
  const greys = { colormap: "greys", scale: "linear" } as const;
  const { data } = await pixelsOf(Float64Array.of(7, NaN), [1, 2], [7, 7], greys, [1, 2, 3, 4], never);
  assertEquals([...data], [128, 128, 128, 255, 1, 2, 3, 4]);
  const complex = ndarray(Float64Array.of(3, 4, 0, -1), [2], { dtype: "<c16" });
  assertEquals([...numbersOf(complex, { part: "magnitude" })], [5, 1]);
  assertEquals([...numbersOf(complex, { part: "phase" })], [Math.atan2(4, 3), -Math.PI / 2]);
});

Deno.test("explorer: of a picture that is larger than the screen the items in the middle of pixels are taken, of any dtype and order", () => {
  for (const [i, dtype] of (["|u1", "<f2", ">i4", "<f8", "<c16", "|S3"] as const).entries()) {
    const { itemsize } = partsOf(dtype);
    const bytes = Uint8Array.from(
      { length: 7 * 10 * itemsize },
      (_, at) => at % 4 < 2 ? (at * 31 + i) % 97 : 0,
    );
    const plane = arrayFromBytes(bytes, { dtype, shape: [7, 10] });
    for (const turned of [plane, plane.transpose(), plane.slice([null, null, -1], [1, 9, 2])]) {
      const [height, width] = turned.shape;
      const room = [3, 4] as const;
      const places = (length: number, pixels: number) =>
        Array.from({ length: pixels }, (_, i) => Math.floor((i + 0.5) * length / pixels));
      const wanted = places(height, 3).map((row) =>
        places(width, 4).map((column) => turned.slice(row, column).toNested())
      );
      assertEquals(thinned(turned, room).toNested(), wanted, `${dtype} ${turned.shape}`);
    }
    assert(thinned(plane, [7, 10.5]) === plane);
    assertEquals(thinned(plane, [0.2, 12]).shape, [1, 10]);
  }
});

Deno.test("explorer: a large picture is made in blocks that are one picture, and is stopped between them", async () => {
  const width = 3000;
  const plane = ndarray(Float32Array.from({ length: 400 * width }, (_, i) => Math.floor(i / width)), [
    400,
    width,
  ]);
  let pauses = 0;
  const pause = () => Promise.resolve(void pauses++);
  const { pixels, range } = await pictureOf(plane, HEAT_MAP, [0, 0, 0, 0], pause);
  assertEquals(range, [0, 399]);
  assertEquals(pauses, 3);
  for (const row of [0, 173, 174, 175, 348, 349, 399]) {
    assertEquals(pixels.data[(row * width + 7) * 4], Math.floor(row / 399 * 255 + 0.5), `row ${row}`);
  }
  const bars = await planeBars(plane, HEAT_MAP, pause);
  assertEquals(bars?.domain, [0, 399]);
  assertEquals(bars?.counts.reduce((sum, count) => sum + count, 0), plane.size);
  const stopped = new Error("stopped");
  const stop = () => Promise.reject(stopped);
  assert(await pictureOf(plane, HEAT_MAP, [0, 0, 0, 0], stop).catch((error) => error) === stopped);
  assert(await planeBars(plane, HEAT_MAP, stop).catch((error) => error) === stopped);
});

Deno.test("explorer: it is told of how many values percentiles are those", () => {
  assertEquals(sampleSize({ range: "percentiles" }, 1000, 1000), undefined);
  assertEquals(sampleSize({ range: "percentiles" }, 90_000, 1_000_000), 18_000);
  assertEquals(sampleSize({ range: "percentiles" }, 1_000_000, 1_000_000), 16_394);
  assertEquals(sampleSize({ range: "all" }, 90_000, 1_000_000), undefined);
});

Deno.test("explorer: percentiles are told of values of all columns, however wide the picture is", () => {
  const settings = { colormap: "viridis", scale: "linear", range: "percentiles" } as const;
  for (const width of [450, 480, 481, 512]) {
    const numbers = (column: number) =>
      Float32Array.from({ length: width * 480 }, (_, i) => i % width % 15 === column ? 5 : i % 2);
    for (let column = 0; column < 15; column++) assertEquals(rangeOf(numbers(column), settings), [0, 5]);
  }
});

Deno.test("explorer: a worker stops with a picture that it has begun, and makes the next one", async () => {
  const worker = new Worker(PICTURE_WORKER_URL, { type: "module", name: PICTURE_WORKER_NAME });
  const answer = () =>
    new Promise<PictureAnswer>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  const send = (...requests: PictureRequest[]) => {
    const answered = answer();
    for (const request of requests) worker.postMessage(request);
    return answered;
  };
  const plane = (height: number, width: number) => ({
    bytes: new Uint8Array(height * width).map((_, i) => i % 256),
    header: { dtype: "|u1", shape: [height, width] } as const,
    settings: HEAT_MAP,
  });
  try {
    assertEquals((await answer()).kind, "ready");
    for (const kind of ["draw", "count"] as const) {
      const large = { kind, ...plane(1000, 1000), missing: [0, 0, 0, 0] } as const;
      assertEquals((await send(large, { kind: "stop" })).kind, "stopped");
      // Too late: there is nothing to stop.
      worker.postMessage({ kind: "stop" });
      const small = await send({ kind: "draw", ...plane(1, 256), missing: [0, 0, 0, 0] });
      assert(small.kind === "picture" && small.picture.pixels.data[4 * 100] === 100);
    }
    const counted = await send({ kind: "count", ...plane(1000, 1000) });
    assert(
      counted.kind === "bars" && counted.bars?.counts.reduce((sum, each) => sum + each, 0) === 1_000_000,
    );
    const wrong = await send({
      kind: "draw",
      ...plane(2, 2),
      header: { dtype: "|S1", shape: [2, 2] },
      missing: [0, 0, 0, 0],
    });
    assert(wrong.kind === "error" && wrong.message.includes("only real numbers"));
  } finally {
    worker.terminate();
  }
});
