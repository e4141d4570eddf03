/**
 * Arrays as plots take them: an image of colours, and a flat list of numbers.
 *
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { toImageData } from "@cottoncandy/cottoncandy/plot";
 *
 * const slice = ndarray(Float32Array.of(0, 1, 2, NaN), [2, 2]);
 * const { data, width, height } = toImageData(slice, "viridis");
 * console.assert(width === 2 && height === 2 && data.length === 16 && data[15] === 0);
 * // In a page: canvas.getContext("2d").putImageData(new ImageData(data, width), 0, 0)
 * ```
 *
 * @module
 */
import { allocate } from "../../bytes.ts";
import { shown } from "../../error_context.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { NaT, partsOf } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { COLORS } from "./colormaps.ts";

export { encodePng, type PngPixels } from "./png.ts";

/** The colour maps: viridis and inferno for what has an order, RdBu (red to blue) for what has a middle, greys (black to white). */
export type Colormap = "viridis" | "inferno" | "RdBu" | "greys";

/** Options of {@linkcode toImageData}. */
export interface ImageOptions {
  /** The values that get the first and the last colour; default the least and the greatest finite one. What is beyond gets them as well. */
  readonly range?: readonly [low: number, high: number];
}

/** What a page's `ImageData` is made of: `new ImageData(data, width)`. */
export interface ImagePixels {
  /** Red, green, blue and opacity of each pixel, 0 to 255, row by row from the top. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  /** Pixels a row: items along the second axis. */
  readonly width: number;
  /** Rows: items along the first axis. */
  readonly height: number;
}

const IMAGE_OPTIONS: OptionTable<ImageOptions> = { range: true };

/**
 * An array of two axes as an image: a pixel an item, the first row at the top. What is not a number is transparent.
 *
 * @param colormap What colours the values get; default `"viridis"`.
 * @throws {InvalidArgumentError} when the array has other than two axes, there is no such colour map, or the range is none.
 * @throws {UnsupportedError} when the items are no numbers, or there is not so much memory.
 *
 * @example
 * ```ts
 * import { asNDArray } from "@cottoncandy/cottoncandy/array";
 * import { toImageData } from "@cottoncandy/cottoncandy/plot";
 *
 * const { data } = toImageData(asNDArray([[0, 5, 10, NaN]]), "greys", { range: [0, 10] });
 * console.assert(data.join() === "0,0,0,255,128,128,128,255,255,255,255,255,0,0,0,0");
 * ```
 */
export function toImageData(
  array: NDArray,
  colormap: Colormap = "viridis",
  options: ImageOptions = {},
): ImagePixels {
  checkOptions(options, IMAGE_OPTIONS);
  if (array.shape.length !== 2) {
    throw new InvalidArgumentError(
      `an image has two axes, and the array ${array.shape.length}: take a slice, such as array.slice(0)`,
    );
  }
  const colors = colormapTable(colormap);
  const numbers = toNumbers(array);
  const [low, high] = options.range === undefined ? finiteRange(numbers) : checkedRange(options.range);
  const [height, width] = array.shape;
  const data = new Uint8ClampedArray(allocate(numbers.length * 4).buffer);
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i];
    if (Number.isNaN(value)) continue;
    // Where all values are one, it gets the colour in the middle.
    const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
    const color = Math.round(share * 255) * 3;
    data.set(colors.subarray(color, color + 3), i * 4);
    data[i * 4 + 3] = 255;
  }
  return { data, width, height };
}

/**
 * An array's items as one flat list of numbers, in C order, which Observable Plot, uPlot and other libraries take: truth values as 0 and 1, 64-bit integers as the nearest number, times
 * as counts of their unit, `NaT` as NaN.
 *
 * @throws {UnsupportedError} when the items are no real numbers: use a field, or the parts of complex ones.
 *
 * @example
 * ```ts
 * import { asNDArray } from "@cottoncandy/cottoncandy/array";
 * import { toNumbers } from "@cottoncandy/cottoncandy/plot";
 *
 * console.assert(toNumbers(asNDArray([[1n, 2n], [3n, 4n]])).join() === "1,2,3,4");
 * ```
 */
export function toNumbers(array: NDArray): Float64Array<ArrayBuffer> {
  const { kind } = partsOf(array.dtype);
  if (array.fields || !"biufMm".includes(kind)) {
    throw new UnsupportedError(
      `only real numbers are plotted, not dtype ${array.dtype}: take a field or a part of it`,
    );
  }
  const numbers = new Float64Array(allocate(array.size * 8).buffer);
  const isTime = kind === "M" || kind === "m";
  let place = 0;
  for (const item of array) numbers[place++] = isTime && item === NaT ? NaN : Number(item);
  return numbers;
}

/**
 * The 256 colours of a map, from the least value to the greatest: red, green and blue of each, one after the other.
 *
 * @throws {InvalidArgumentError} when there is no such colour map.
 *
 * @example
 * ```ts
 * import { colormapTable } from "@cottoncandy/cottoncandy/plot";
 *
 * console.assert(colormapTable("viridis").subarray(255 * 3).join() === "253,231,37");
 * ```
 */
export function colormapTable(colormap: Colormap): Uint8Array<ArrayBuffer> {
  if (colormap === "greys") return Uint8Array.from({ length: 768 }, (_, index) => Math.floor(index / 3));
  if (!Object.hasOwn(COLORS, colormap)) {
    throw new InvalidArgumentError(
      `there is no colour map ${shown(colormap)}: use ${Object.keys(COLORS).join(", ")} or greys`,
    );
  }
  const text = COLORS[colormap];
  return Uint8Array.from(
    { length: 768 },
    (_, index) => Number.parseInt(text.slice(index * 2, index * 2 + 2), 16),
  );
}

function finiteRange(numbers: Float64Array): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of numbers) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function checkedRange(range: readonly [number, number]): readonly [number, number] {
  if (Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]) {
    return range;
  }
  throw new InvalidArgumentError("`range` is [low, high], two finite numbers of which the first is less");
}
