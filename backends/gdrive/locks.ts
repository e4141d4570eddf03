import { abortable } from "../../lib/streams/abortable.ts";

/** Lets those who write to one key do so one after the other. */
export class Locks {
  readonly #last = new Map<string, Promise<void>>();

  /** Whether somebody is at work with a key. */
  isHeld(key: string): boolean {
    return this.#last.has(key);
  }

  /**
   * Does some work when all that came before it with the same key has ended.
   *
   * @param signal Gives up the wait, with its reason; work that has begun is left to end by itself.
   */
  async run<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = Promise.withResolvers<void>();
    const mine = (before ?? Promise.resolve()).then(() => turn.promise);
    this.#last.set(key, mine);
    mine.finally(() => {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    });
    try {
      if (before) await (signal ? abortable(before, signal) : before);
      return await work();
    } finally {
      turn.resolve();
    }
  }
}
