/** Reads an iterator item by item, and can end it at any time, also while an item is being awaited that may never come. */
export class IteratorReader<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  #state: "idle" | "asked" | "over" = "idle";

  /** A reader of what iterates over `items`. */
  constructor(items: Iterable<T> | AsyncIterable<T>) {
    this.#iterator = isAsync(items) ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  }

  /** The next item; one call at a time. */
  async next(): Promise<IteratorResult<T, unknown>> {
    this.#state = "asked";
    try {
      const step = await this.#iterator.next();
      this.#state = step.done ? "over" : "idle";
      return step;
    } catch (error) {
      this.#state = "over";
      throw error;
    }
  }

  /**
   * Calls the iterator's `return`, unless it is over, and waits for it; not while an item is being awaited: a generator ends only when
   * that has come, which nobody can know of.
   */
  async end(): Promise<void> {
    if (this.#state === "over") return;
    const ended = (async () => await this.#iterator.return?.())();
    if (this.#state === "asked") ended.catch(() => {});
    else await ended;
    this.#state = "over";
  }
}

function isAsync<T>(items: Iterable<T> | AsyncIterable<T>): items is AsyncIterable<T> {
  return Symbol.asyncIterator in Object(items);
}
