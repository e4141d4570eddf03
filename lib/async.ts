/**
 * Waiting that can be given up: for promises and iterators that may never settle, and for work that several ask for at once.
 *
 * @module
 */

/**
 * What a promise gives, unless the signal aborts first: then it rejects with the signal's reason at once. The promise itself goes on,
 * and what it then gives or throws is dropped.
 */
export function abortable<T>(promise: PromiseLike<T> | T, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    Promise.resolve(promise).then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", onAbort)
    );
  });
}

/** A signal that aborts as soon as one of those given does; `undefined` when none is given. */
export function anySignal(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  return a && b ? AbortSignal.any([a, b]) : a ?? b;
}

/** A promise and what settles it: `Promise.withResolvers`, which Node 20 lacks. */
export interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
}

/** As `Promise.withResolvers`, which Node 20 lacks. */
export function withResolvers<T>(): Resolvers<T> {
  let resolve!: Resolvers<T>["resolve"];
  let reject!: Resolvers<T>["reject"];
  const promise = new Promise<T>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}

/**
 * Loads a module when it is first asked for, and keeps it: for what each of many small requests asks for, where even an `import()` of what is there shows. What failed is tried
 * again.
 *
 * @param load `() => import("./some_module.ts")`.
 */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () =>
    loaded ??= load().catch((error) => {
      loaded = undefined;
      throw error;
    });
}

/** All items, in an array: `Array.fromAsync`, which Node 20 lacks. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly control: AbortController;
  waiting: number;
}

/**
 * Work that all share who ask for it while it is underway. Who aborts leaves the others waiting; when the last has left, the work is aborted too.
 */
export class SingleFlight<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #underway?: Flight<T>;

  /** Shares `work`. */
  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** Whether somebody has asked for it and it is not done. */
  get isUnderway(): boolean {
    return this.#underway !== undefined;
  }

  /** What the work that is underway gives, or work that begins now. */
  async run(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const flight = this.#underway ??= this.#start();
    flight.waiting++;
    try {
      return await (signal ? abortable(flight.result, signal) : flight.result);
    } finally {
      flight.waiting--;
      if (flight.waiting === 0 && this.#underway === flight) {
        this.#land(flight);
        flight.control.abort(signal?.reason);
      }
    }
  }

  #start(): Flight<T> {
    const control = new AbortController();
    const result = this.#work(control.signal);
    const flight = { result, control, waiting: 0 };
    const landed = () => this.#land(flight);
    // Nobody may be left to hear of a failure.
    result.then(landed, landed);
    return flight;
  }

  /** Whoever asks from now on begins anew. */
  #land(flight: Flight<T>): void {
    if (this.#underway === flight) this.#underway = undefined;
  }
}

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
