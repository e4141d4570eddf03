/**
 * From settings and a part of an array to pixels. Pure: nothing here knows of a page.
 *
 * @module
 */
import type { NDArray } from "../../../lib/array/mod.ts";
import { partsOf } from "../../../lib/array/dtype/mod.ts";
import { allocate } from "../../../lib/bytes.ts";
import {
  type ImagePixels,
  type Rgba,
  toImageData,
  toNumbers,
  type ValueRange,
  valueRange,
} from "../../../lib/array/plotting/mod.ts";
import { type Floats, ownNumbers } from "../../../lib/array/plotting/numbers.ts";
import { ndarray } from "../../../lib/array/mod.ts";
import type { Settings } from "./state.ts";

/** Percentiles are those of about so many values, evenly taken: of a million they take longer than all the rest. */
const SAMPLE = 16384;
/** Work on so many items takes a few milliseconds: after each such block who works can be stopped. */
export const BLOCK = 2 ** 19;

/** Waits for a moment in which others get their turn; throws when the work is not wanted any more. */
export type Pause = () => Promise<void>;

/** The part of a plane that is shown: of a structure the field that the settings name. */
export function shownField(plane: NDArray, { field }: Pick<Settings, "field">): NDArray {
  return plane.fields && field !== undefined ? plane.field(field) : plane;
}

/** The values of a part, in C order: of its field, and of the part of complex numbers, that the settings name. Not to be changed: they may be the items themselves. */
export function numbersOf(plane: NDArray, { field, part }: Pick<Settings, "field" | "part">): Floats {
  const items = shownField(plane, { field });
  return ownNumbers(items) ?? toNumbers(items, partsOf(items.dtype).kind === "c" ? { part } : {});
}

/** The values at the ends of the colours; nothing where no value counts. With two colours that meet, zero is in the middle. */
export function rangeOf(
  numbers: Floats,
  { range, scale, colormap }: Pick<Settings, "range" | "scale" | "colormap">,
): ValueRange | undefined {
  if (typeof range !== "string" && (scale === "linear" || range[0] > 0)) return range;
  const found = range === "percentiles"
    ? valueRange(sampleOf(numbers), { percentiles: [1, 99], scale })
    : valueRange(numbers, { scale });
  if (!found || colormap !== "RdBu" || scale === "log") return found;
  const most = Math.max(Math.abs(found[0]), Math.abs(found[1]));
  return [-most, most];
}

/**
 * The pixels of values.
 *
 * @param missing The colour of what is not a number.
 */
export async function pixelsOf(
  numbers: Floats,
  [height, width]: readonly [number, number],
  range: ValueRange | undefined,
  { colormap, scale }: Pick<Settings, "colormap" | "scale">,
  missing: Rgba,
  pause: Pause,
): Promise<ImagePixels> {
  const isRange = (ends: ValueRange | undefined): ends is ValueRange => !!ends && ends[0] < ends[1];
  const ends = isRange(range) ? range : valueRange(numbers, { scale });
  // Of values that are all one there is no range: the colour is the one in the middle.
  const options = { scale, missing, ...isRange(ends) ? { range: ends } : {} };
  const rows = Math.max(1, Math.floor(BLOCK / Math.max(1, width)));
  if (rows >= height) return toImageData(ndarray(numbers, [height, width]), colormap, options);
  const data = new Uint8ClampedArray(allocate(numbers.length * 4).buffer);
  for (let row = 0; row < height; row += rows) {
    await pause();
    const count = Math.min(rows, height - row);
    const part = ndarray(numbers.subarray(row * width, (row + count) * width), [count, width]);
    data.set(toImageData(part, colormap, options).data, row * width * 4);
  }
  return { data, width, height };
}

/** The pixels of an array that is colours, its last axis being red, green, blue (and opacity). */
export function ownPixels(plane: NDArray): ImagePixels {
  return toImageData(plane);
}

/** Of how many values the ends of the colours are told, of a plane of so many items; nothing where it is of all. */
export function sampleSize(
  { range }: Pick<Settings, "range">,
  seen: number,
  all: number,
): number | undefined {
  if (range !== "percentiles") return undefined;
  const size = Math.ceil(seen / sampleStep(seen));
  return size < all ? size : undefined;
}

function sampleStep(length: number): number {
  return Math.max(1, Math.floor(length / SAMPLE));
}

/** One of each so many values, at another place among them each time: else, of a picture as wide as some of those, it would always be the same columns. */
function sampleOf(numbers: Floats): Floats {
  const step = sampleStep(numbers.length);
  if (step === 1) return numbers;
  const sample = new Float64Array(Math.ceil(numbers.length / step));
  let share = 0;
  for (let i = 0; i < sample.length; i++) {
    sample[i] = numbers[Math.min(numbers.length - 1, i * step + Math.floor(share * step))];
    share += GOLDEN;
    if (share >= 1) share--;
  }
  return sample;
}

/** Added again and again, without the whole, it spreads evenly over all shares. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
