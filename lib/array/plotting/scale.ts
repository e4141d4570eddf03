/**
 * From values to places between the two ends of a scale: ranges, percentiles, logarithms, and how many values lie where.
 *
 * Source: the documentation of `numpy.percentile` (method "linear") and `numpy.histogram`, and running them.
 *
 * @module
 */
import { allocate, lengthOf } from "../../bytes.ts";
import { shown } from "../../error_context.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";

/** How values are spread over a scale: evenly, or by their logarithms, which only positive ones have. */
export type Scale = "linear" | "log";

/** The values at the two ends of a scale. */
export type ValueRange = readonly [low: number, high: number];

/** Options of {@linkcode valueRange}. */
export interface RangeOptions {
  /** Which percentiles of the values the ends are; default `[0, 100]`, the least and the greatest one. */
  readonly percentiles?: readonly [low: number, high: number];
  /** With `"log"` only positive values count; default `"linear"`. */
  readonly scale?: Scale;
}

/** Options of {@linkcode histogram}. */
export interface HistogramOptions {
  /** Where the bins begin and end; what lies beyond is not counted. */
  readonly range: ValueRange;
  /** How many bins; default 64. */
  readonly bins?: number;
  /** Whether the bins are equally wide, or their logarithms are; default `"linear"`. */
  readonly scale?: Scale;
}

const RANGE_OPTIONS: OptionTable<RangeOptions> = { percentiles: true, scale: true };
const HISTOGRAM_OPTIONS: OptionTable<HistogramOptions> = { range: true, bins: true, scale: true };

/**
 * The least and the greatest value, or percentiles as numpy's `percentile` has them. NaN and infinities don't count: a single one would spoil every picture.
 *
 * @returns Nothing where no value counts.
 * @throws {InvalidArgumentError} when the percentiles or the scale are none.
 *
 * @example
 * ```ts
 * import { valueRange } from "@cottoncandy/cottoncandy/plot";
 *
 * const values = Float64Array.of(3, NaN, 1, Infinity, 2);
 * console.assert(valueRange(values)?.join() === "1,3");
 * console.assert(valueRange(values, { percentiles: [25, 75] })?.join() === "1.5,2.5");
 * ```
 */
export function valueRange(
  numbers: Float32Array | Float64Array,
  options: RangeOptions = {},
): ValueRange | undefined {
  checkOptions(options, RANGE_OPTIONS);
  const { percentiles, scale = "linear" } = options;
  const least = lowest(scale);
  if (percentiles === undefined) {
    let [low, high] = [Infinity, -Infinity];
    const items = lengthOf(numbers);
    for (let i = 0; i < items; i++) {
      const value = numbers[i];
      // False for NaN as well.
      if (!(value > least && value < Infinity)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low <= high ? [low, high] : undefined;
  }
  if (
    !Array.isArray(percentiles) || percentiles.length !== 2 ||
    !percentiles.every((each) => typeof each === "number" && each >= 0 && each <= 100) ||
    percentiles[0] > percentiles[1]
  ) {
    throw new InvalidArgumentError(
      `percentiles are two numbers from 0 to 100 of which the first is not the greater, not ${
        shown(percentiles)
      }`,
    );
  }
  const counting = countingOf(numbers, least);
  if (counting.byteLength === 0) return undefined;
  return [percentile(counting, percentiles[0]), percentile(counting, percentiles[1])];
}

/**
 * How many values lie in each of a number of bins, as numpy's `histogram` counts them: a bin has its lower edge, and the last one its upper edge too.
 *
 * @throws {InvalidArgumentError} when the range, the scale or the number of bins is none.
 *
 * @example
 * ```ts
 * import { histogram } from "@cottoncandy/cottoncandy/plot";
 *
 * console.assert(histogram(Float64Array.of(0, 1, 1.5, 2, NaN), { range: [0, 2], bins: 2 }).join() === "1,3");
 * ```
 */
export function histogram(
  numbers: Float32Array | Float64Array,
  options: HistogramOptions,
): Uint32Array<ArrayBuffer> {
  checkOptions(options, HISTOGRAM_OPTIONS);
  const { range, bins = 64, scale = "linear" } = options;
  const [low, high] = checkedRange(range, scale);
  if (!Number.isSafeInteger(bins) || bins < 1 || bins > 65536) {
    throw new InvalidArgumentError(`bins is a whole number from 1 to 65536, not ${shown(bins)}`);
  }
  const counts = new Uint32Array(bins);
  const share = shareOf([low, high], scale);
  const items = lengthOf(numbers);
  for (let i = 0; i < items; i++) {
    const value = numbers[i];
    if (value >= low && value <= high) counts[Math.min(bins - 1, Math.floor(share(value) * bins))]++;
  }
  return counts;
}

/**
 * Where a value is between the ends: 0 at the first, 1 at the second, not cut off beyond. Where the ends are one, everything is in the middle.
 *
 * @param range Checked.
 */
export function shareOf([low, high]: ValueRange, scale: Scale): (value: number) => number {
  if (low === high) return () => 0.5;
  if (scale === "log") {
    const [from, to] = [Math.log10(low), Math.log10(high)];
    return (value) => (Math.log10(value) - from) / (to - from);
  }
  // Halves, since the distance of the largest numbers is infinite.
  const width = high / 2 - low / 2;
  return (value) => (value / 2 - low / 2) / width;
}

/**
 * A range that is one.
 *
 * @throws {InvalidArgumentError} otherwise.
 */
export function checkedRange(range: ValueRange, scale: Scale): ValueRange {
  const least = lowest(scale);
  if (
    Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1] &&
    range[0] > least
  ) return range;
  throw new InvalidArgumentError(
    `\`range\` is [low, high], two finite ${
      scale === "log" ? "positive " : ""
    }numbers of which the first is less`,
  );
}

/** A copy of the values that count; `filter` of a typed array takes ten times as long. */
function countingOf(numbers: Float32Array | Float64Array, least: number): Float64Array {
  const items = lengthOf(numbers);
  const counting = new Float64Array(allocate(items * 8).buffer);
  let count = 0;
  for (let i = 0; i < items; i++) {
    const value = numbers[i];
    if (value > least && value < Infinity) counting[count++] = value;
  }
  return counting.subarray(0, count);
}

/** The value above which all that count are. */
function lowest(scale: Scale): number {
  if (scale === "linear") return -Infinity;
  if (scale === "log") return 0;
  throw new InvalidArgumentError(`a scale is "linear" or "log", not ${shown(scale)}`);
}

/** A percentile of values that are all finite, by numpy's method "linear"; reorders them. */
function percentile(values: Float64Array, percent: number): number {
  const count = lengthOf(values);
  const place = (count - 1) * percent / 100;
  const rank = Math.floor(place);
  const below = select(values, rank);
  const rest = place - rank;
  if (rest === 0) return below;
  let above = Infinity;
  for (let i = rank + 1; i < count; i++) if (values[i] < above) above = values[i];
  return rest < 0.5 ? below + (above - below) * rest : above - (above - below) * (1 - rest);
}

/** The value that sorting would put at a rank: Hoare's selection, which takes a tenth of the time that sorting a million takes. What lies behind it is not less. */
function select(values: Float64Array, rank: number): number {
  let [first, last] = [0, lengthOf(values) - 1];
  while (first < last) {
    const pivot = middleOf(values[first], values[Math.floor((first + last) / 2)], values[last]);
    let [i, j] = [first, last];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const moved = values[i];
      values[i++] = values[j];
      values[j--] = moved;
    }
    if (rank <= j) last = j;
    else if (rank >= i) first = i;
    else break;
  }
  return values[rank];
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
