/** What a generator stage reads from, and gives. */
export type ByteIterable = AsyncIterable<Uint8Array>;

/**
 * A `TransformStream` whose work is an async generator: it reads pieces from `source` and yields pieces.
 *
 * Unlike a plain `TransformStream`, which must enqueue all that one input piece gives, the generator runs only while the reader wants
 * more, so a small compressed piece that expands a thousandfold is decoded piece by piece. An error thrown by the generator reaches
 * the reader and the writer; cancelling the readable side runs the generator's `finally` blocks and ends the writer with the reason.
 */
export class GeneratorTransform extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  readonly #readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #writable: WritableStream<Uint8Array>;

  /** Makes a stage from a generator function. */
  constructor(stage: (source: ByteIterable) => AsyncIterable<Uint8Array<ArrayBuffer>>) {
    super();
    const input = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 0 });
    const reader = input.readable.getReader();
    const output = stage(readFrom(reader))[Symbol.asyncIterator]();
    this.#writable = input.writable;
    this.#readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        try {
          const { done, value } = await output.next();
          if (!done) return controller.enqueue(value);
          // A stage may stop reading early, on purpose; the writer must not wait for ever.
          await reader.cancel();
          controller.close();
        } catch (error) {
          await reader.cancel(error).catch(() => {});
          throw error;
        }
      },
      async cancel(reason) {
        await reader.cancel(reason);
        await output.return?.();
      },
    }, { highWaterMark: 0 });
  }

  /** What comes out. */
  override get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable;
  }

  /** Where to write. */
  override get writable(): WritableStream<Uint8Array> {
    return this.#writable;
  }
}

/** Yields a reader's pieces without taking the reader's lock away when the consumer stops. */
async function* readFrom(reader: ReadableStreamDefaultReader<Uint8Array>): ByteIterable {
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    if (value.byteLength > 0) yield value;
  }
}
