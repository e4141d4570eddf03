/**
 * Where an axis of times has ticks: at seconds, hours and days, as clocks and calendars have them.
 *
 * @module
 */
import { partsOf } from "../../../lib/array/dtype/mod.ts";
import type { DType } from "../../../lib/array/mod.ts";
import type { ValueRange } from "../../../lib/array/plotting/mod.ts";
import { niceStep, type Tick } from "./tick.ts";
import { countText } from "./values.ts";

const DAY = 86_400;
/** Seconds of the units that are of one length. */
const SECONDS: Readonly<Record<string, number>> = {
  W: 7 * DAY,
  D: DAY,
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  ns: 1e-9,
  ps: 1e-12,
  fs: 1e-15,
  as: 1e-18,
};
/** Steps of clocks, from a second to half a day. */
const CLOCK = [1, 2, 5, 10, 15, 30].flatMap((each) => [each, each * 60])
  .concat([1, 2, 3, 6, 12].map((hours) => hours * 3600)).sort((a, b) => a - b);

/** Ticks of times and durations, which are counts of the dtype's unit: never less than one apart. */
export function timeTicks([low, high]: ValueRange, dtype: DType, most: number): Tick[] {
  const step = BigInt(Math.max(1, Math.round(stepOf(high - low, dtype, most))));
  const [start, end] = [BigInt(Math.ceil(low)), BigInt(Math.floor(high))];
  // Remainders of negative counts are negative.
  const over = (start % step + step) % step;
  const counts: bigint[] = [];
  for (let at = over === 0n ? start : start + step - over; at <= end && counts.length < 100; at += step) {
    counts.push(at);
  }
  const texts = shortened(counts.map((count) => countText(count, dtype)));
  return counts.map((count, i) => ({ at: Number(count), text: texts[i] }));
}

/** From one tick to the next, in counts. */
function stepOf(length: number, dtype: DType, most: number): number {
  const [, times = "", unit = ""] = /\[(\d*)(\w+)\]/.exec(dtype) ?? [];
  const seconds = SECONDS[unit];
  // Durations are told as counts, and so are years, months, and multiples of units.
  if (partsOf(dtype).kind !== "M" || seconds === undefined || Number(times || 1) !== 1) {
    return niceStep(length, most);
  }
  const wanted = length * seconds / most;
  if (wanted > DAY / 2) return niceStep(length * seconds / DAY, most) * DAY / seconds;
  const clock = wanted <= 0.5 ? undefined : CLOCK.find((each) => each >= wanted * (1 - 1e-9)) ?? DAY;
  return clock === undefined ? niceStep(length, most) : clock / seconds;
}

/** Without what is nought in all of them: fractions of seconds, seconds, the time of the day. */
function shortened(texts: readonly string[]): readonly string[] {
  const cut = (texts: readonly string[], tail: RegExp) =>
    texts.every((text) => tail.test(text)) ? texts.map((text) => text.replace(tail, "")) : texts;
  let short = texts;
  for (let digits = 0; digits < 18; digits++) short = cut(short, /(?<=\.\d*)0$/);
  return [/\.$/, /(?<=:\d\d):00$/, /T00(?::00)?$/].reduce(cut, short);
}
