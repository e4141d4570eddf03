/**
 * A plane of an array as a picture: its pixels, what the colours mean, and the histogram. Pure: it runs in a worker as well as in the page.
 *
 * @module
 */
import { histogram, type ImagePixels, type Rgba, valueRange } from "../../../lib/array/plotting/mod.ts";
import type { NDArray } from "../../../lib/array/mod.ts";
import type { Scale, ValueRange } from "../../../lib/array/plotting/mod.ts";
import { BLOCK, numbersOf, ownPixels, type Pause, pixelsOf, rangeOf } from "./pixels.ts";
import type { Settings } from "./state.ts";

/** What of the settings decides how a picture looks. */
export type PictureSettings = Pick<Settings, "view" | "part" | "field" | "colormap" | "scale" | "range">;

/** How many values are where. */
export interface Bars {
  /** From the least value to the greatest. */
  readonly domain: ValueRange;
  /** How many there are in each of equal parts of that; none where all values are one. */
  readonly counts: Uint32Array<ArrayBuffer>;
}

/** A picture. */
export interface PictureParts {
  readonly pixels: ImagePixels;
  /** The values at the ends of the colours; nothing where colours are the array's own, or no value counts. */
  readonly range: ValueRange | undefined;
}

const BINS = 96;

/**
 * Makes the picture of a plane, whose axes are downwards, to the right and, where it is colours, those.
 *
 * @param missing The colour of what is not a number.
 * @param pause Called between blocks of a large one: what it throws ends the work.
 */
export async function pictureOf(
  plane: NDArray,
  settings: PictureSettings,
  missing: Rgba,
  pause: Pause,
): Promise<PictureParts> {
  if (settings.view === "rgb") return { pixels: ownPixels(plane), range: undefined };
  const numbers = numbersOf(plane, settings);
  const range = rangeOf(numbers, settings);
  // A line of an array with one axis is a picture of one row.
  const [height, width] = plane.shape.length === 2 ? plane.shape : [1, plane.size];
  return { pixels: await pixelsOf(numbers, [height, width], range, settings, missing, pause), range };
}

/** Counts the values of a plane; none of one that is colours. */
export async function planeBars(
  plane: NDArray,
  settings: PictureSettings,
  pause: Pause,
): Promise<Bars | undefined> {
  return settings.view === "rgb"
    ? undefined
    : await barsOf(numbersOf(plane, settings), settings.scale, pause);
}

/** Counts values. */
export async function barsOf(
  numbers: Float32Array | Float64Array,
  scale: Scale,
  pause: Pause,
): Promise<Bars> {
  const domain = valueRange(numbers, { scale }) ?? [0, 1];
  if (!(domain[0] < domain[1])) return { domain, counts: new Uint32Array(0) };
  const counts = new Uint32Array(BINS);
  for (let from = 0; from < numbers.length; from += BLOCK) {
    if (from > 0 || numbers.length > BLOCK) await pause();
    const block = histogram(numbers.subarray(from, from + BLOCK), { range: domain, bins: BINS, scale });
    for (let bin = 0; bin < BINS; bin++) counts[bin] += block[bin];
  }
  return { domain, counts };
}
