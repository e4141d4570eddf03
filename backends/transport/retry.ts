/**
 * How often and how long a failed request is tried again, and what is waited in between.
 *
 * @module
 */
import type { RetryOptions } from "../options.ts";

/** Starts a timer that doesn't keep a process from ending, for what only matters while something else goes on. */
export function backgroundTimer(work: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(work, milliseconds);
  if (typeof Deno !== "undefined") Deno.unrefTimer(timer);
  else unref(timer);
  return timer;
}

/** Node's timers are objects, a browser's are numbers. */
function unref(timer: unknown): void {
  if (typeof timer === "object" && timer && "unref" in timer && typeof timer.unref === "function") {
    timer.unref();
  }
}

/** What to do about a failure. */
export type Verdict =
  /** Nothing: trying again can't help. */
  | { readonly again: false }
  /** Try again after a wait: `quick` where there may be no store at all; `after`: milliseconds that the store asked for. */
  | { readonly again: true; readonly quick?: boolean; readonly after?: number }
  /** Try again at once, since what was wrong has been put right. */
  | { readonly again: "now" };

const CAP = 15_000;
/** Attempts where no connection comes about: a mistyped address should not cost minutes. */
const QUICK_ATTEMPTS = 4;

/** Tries again, at growing and random intervals. */
export class RetryPolicy {
  /** Requests in all. */
  readonly attempts: number;
  /** Milliseconds from the first failure. */
  readonly budget: number;
  readonly #delay: number;

  /** A policy; a number gives the attempts. */
  constructor(options: number | RetryOptions = {}) {
    const { attempts = 10, budget = 180_000, delay = 100 }: RetryOptions = typeof options === "number"
      ? { attempts: options }
      : options;
    this.attempts = Math.max(1, attempts);
    this.budget = budget;
    this.#delay = delay;
  }

  /** The waits between tries. */
  backoff(): Backoff {
    return new Backoff(this.#delay);
  }

  /** Calls `work` until it succeeds or `judge` or the limits say that it is enough; then throws its last error. */
  async run<T>(
    work: (attempt: number) => Promise<T>,
    judge: (error: unknown, attempt: number) => Verdict,
    signal?: AbortSignal,
  ): Promise<T> {
    const patience = new Patience(this);
    for (let attempt = 1;; attempt++) {
      try {
        return await work(attempt);
      } catch (error) {
        signal?.throwIfAborted();
        const verdict = judge(error, attempt);
        if (!verdict.again) throw error;
        const wait = verdict.again === "now" ? patience.next() : patience.next(verdict.after, verdict.quick);
        if (wait === undefined) throw error;
        if (verdict.again !== "now") await sleep(wait, signal);
      }
    }
  }
}

/** Failures in a row of something that is done piece by piece: each that follows a success is the first again. */
export class Patience {
  readonly #policy: RetryPolicy;
  #pause: Backoff;
  #failures = 0;
  #since = 0;

  /** Patience as a policy has it. */
  constructor(policy: RetryPolicy) {
    this.#policy = policy;
    this.#pause = policy.backoff();
  }

  /** Something succeeded. */
  reset(): void {
    this.#failures = 0;
    this.#pause = this.#policy.backoff();
  }

  /**
   * Something failed: gives the milliseconds to wait before it is tried again, `undefined` when it has been tried enough.
   *
   * @param after Milliseconds that the store wants to be left alone at least.
   * @param quick There may be no store at all.
   */
  next(after = 0, quick = false): number | undefined {
    const { attempts, budget } = this.#policy;
    if (this.#failures++ === 0) this.#since = performance.now();
    const wait = Math.max(this.#pause.next(), after);
    const spent = performance.now() - this.#since + wait > budget;
    const limit = quick ? Math.min(QUICK_ATTEMPTS, attempts) : attempts;
    return this.#failures >= limit || spent ? undefined : wait;
  }
}

/** Waits with decorrelated jitter: each is random between the base and three times the one before. */
export class Backoff {
  readonly #base: number;
  #last: number;

  /** Waits from so many milliseconds on. */
  constructor(base: number) {
    this.#base = base;
    this.#last = base;
  }

  /** The next wait in milliseconds. */
  next(): number {
    return this.#last = Math.min(CAP, this.#base + Math.random() * (this.#last * 3 - this.#base));
  }
}

/** Waits; an abort ends it with the signal's reason. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => (clearTimeout(timer), reject(signal?.reason));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", onAbort), resolve()), milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
