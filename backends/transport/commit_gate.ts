/** A signal that follows the caller's until the commit has begun: an abort that comes later is too late, and ignored. */
export class CommitGate {
  readonly #control = new AbortController();
  readonly #outer?: AbortSignal;
  readonly #onAbort: () => void;

  /** Follows `outer`. */
  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    this.#onAbort = () => this.#control.abort(outer?.reason);
    this.open();
  }

  /** Aborts with the caller's signal, or when {@linkcode fail} is called. */
  get signal(): AbortSignal {
    return this.#control.signal;
  }

  /** Ends what is underway, because a part of it failed. */
  fail(reason: unknown): void {
    this.#control.abort(reason);
  }

  /** Follows the caller's signal, again where the commit was refused. */
  open(): void {
    if (this.#outer?.aborted) this.#onAbort();
    this.#outer?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** From now on the caller's signal is not followed. */
  close(): void {
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }
}
