/**
 * From settings and a part of an array to pixels. Pure: nothing here knows of a page.
 *
 * @module
 */
import type { NDArray } from "../../../lib/array/mod.ts";
import { partsOf } from "../../../lib/array/dtype/mod.ts";
import {
  type ImagePixels,
  type Rgba,
  toImageData,
  toNumbers,
  type ValueRange,
  valueRange,
} from "../../../lib/array/plotting/mod.ts";
import { ndarray } from "../../../lib/array/mod.ts";
import type { Settings } from "./state.ts";

/** Percentiles are those of about so many values, evenly taken: of a million they take longer than all the rest. */
const SAMPLE = 65536;

/** The values of a part, in C order: of its field, and of the part of complex numbers, that the settings name. */
export function numbersOf(
  plane: NDArray,
  { field, part }: Pick<Settings, "field" | "part">,
): Float64Array<ArrayBuffer> {
  const items = plane.fields && field !== undefined ? plane.field(field) : plane;
  return toNumbers(items, partsOf(items.dtype).kind === "c" ? { part } : {});
}

/** The values at the ends of the colours; nothing where no value counts. With two colours that meet, zero is in the middle. */
export function rangeOf(
  numbers: Float64Array,
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
export function pixelsOf(
  numbers: Float64Array<ArrayBuffer>,
  [height, width]: readonly [number, number],
  range: ValueRange | undefined,
  { colormap, scale }: Pick<Settings, "colormap" | "scale">,
  missing: Rgba,
): ImagePixels {
  const options = { scale, missing };
  // Of values that are all one there is no range: the colour is the one in the middle.
  const isRange = range !== undefined && range[0] < range[1];
  return toImageData(ndarray(numbers, [height, width]), colormap, isRange ? { ...options, range } : options);
}

/** The pixels of an array that is colours, its last axis being red, green, blue (and opacity). */
export function ownPixels(plane: NDArray): ImagePixels {
  return toImageData(plane);
}

function sampleOf(numbers: Float64Array): Float64Array {
  // Odd, so that it is not always the same column.
  const step = Math.floor(numbers.length / SAMPLE) | 1;
  if (step === 1) return numbers;
  const sample = new Float64Array(Math.ceil(numbers.length / step));
  for (let i = 0; i < sample.length; i++) sample[i] = numbers[i * step];
  return sample;
}
