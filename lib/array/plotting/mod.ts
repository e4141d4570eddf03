/**
 * Arrays as plots take them: an image of colours, a flat list of numbers, their range and their histogram.
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
export { type Colormap, COLORMAPS, colormapTable } from "./colormaps.ts";
export { encodePng, type PngPixels } from "./png.ts";
export { type ImageOptions, type ImagePixels, type Rgba, toImageData } from "./image.ts";
export { type ComplexPart, type NumbersOptions, toNumbers } from "./numbers.ts";
export {
  histogram,
  type HistogramOptions,
  type RangeOptions,
  type Scale,
  type ValueRange,
  valueRange,
} from "./scale.ts";
