/**
 * Pixels, ranges and histograms, against numpy's and the tables of matplotlib's colour maps: `vectors/pixels.py` made them.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ndarray, readNpy } from "../../lib/array/mod.ts";
import {
  COLORMAPS,
  histogram,
  type ImageOptions,
  toImageData,
  toNumbers,
  valueRange,
} from "../../lib/array/plotting/mod.ts";
import type { Colormap } from "../../lib/array/plotting/mod.ts";
import { fromBase64 } from "../../lib/base64.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { streamOf } from "../../lib/streams/mod.ts";
import cases from "../vectors/pixels.json" with { type: "json" };

interface Case {
  readonly name: string;
  readonly npy: string;
  readonly field: string | null;
  readonly colormap: Colormap;
  readonly options: ImageOptions;
  readonly range: [number, number] | null;
  readonly histogram: readonly number[] | null;
  readonly rgba: string;
}

for (
  const { name, npy, field, colormap, options, range, histogram: bins, rgba } of cases as unknown as Case[]
) {
  Deno.test(`pixels are numpy's: ${name}`, async () => {
    const stored = await readNpy(streamOf(bytesOf(npy)));
    const array = field === null ? stored : stored.field(field);
    const { data, width, height } = toImageData(array, colormap, options);
    assertEquals([height, width], array.shape.slice(0, 2));
    const wanted = bytesOf(rgba);
    if (options.scale === "log") assertNearly(data, wanted);
    else assertEquals([...data], [...wanted]);
    if (range === null) return;
    const { part, percentiles, scale } = options;
    const numbers = toNumbers(array, { part });
    const found = valueRange(numbers, { percentiles, scale });
    assert(found);
    assertEquals(found, range);
    if (bins) assertEquals([...histogram(numbers, { range: found, bins: 8 })], bins);
  });
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(base64);
  assert(bytes, "base64");
  return bytes;
}

/** Logarithms may differ in the last place, and a colour on the edge of two be the other one. */
function assertNearly(data: Uint8ClampedArray, wanted: Uint8Array): void {
  const others = data.filter((channel, i) => channel !== wanted[i]);
  assert(others.length <= 4, `${others.length} channels differ`);
}

Deno.test("where nothing counts, there is no range, and everything has a colour all the same", () => {
  const none = Float64Array.of(NaN, Infinity, -Infinity);
  assertEquals(valueRange(none), undefined);
  assertEquals(valueRange(none, { percentiles: [1, 99] }), undefined);
  assertEquals(valueRange(Float64Array.of(-1, 0), { scale: "log" }), undefined);
  const { data } = toImageData(ndarray(none, [1, 3]), "greys");
  assertEquals([data[3], data[7], data[11]], [0, 255, 255]);
});

Deno.test("the greatest numbers have a range as well", () => {
  const most = Number.MAX_VALUE;
  const { data } = toImageData(ndarray(Float64Array.of(-most, 0, most), [1, 3]), "greys");
  assertEquals([data[0], data[4], data[8]], [0, 128, 255]);
});

Deno.test("ranges, histograms and pictures of 32-bit floats are those of their values, and leave them as they are", () => {
  const single = Float32Array.from({ length: 300 }, (_, i) => (i * 7919) % 300 / 7);
  single[17] = NaN;
  const [before, double] = [single.slice(), Float64Array.from(single)];
  for (const options of [{}, { percentiles: [1, 99] }, { scale: "log" }] as const) {
    assertEquals(valueRange(single, options), valueRange(double, options));
  }
  assertEquals(histogram(single, { range: [1, 40] }), histogram(double, { range: [1, 40] }));
  const [one, other] = [single, double].map((numbers) =>
    toImageData(ndarray(numbers, [20, 15]).transpose().slice([2, 9]))
  );
  assertEquals(one, other);
  assertEquals(single, before);
});

Deno.test("percentiles of many values are those of sorted ones", () => {
  const many = Float64Array.from({ length: 100_003 }, (_, i) => (i * 7919) % 100_003 % 977);
  const sorted = many.toSorted();
  for (const percent of [0, 1, 50, 99, 100]) {
    const [low] = valueRange(many, { percentiles: [percent, 100] }) ?? [];
    const place = (many.length - 1) * percent / 100;
    assertEquals(
      low,
      sorted[Math.floor(place)] + (sorted[Math.ceil(place)] - sorted[Math.floor(place)]) * (place % 1),
    );
  }
});

Deno.test("what is no scale, range or part is an error that says so", () => {
  const numbers = Float64Array.of(1, 2);
  const image = ndarray(numbers, [1, 2]);
  const fails = (run: () => unknown, words: string) => assertThrows(run, InvalidArgumentError, words);
  fails(() => toImageData(image, "greys", { scale: "ln" as "log" }), "linear");
  fails(() => toImageData(image, "greys", { scale: "log", range: [0, 1] }), "positive");
  fails(() => toImageData(image, "greys", { missing: [0, 0, 0] as never }), "missing");
  fails(() => toImageData(image, "greys", { part: "absolute" as "phase" }), "magnitude");
  fails(() => valueRange(numbers, { percentiles: [99, 1] }), "percentiles");
  fails(() => valueRange(numbers, { percentiles: [0, 101] }), "percentiles");
  fails(() => histogram(numbers, { range: [1, 2], bins: 0 }), "bins");
  fails(() => histogram(numbers, { range: [2, 1] }), "range");
  assertEquals(COLORMAPS.map((name) => toImageData(image, name).width), [2, 2, 2, 2, 2]);
});
