/**
 * Where an axis has ticks, and what is written there.
 *
 * @module
 */
import { partsOf } from "../../../lib/array/dtype/mod.ts";
import type { DType } from "../../../lib/array/mod.ts";
import type { Scale, ValueRange } from "../../../lib/array/plotting/mod.ts";
import { niceStep, type Tick } from "./tick.ts";
import { timeTicks } from "./time_ticks.ts";
import { countText } from "./values.ts";

/** Ticks of indices from `from` to `to`, whole numbers at most `most` of them. Index `i` is written where item `i` has its middle. */
export function indexTicks(from: number, to: number, most: number): Tick[] {
  const [first, last] = [Math.ceil(from - 0.5), Math.floor(to - 0.5)];
  const step = Math.max(1, niceStep(Math.max(1, last - first), most));
  const ticks: Tick[] = [];
  for (let at = Math.ceil(first / step) * step; at <= last && ticks.length < 1000; at += step) {
    ticks.push({ at, text: `${at}` });
  }
  // So that a single item between two round numbers has its index too.
  if (ticks.length === 0 && first <= last) ticks.push({ at: first, text: `${first}` });
  return ticks;
}

/** Ticks of values: round numbers, powers of ten on a logarithmic scale, times where the values are. No two have the same text. */
export function valueTicks(range: ValueRange, scale: Scale, dtype: DType, most: number): Tick[] {
  const [low, high] = range;
  if (!(high > low)) return [{ at: low, text: valueText(low, dtype) }];
  if (scale === "log") {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    if (last > first) {
      const step = Math.ceil((last - first + 1) / most);
      return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => {
        const at = 10 ** (first + i * step);
        return { at, text: valueText(at, dtype) };
      });
    }
  }
  const ticks = isTime(dtype) ? timeTicks(range, dtype, most) : numberTicks(range, most);
  return ticks.filter(({ text }, i) => text !== ticks[i - 1]?.text);
}

function numberTicks([low, high]: ValueRange, most: number): Tick[] {
  // The distance of the largest numbers is infinite.
  const step = niceStep(high / most - low / most, 1);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // As many digits as tell one tick from the next.
  const digits = Math.min(17, Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / step)) + 1);
  return Array.from({ length: Math.max(0, Math.min(100, last - first + 1)) }, (_, i) => {
    const at = (first + i) * step;
    return { at, text: numberText(at, Math.max(1, digits)) };
  });
}

/** A value for people: a number that is short, or a time. */
export function valueText(value: number, dtype: DType): string {
  return isTime(dtype) ? countText(BigInt(Math.round(value)), dtype) : numberText(value);
}

function isTime(dtype: DType): boolean {
  return "Mm".includes(partsOf(dtype).kind);
}

/**
 * A number for people: short, with an exponent where it would have many zeros.
 *
 * @param digits How many of its digits matter.
 */
export function numberText(value: number, digits: number = 4): string {
  const size = Math.abs(value);
  const isLarge = size >= (digits > 4 ? 1e15 : 1e6);
  if (size !== 0 && (isLarge || size < 1e-4)) {
    return value.toExponential(Math.max(4, digits) - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  return `${Number(value.toPrecision(Math.max(6, digits)))}`;
}
