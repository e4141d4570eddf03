/** Streams of stored bytes one after the other, each opened when its turn comes. Can be given up at any time, also while a piece is waited for. */
export class StoredBytes implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #streams: readonly (() => ReadableStream<Uint8Array<ArrayBuffer>>)[];
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #cancelled: { readonly reason: unknown } | undefined;

  /** Of these streams. */
  constructor(...streams: readonly (() => ReadableStream<Uint8Array<ArrayBuffer>>)[]) {
    this.#streams = streams;
  }

  /** The pieces; to be asked for once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    for (const open of this.#streams) {
      this.#throwIfCancelled();
      const reader = this.#reader = open().getReader();
      let ended = false;
      try {
        while (true) {
          const { done, value } = await reader.read();
          this.#throwIfCancelled();
          if (done) break;
          yield value;
        }
        ended = true;
      } finally {
        // What became of a stream that nobody wants any more is no matter.
        if (!ended) await reader.cancel().catch(() => {});
        reader.releaseLock();
      }
    }
  }

  /** Ends it: whoever waits for a piece gets the reason. */
  cancel(reason: unknown): void {
    this.#cancelled ??= { reason };
    this.#reader?.cancel(reason).catch(() => {});
  }

  #throwIfCancelled(): void {
    if (this.#cancelled) throw this.#cancelled.reason;
  }
}
