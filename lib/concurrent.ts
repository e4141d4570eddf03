/**
 * Bounds on how much is underway: calls at once, and bytes in flight.
 *
 * @module
 */
import { abortable, IteratorReader } from "./async.ts";
import { InvalidArgumentError } from "./errors.ts";

/** Options of {@linkcode forEachConcurrent}. */
export interface ConcurrentOptions {
  /** How many calls run at once; a positive integer. */
  readonly concurrency: number;
  /** Ends the work: no further item is started, the signals given to running calls abort. */
  readonly signal?: AbortSignal;
}

/**
 * Calls `work` for each item, several at once, reading the items only as they are needed. At the first failure nothing more is
 * started, running calls are told by their signal, and the promise rejects with that failure once all of them have settled: nothing
 * goes on behind the caller's back. An abort counts as a failure, with the signal's reason.
 *
 * @param items What to work on; ended early (its `return` is called) on failure. A failure does not wait for an item that is being
 * awaited.
 * @param work Is given an item, its index and a signal that aborts when another call fails.
 * @throws {InvalidArgumentError} when `concurrency` is no positive integer.
 *
 * @example
 * ```ts
 * import { forEachConcurrent } from "@cottoncandy/cottoncandy/streams";
 *
 * const seen: number[] = [];
 * await forEachConcurrent([1, 2, 3], async (n) => void seen.push(await Promise.resolve(n * n)), { concurrency: 2 });
 * console.assert(seen.sort().join() === "1,4,9");
 * ```
 */
export async function forEachConcurrent<T>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T, index: number, signal: AbortSignal) => Promise<void>,
  options: ConcurrentOptions,
): Promise<void> {
  const { concurrency } = options;
  if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    throw new InvalidArgumentError(`concurrency is a positive whole number, not ${concurrency}`);
  }
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  let running = 0;
  let settled = () => {};
  const oneSettles = () => new Promise<void>((resolve) => settled = resolve);
  const start = async (item: T, index: number) => {
    running++;
    try {
      await work(item, index, signal);
    } catch (error) {
      failed.abort(error);
    } finally {
      running--;
      settled();
    }
  };

  const source = new IteratorReader(items);
  try {
    for (let index = 0;; index++) {
      signal.throwIfAborted();
      const step = await abortable(source.next(), signal);
      if (step.done) break;
      signal.throwIfAborted();
      start(step.value, index);
      while (running >= concurrency) await oneSettles();
    }
  } catch (error) {
    failed.abort(error);
    // The failure is what the caller must hear of, not what the items' clean-up makes of it.
    await source.end().catch(() => {});
  }
  while (running > 0) await oneSettles();
  signal.throwIfAborted();
}

/**
 * Calls `work` for each item, several at once, and gives what it gives in the order of the items. No more than `concurrency` are ahead of what is taken. The first failure, in that
 * order, ends it; so does whoever takes no more: calls that run are told by their signal, and waited for.
 */
export async function* mapConcurrent<T, R>(
  items: AsyncIterable<T>,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  { concurrency, signal }: ConcurrentOptions,
): AsyncGenerator<R, void, void> {
  const over = new AbortController();
  const own = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const running: Promise<R>[] = [];
  const next = async () => {
    const result = await running[0];
    running.shift();
    return result;
  };
  try {
    for await (const item of items) {
      const result = work(item, own);
      // Whoever comes first is told of first.
      result.catch(() => {});
      running.push(result);
      if (running.length >= concurrency) yield await next();
    }
    while (running.length > 0) yield await next();
  } finally {
    over.abort();
    await Promise.allSettled(running);
  }
}

/**
 * Bounds how many bytes are in flight. Whoever wants to hold bytes asks for them and gives them back; those who ask are served in turn. A
 * request larger than the whole budget is served alone, so that it never waits for ever.
 *
 * @example
 * ```ts
 * import { ByteBudget } from "@cottoncandy/cottoncandy/streams";
 *
 * const budget = new ByteBudget(64 * 1024 * 1024);
 * const release = await budget.acquire(8 * 1024 * 1024);
 * try {
 *   // … hold 8 MiB …
 * } finally {
 *   release();
 * }
 * console.assert(budget.used === 0);
 * ```
 */
export class ByteBudget {
  readonly #limit: number;
  #used = 0;
  readonly #waiting: { bytes: number; admit: () => void }[] = [];

  /**
   * A budget of `limit` bytes.
   *
   * @throws {InvalidArgumentError} when `limit` is no number of bytes; `Infinity` is one.
   */
  constructor(limit: number) {
    if (!(limit >= 0)) throw new InvalidArgumentError(`a budget is a number of bytes, not ${limit}`);
    this.#limit = limit;
  }

  /** Bytes that are given out. */
  get used(): number {
    return this.#used;
  }

  /**
   * Waits for its turn and for room, then gives a function that returns the bytes; calling that again does nothing.
   *
   * @param bytes How many, 0 or more.
   * @param signal Gives up the wait; the promise rejects with the signal's reason, and nothing is held.
   * @throws {InvalidArgumentError} when `bytes` is no finite number of bytes.
   */
  async acquire(bytes: number, signal?: AbortSignal): Promise<() => void> {
    if (!(bytes >= 0 && bytes < Infinity)) {
      throw new InvalidArgumentError(`what is asked of a budget is a number of bytes, not ${bytes}`);
    }
    signal?.throwIfAborted();
    if (this.#waiting.length > 0 || !this.#fits(bytes)) {
      await new Promise<void>((resolve, reject) => {
        const entry = { bytes, admit: () => (signal?.removeEventListener("abort", onAbort), resolve()) };
        const onAbort = () => {
          const place = this.#waiting.indexOf(entry);
          if (place >= 0) this.#waiting.splice(place, 1);
          this.#admit();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        this.#waiting.push(entry);
      });
    } else {
      this.#used += bytes;
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#used -= bytes;
      this.#admit();
    };
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#limit;
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0].bytes)) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#used += next.bytes;
      next.admit();
    }
  }
}
