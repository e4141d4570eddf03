/**
 * Stages of a pipeline: any that an async generator describes, cutting into parts, and progress.
 *
 * @module
 */
import { withResolvers } from "../async.ts";
import { isUnshared } from "../bytes.ts";
import { InvalidArgumentError } from "../errors.ts";

/** What a generator stage reads from, and gives. */
export type ByteIterable = AsyncIterable<Uint8Array>;

/**
 * A `TransformStream` whose work is an async generator: it reads pieces from `source` and yields pieces.
 *
 * Unlike a plain `TransformStream`, which must enqueue all that one input piece gives, the generator runs only while the reader wants
 * more, so a small compressed piece that expands a thousandfold is decoded piece by piece. One piece of input is held beside what the
 * generator itself holds, and no output. Empty pieces are dropped on both sides.
 *
 * How it ends, whatever any side is waiting for at that moment:
 * - the generator throws: the reader and the writer fail with that error;
 * - the generator returns before its input ends: the readable side closes, the writer fails with a `TypeError`, as after `terminate()`;
 * - the writer aborts: the reader fails with exactly the reason; the generator gets it thrown at its `for await` or its `yield`;
 * - the reader cancels: the writer fails with the reason; the generator gets it thrown at its `for await`, or returns at its `yield`.
 *
 * `close()`, `abort()` and `cancel()` wait until the generator, with its `finally` blocks, has ended.
 *
 * The generator may leave its `for await` over `source` and start another one: that goes on where the first one stopped.
 *
 * @throws {InvalidArgumentError} from `write()`, and on the reader's side, when a piece is no `Uint8Array`.
 *
 * @example
 * ```ts
 * import { GeneratorTransform, readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const inverted = new GeneratorTransform(async function* (source) {
 *   for await (const bytes of source) yield bytes.map((byte) => byte ^ 0xff);
 * });
 * const bytes = await readAll(streamOf(new Uint8Array([0, 1])).pipeThrough(inverted));
 * console.assert(bytes.join() === "255,254");
 * ```
 */
export class GeneratorTransform extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  readonly #readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #writable: WritableStream<Uint8Array>;

  /** Makes a stage from a generator function. */
  constructor(stage: (source: ByteIterable) => AsyncIterable<Uint8Array<ArrayBuffer>>) {
    super();
    // What is written goes through an identity stream, which holds nothing: a write waits until the generator takes its piece.
    let passing!: TransformStreamDefaultController<Uint8Array>;
    const input = new TransformStream<Uint8Array, Uint8Array>(
      { start: (controller) => void (passing = controller) },
      undefined,
      { highWaterMark: 0 },
    );
    const writer = input.writable.getWriter();
    const output = stage(resumable(input.readable))[Symbol.asyncIterator]();
    const ended = withResolvers<void>();
    ended.promise.catch(() => {});
    let writing!: WritableStreamDefaultController;
    let reading!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
    let closed = false;
    let over = false;
    let stopped: Promise<void> | undefined;

    // Ends the generator's input, whatever waits for it.
    const end = (reason: unknown) => {
      over = true;
      passing.error(reason);
      ended.reject(reason);
    };
    // Ends the reader with an error that comes from the writer's side, and the generator, wherever it stands.
    const fail = (reason: unknown) => {
      if (over) return;
      end(reason);
      reading.error(reason);
      stopped = throwInto(output, reason);
    };
    // Ends the writer with an error that comes from the reader's side.
    const refuse = (reason: unknown) => {
      end(reason);
      writing.error(reason);
    };

    this.#writable = new WritableStream<Uint8Array>({
      start(controller) {
        writing = controller;
        // A sink's `abort` is called only after its pending write, which may be waiting for a reader that never comes.
        controller.signal.addEventListener("abort", () => fail(controller.signal.reason), { once: true });
      },
      write(bytes) {
        if (!isBytes(bytes)) {
          const error = new InvalidArgumentError(
            `a stream of bytes needs pieces of Uint8Array, not ${kind(bytes)}`,
          );
          fail(error);
          throw error;
        }
        if (bytes.byteLength > 0) return writer.write(bytes);
      },
      async close() {
        closed = true;
        await writer.close();
        await ended.promise;
      },
      abort: () => stopped,
    });

    this.#readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        reading = controller;
      },
      async pull(controller) {
        try {
          while (!over) {
            const { done, value } = await output.next();
            if (over) return;
            if (done) {
              controller.close();
              if (!closed) return refuse(new TypeError("the stage ended before its input did"));
              over = true;
              ended.resolve();
            } else if (value.byteLength > 0) {
              return controller.enqueue(value);
            }
          }
        } catch (error) {
          if (over) return;
          refuse(error);
          controller.error(error);
        }
      },
      async cancel(reason) {
        refuse(reason);
        try {
          await output.return?.();
        } catch (error) {
          // Its input failed with the reason: clean-up that reads on gives that back, which is news to nobody.
          if (error !== reason) throw error;
        }
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

/** Iterates over a stream; iterating may stop and be taken up again, since there is no `return`. */
function resumable(stream: ReadableStream<Uint8Array>): AsyncIterableIterator<Uint8Array> {
  const reader = stream.getReader();
  return {
    next() {
      const step = reader.read().then(({ done, value }) =>
        done ? { done, value: undefined } : { done, value }
      );
      // Who asked ahead and lost interest must not cause an unhandled rejection.
      step.catch(() => {});
      return step;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Throws into an iterator and waits for its end. What it throws or gives by then has nobody left to hear of it. */
async function throwInto(iterator: AsyncIterator<unknown>, reason: unknown): Promise<void> {
  try {
    await iterator.throw?.(reason);
  } catch {
    // The reason itself, or what the generator made of it.
  }
  try {
    // One that caught the error and went on stands at another `yield`.
    await iterator.return?.();
  } catch {
    // An error of its clean-up; the reason went to the reader already.
  }
}

/** Whether a piece is of bytes, also when it comes from another realm (an iframe, a test runner's sandbox). */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** What a value is, for a message. */
function kind(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor?.name ?? "object" : typeof value;
}

/**
 * Cuts a stream into pieces of exactly `byteLength` bytes, the last one shorter. An empty stream gives no piece.
 *
 * Each piece is a buffer of its own, filled once; a piece that comes in whole, with the length and the place it needs, passes through
 * uncopied.
 *
 * @category Streams
 * @param byteLength Bytes a piece; a positive integer.
 * @throws {InvalidArgumentError} when `byteLength` is no positive integer.
 *
 * @example
 * ```ts
 * import { chunk } from "@cottoncandy/cottoncandy/streams";
 *
 * const lengths: number[] = [];
 * for await (const piece of new Blob(["abcde"]).stream().pipeThrough(chunk(2))) lengths.push(piece.length);
 * console.assert(lengths.join() === "2,2,1");
 * ```
 */
export function chunk(byteLength: number): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  if (!Number.isSafeInteger(byteLength) || byteLength <= 0) {
    throw new InvalidArgumentError(`chunk needs a positive whole number of bytes, not ${byteLength}`);
  }
  return new GeneratorTransform((source) => cutPieces(source, byteLength));
}

async function* cutPieces(source: ByteIterable, byteLength: number): AsyncIterable<Uint8Array<ArrayBuffer>> {
  let piece: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  for await (let bytes of source) {
    while (bytes.byteLength > 0) {
      if (filled === 0 && bytes.byteLength >= byteLength && isUnshared(bytes)) {
        yield bytes.subarray(0, byteLength);
        bytes = bytes.subarray(byteLength);
        continue;
      }
      piece ??= new Uint8Array(byteLength);
      const taken = Math.min(bytes.byteLength, byteLength - filled);
      piece.set(bytes.subarray(0, taken), filled);
      filled += taken;
      bytes = bytes.subarray(taken);
      if (filled === byteLength) {
        yield piece;
        piece = undefined;
        filled = 0;
      }
    }
  }
  if (piece && filled > 0) yield piece.subarray(0, filled);
}

/**
 * Counts bytes on their way and reports every piece, without holding any back.
 *
 * @param report Is given the number of bytes that have passed so far, and whether that is all. What it throws ends the stream, on both
 * sides, with that error.
 *
 * @example
 * ```ts
 * import { progress, readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const seen: number[] = [];
 * await readAll(streamOf(new Uint8Array(5), 2).pipeThrough(progress((loaded) => seen.push(loaded))));
 * console.assert(seen.join() === "2,4,5,5");
 * ```
 */
export function progress(
  report: (loaded: number, done: boolean) => void,
): TransformStream<Uint8Array, Uint8Array> {
  let loaded = 0;
  return new TransformStream<Uint8Array, Uint8Array>(
    {
      transform(bytes, controller) {
        loaded += bytes.byteLength;
        controller.enqueue(bytes);
        report(loaded, false);
      },
      flush() {
        report(loaded, true);
      },
    },
    undefined,
    { highWaterMark: 0 },
  );
}
