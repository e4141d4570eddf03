/**
 * A tick of an axis, and how far it is from one to the next.
 *
 * @module
 */

/** A tick. */
export interface Tick {
  /** The value, or the index. */
  readonly at: number;
  readonly text: string;
}

/** The least of 1, 2 and 5 times powers of ten that cuts a length into no more than so many parts. */
export function niceStep(length: number, most: number): number {
  const rough = length / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  return step * power;
}
