interface Offer {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Hands pieces from one writer to one reader, who must meet: a write waits until its piece is taken, so that nothing is held but the
 * one piece that is offered. Both sides can be told that it is over, whatever they wait for.
 *
 * Iterating may stop and be taken up again, since it has no `return`: who reads a header in one loop finds the rest in the next.
 */
export class Handover implements AsyncIterableIterator<Uint8Array> {
  #offer: Offer | undefined;
  readonly #asked: PromiseWithResolvers<IteratorResult<Uint8Array>>[] = [];
  #closing: PromiseWithResolvers<void> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next piece, once there is one; rejects when the handover fails. May be asked several times ahead. */
  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#offer) {
      const { bytes, resolve } = this.#offer;
      this.#offer = undefined;
      resolve();
      return Promise.resolve({ done: false, value: bytes });
    }
    if (this.#failure) return Promise.reject(this.#failure.reason);
    if (this.#closing) return Promise.resolve({ done: true, value: undefined });
    const asked = Promise.withResolvers<IteratorResult<Uint8Array>>();
    this.#asked.push(asked);
    return asked.promise;
  }

  /** Offers a piece and waits until it is taken. One at a time, which a `WritableStream` sees to. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.reason);
    const asked = this.#asked.shift();
    if (asked) {
      asked.resolve({ done: false, value: bytes });
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.#offer = { bytes, resolve, reject });
  }

  /** Says that there are no more pieces, and waits until the reader is done with its work. */
  close(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.reason);
    this.#closing = Promise.withResolvers();
    for (const asked of this.#asked.splice(0)) asked.resolve({ done: true, value: undefined });
    return this.#closing.promise;
  }

  /** Says that the reader is done. Gives whether the writer had closed, so that nothing is left to be read. */
  finish(): boolean {
    this.#closing?.resolve();
    return this.#closing !== undefined;
  }

  /** Ends both sides with an error. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#offer?.reject(reason);
    this.#offer = undefined;
    this.#closing?.reject(reason);
    for (const asked of this.#asked.splice(0)) {
      // Who asked ahead and lost interest must not cause an unhandled rejection.
      asked.promise.catch(() => {});
      asked.reject(reason);
    }
  }
}
