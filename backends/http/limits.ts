import type { RetryOptions } from "./retry.ts";
import type { Timeouts } from "./wire.ts";

/** Limits that backends are given by their users. */
export interface Limits {
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
  /** In milliseconds: until a connection stands, and without a byte moving. */
  readonly timeout?: Partial<Timeouts>;
  /** How often and how long a failed request is tried again; a number gives the attempts. */
  readonly retries?: number | RetryOptions;
}

/** What is wrong with limits; `undefined` when they can work. */
export function wrongLimit({ concurrency, timeout, retries }: Limits): string | undefined {
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    return `\`concurrency\` must be a positive whole number, not ${concurrency}`;
  }
  const limit = [timeout?.connect, timeout?.idle].find((limit) => limit !== undefined && !(limit > 0));
  if (limit !== undefined) return `a timeout must be a positive number of milliseconds, not ${limit}`;
  return wrongRetries(typeof retries === "number" ? { attempts: retries } : retries);
}

function wrongRetries({ attempts = 1, budget = 0, delay = 0 }: RetryOptions = {}): string | undefined {
  if (!((Number.isSafeInteger(attempts) || attempts === Infinity) && attempts >= 0)) {
    return `\`retries\` must be a whole number of attempts, the first included, not ${attempts}`;
  }
  const wrong = [budget, delay].find((time) => !(time >= 0));
  return wrong === undefined
    ? undefined
    : `\`budget\` and \`delay\` of \`retries\` must be numbers of milliseconds, not ${wrong}`;
}

/** The timeouts that hold where a user says nothing else. */
export function timeoutsOf({ connect = 10_000, idle = 30_000 }: Partial<Timeouts> = {}): Timeouts {
  return { connect, idle };
}
