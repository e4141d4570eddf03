/**
 * Taking turns, and what is told of what they took: every figure is a median with its ratios taken within the rounds, so that a machine which is slower for a while
 * is so for all.
 *
 * @module
 */

/** What is compared of two runs: by the clock, by the CPU seconds of the process. */
export type By = "seconds" | "cpu";

/** What something took, once a round. */
export type Samples<T extends Record<By, number> = Record<By, number>> = readonly T[];

/**
 * Runs all of `works` once a round, one after the other, each round beginning with another one. A round before the first, of `warmUps` where given, warms up and isn't counted.
 */
export async function alternately<N extends string, T extends Record<By, number>>(
  rounds: number,
  works: Readonly<Record<N, () => Promise<T>>>,
  warmUps: Readonly<Record<N, () => Promise<unknown>>> = works,
): Promise<Record<N, Samples<T>>> {
  const names = Object.keys(works) as N[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<N, T[]>;
  for (const name of names) await warmUps[name]();
  for (let round = 0; round < rounds; round++) {
    for (const index of names.keys()) {
      const name = names[(index + round) % names.length];
      samples[name].push(await works[name]());
    }
  }
  return samples;
}

/** The middle one of some values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many times as fast `a` is as `b`: the median of the rounds' ratios, by the clock or by CPU time. */
export function timesAsFast(a: Samples, b: Samples, by: By = "seconds"): number {
  return median(a.map((took, round) => b[round][by] / took[by]));
}
