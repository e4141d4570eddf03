/**
 * Where an axis has ticks, and what is written there.
 *
 * @module
 */
import { partsOf } from "../../../lib/array/dtype/mod.ts";
import type { DType } from "../../../lib/array/mod.ts";
import type { Scale, ValueRange } from "../../../lib/array/plotting/mod.ts";
import { countText } from "./values.ts";

/** A tick. */
export interface Tick {
  /** The value, or the index. */
  readonly at: number;
  readonly text: string;
}

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

/** Ticks of values: round numbers, powers of ten on a logarithmic scale, times where the values are. */
export function valueTicks([low, high]: ValueRange, scale: Scale, dtype: DType, most: number): Tick[] {
  const isTime = "Mm".includes(partsOf(dtype).kind);
  const write = (value: number) => isTime ? countText(BigInt(Math.round(value)), dtype) : numberText(value);
  if (!(high > low)) return [{ at: low, text: write(low) }];
  if (scale === "log") {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    if (last > first) {
      const step = Math.ceil((last - first + 1) / most);
      return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => {
        const at = 10 ** (first + i * step);
        return { at, text: write(at) };
      });
    }
  }
  const step = niceStep(high - low, most);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, Math.min(100, last - first + 1)) }, (_, i) => {
    const at = (first + i) * step;
    return { at, text: write(Number(at.toPrecision(12))) };
  });
}

/** The least of 1, 2 and 5 times powers of ten that cuts a length into no more than so many parts. */
function niceStep(length: number, most: number): number {
  const rough = length / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** A number for people: short, with an exponent where it would have many zeros. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) {
    return value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  return `${Number(value.toPrecision(6))}`;
}
