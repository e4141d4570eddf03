import type { Timeouts } from "./wire.ts";

/** Limits that backends are given by their users. */
export interface Limits {
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** In milliseconds: until a connection stands, and without a byte moving. */
  readonly timeout?: Partial<Timeouts>;
}

/** What is wrong with limits; `undefined` when they can work. */
export function wrongLimit({ concurrency, timeout }: Limits): string | undefined {
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    return `\`concurrency\` must be a positive whole number, not ${concurrency}`;
  }
  const limit = [timeout?.connect, timeout?.idle].find((limit) => limit !== undefined && !(limit > 0));
  return limit === undefined
    ? undefined
    : `a timeout must be a positive number of milliseconds, not ${limit}`;
}

/** The timeouts that hold where a user says nothing else. */
export function timeoutsOf({ connect = 10_000, idle = 30_000 }: Partial<Timeouts> = {}): Timeouts {
  return { connect, idle };
}
