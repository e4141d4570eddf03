/** Options of {@linkcode forEachConcurrent}. */
export interface ConcurrentOptions {
  /** How many calls run at once. */
  readonly concurrency: number;
  /** Ends the work: no further item is started, the signals given to running calls abort. */
  readonly signal?: AbortSignal;
}

/**
 * Calls `work` for each item, several at once, reading the items only as they are needed. At the first failure nothing more is
 * started, running calls are told by their signal, and the promise rejects with that failure once all of them have settled: nothing
 * goes on behind the caller's back.
 *
 * @param items What to work on; ended early (its `return` is called) on failure.
 * @param work Is given an item, its index and a signal that aborts when another call fails.
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
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  signal.throwIfAborted();
  const running = new Set<Promise<void>>();
  let index = 0;
  try {
    for await (const item of items) {
      signal.throwIfAborted();
      const call = work(item, index++, signal).catch((error) => failed.abort(error)).finally(() =>
        running.delete(call)
      );
      running.add(call);
      if (running.size >= options.concurrency) await Promise.race(running);
      signal.throwIfAborted();
    }
  } catch (error) {
    failed.abort(error);
  } finally {
    await Promise.all(running);
  }
  signal.throwIfAborted();
}
