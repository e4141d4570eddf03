import { InvalidArgumentError } from "../errors.ts";

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
