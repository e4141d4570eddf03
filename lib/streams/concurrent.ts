import { InvalidArgumentError } from "../errors.ts";
import { abortable } from "./abortable.ts";
import { IteratorReader } from "./iterator_reader.ts";

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
