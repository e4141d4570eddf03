/**
 * Streams and their pieces: where encrypted bytes come from, whose beginning may have to be looked at before it is known what to do with the rest, and where
 * plain ones go.
 *
 * @module
 */
import { concat } from "../lib/bytes.ts";
import type { ByteIterable } from "../lib/streams/mod.ts";

/** A stream's pieces, by a reader: not every browser's streams can be iterated. Stopping early cancels the stream. */
export function piecesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void, void> {
  return piecesFrom(stream.getReader(), () => {});
}

/** @param check Throws when nobody wants the pieces any more. */
async function* piecesFrom<T>(
  reader: ReadableStreamDefaultReader<T>,
  check: () => void,
): AsyncGenerator<T, void, void> {
  let ended = false;
  try {
    while (true) {
      const { done, value } = await reader.read();
      check();
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

/**
 * Pieces as a readable byte stream, made only as they are wanted.
 *
 * @param stop Ends what the pieces come from, so that one that is waited for comes or fails.
 * @param signal Ends the stream with its reason.
 */
export function byteStreamOf(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
  stop: (reason: unknown) => void,
  signal?: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let over = false;
  let onAbort: (() => void) | undefined;
  const finish = () => {
    over = true;
    if (onAbort) signal?.removeEventListener("abort", onAbort);
  };
  const end = async (reason: unknown) => {
    finish();
    stop(reason);
    // Whatever the clean-up throws has no one to go to.
    await pieces.return().catch(() => {});
  };
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      onAbort = () => {
        if (over) return;
        controller.error(signal?.reason);
        end(signal?.reason);
      };
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
    },
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (over) return;
        if (!done) return controller.enqueue(value);
      } catch (error) {
        if (over) return;
        finish();
        throw error;
      }
      finish();
      controller.close();
      // A BYOB reader that waits gets its buffer back, empty.
      controller.byobRequest?.respond(0);
    },
    cancel: end,
  }, { highWaterMark: 0 });
}

/** A source whose first bytes are looked at before all of it is read. */
export class PeekedSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #peeked: Uint8Array<ArrayBuffer> = new Uint8Array();

  /** Reads `source`, once. */
  constructor(source: ByteIterable) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** The first bytes: as many as are asked for, or all where there are fewer. */
  async first(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#peeked.byteLength < length) {
      const { done, value } = await this.#pieces.next();
      if (done) break;
      this.#peeked = concat(this.#peeked, value);
    }
    return this.#peeked.slice(0, length);
  }

  /** All bytes from `offset` on, which lies within those that were looked at. To be called once. */
  async *from(offset: number): AsyncGenerator<Uint8Array, void, void> {
    const peeked = this.#peeked.subarray(offset);
    this.#peeked = new Uint8Array();
    if (peeked.byteLength > 0) yield peeked;
    yield* { [Symbol.asyncIterator]: () => this.#pieces };
  }
}

/** Stored bytes of several requests one after the other, each made when its turn comes. Can be given up at any time, also while a piece is waited for. */
export class StoredBytes {
  /** The bytes, to be read once. */
  readonly bytes: PeekedSource = new PeekedSource(this.#pieces());
  readonly #requests: (() => ReadableStream<Uint8Array<ArrayBuffer>>)[];
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #cancelled: { readonly reason: unknown } | undefined;

  /** The bytes of these streams. */
  constructor(...requests: readonly (() => ReadableStream<Uint8Array<ArrayBuffer>>)[]) {
    this.#requests = [...requests];
  }

  /** Adds the bytes of another stream, while the last has not ended. */
  push(request: () => ReadableStream<Uint8Array<ArrayBuffer>>): void {
    this.#requests.push(request);
  }

  /** Ends it: whoever waits for a piece gets the reason. */
  async cancel(reason?: unknown): Promise<void> {
    this.#cancelled ??= { reason };
    await this.#reader?.cancel(reason).catch(() => {});
  }

  async *#pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    for (const request of this.#requests) {
      this.#throwIfCancelled();
      const reader = this.#reader = request().getReader();
      yield* piecesFrom(reader, () => this.#throwIfCancelled());
    }
  }

  #throwIfCancelled(): void {
    if (this.#cancelled) throw this.#cancelled.reason;
  }
}
