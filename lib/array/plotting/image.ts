/**
 * Arrays as pixels.
 *
 * @module
 */
import { allocate } from "../../bytes.ts";
import { shown } from "../../error_context.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { partsOf } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { type Colormap, colormapTable } from "./colormaps.ts";
import { type ComplexPart, ownNumbers, toNumbers } from "./numbers.ts";
import { checkedRange, type Scale, shareOf, type ValueRange, valueRange } from "./scale.ts";

/** A colour: red, green, blue and opacity, 0 to 255. */
export type Rgba = readonly [red: number, green: number, blue: number, opacity: number];

/** Options of {@linkcode toImageData}. */
export interface ImageOptions {
  /** The values that get the first and the last colour; default the least and the greatest finite one. What is beyond gets them as well. */
  readonly range?: ValueRange;
  /** Instead of a range, percentiles of the finite values: `[1, 99]` keeps a few extreme ones from taking all colours. */
  readonly percentiles?: readonly [low: number, high: number];
  /** Whether colours are spread over the values or over their logarithms; default `"linear"`. */
  readonly scale?: Scale;
  /** What of complex items is shown. */
  readonly part?: ComplexPart;
  /** The colour of what is not a number, and with `"log"` of what has no logarithm; default transparent. */
  readonly missing?: Rgba;
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

const IMAGE_OPTIONS: OptionTable<ImageOptions> = {
  range: true,
  percentiles: true,
  scale: true,
  part: true,
  missing: true,
};
const TRANSPARENT: Rgba = [0, 0, 0, 0];

/**
 * An array as an image: a pixel an item of the first two axes, the first row at the top. With three axes, the last of which has three or four items, these are red, green, blue (and
 * opacity): bytes, or floats from 0 to 1.
 *
 * @param colormap What colours the values get; default `"viridis"`. Colours that the array has itself need none, nor options.
 * @throws {InvalidArgumentError} when the array has other axes, there is no such colour map, or an option is none.
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
  const { shape } = array;
  if (shape.length === 3 && (shape[2] === 3 || shape[2] === 4)) return ownColors(array);
  if (shape.length !== 2) {
    throw new InvalidArgumentError(
      `an image has two axes, and the array ${shape.length}: take a slice, such as array.slice(0)`,
    );
  }
  const { scale = "linear", part, missing = TRANSPARENT, range, percentiles } = options;
  if (!Array.isArray(missing) || missing.length !== 4 || !missing.every(Number.isFinite)) {
    throw new InvalidArgumentError(`\`missing\` is [red, green, blue, opacity], not ${shown(missing)}`);
  }
  const colors = colorsOf(colormap);
  const numbers = (part === undefined && ownNumbers(array)) || toNumbers(array, { part });
  const ends = range === undefined ? valueRange(numbers, { percentiles, scale }) : checkedRange(range, scale);
  const [height, width] = shape;
  const items = height * width;
  const data = new Uint8ClampedArray(allocate(items * 4).buffer);
  // Signed: what may be beyond 2³¹ is a double to the compiler, which takes half as long again.
  const pixels = new Int32Array(data.buffer);
  const none = packed(missing);
  // Where nothing counts, infinities have still a side.
  const share = shareOf(ends ?? [0, 0], scale);
  for (let i = 0; i < items; i++) {
    const value = numbers[i];
    // Also false for NaN.
    const counts = scale === "linear" ? value === value : value > 0;
    pixels[i] = counts ? colors[placeOf(share(value))] : none;
  }
  return { data, width, height };
}

function placeOf(share: number): number {
  // A small integer to the compiler, which `Math.floor` would not be: half the time of a picture.
  return share <= 0 ? 0 : share >= 1 ? 255 : (share * 255 + 0.5) | 0;
}

/** The colours of a map, as canvases have it in memory. */
function colorsOf(colormap: Colormap): Int32Array {
  const table = colormapTable(colormap);
  return Int32Array.from(
    { length: 256 },
    (_, i) => packed([table[i * 3], table[i * 3 + 1], table[i * 3 + 2], 255]),
  );
}

/** Four bytes as one signed number of this machine, which is little-endian: arrays take no other. */
function packed([red, green, blue, opacity]: Rgba): number {
  return red | green << 8 | blue << 16 | opacity << 24;
}

function ownColors(array: NDArray): ImagePixels {
  const [height, width, channels] = array.shape;
  const { kind } = partsOf(array.dtype);
  const isByte = array.dtype === "|u1";
  if (!isByte && kind !== "f" || array.fields) {
    throw new UnsupportedError(
      `colours are bytes, or floats from 0 to 1, and not dtype ${array.dtype}: take one of them with slice`,
    );
  }
  const numbers = toNumbers(array);
  const data = new Uint8ClampedArray(allocate(height * width * 4).buffer);
  // Clamped arrays cut off and round by themselves.
  const unit = isByte ? 1 : 255;
  for (let from = 0, to = 0; to < data.byteLength; from += channels, to += 4) {
    data[to] = numbers[from] * unit;
    data[to + 1] = numbers[from + 1] * unit;
    data[to + 2] = numbers[from + 2] * unit;
    data[to + 3] = channels === 4 ? numbers[from + 3] * unit : 255;
  }
  return { data, width, height };
}
