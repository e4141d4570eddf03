import { InvalidArgumentError } from "../errors.ts";
import { IteratorReader } from "../async.ts";
import { unshared } from "../bytes.ts";

/** Bytes a piece where nothing else decides: large enough that a promise each costs nothing, small enough to keep memory flat. */
const DEFAULT_PIECE = 1024 * 1024;

/**
 * Bytes in memory as a stream of sub-views of them: nothing is copied, so they must not change until the stream has been read.
 * Bytes in shared memory are copied at once, since another thread may change them at any time.
 *
 * @param bytes What to read.
 * @param pieceLength Bytes a piece, a positive integer; default 1 MiB.
 * @throws {InvalidArgumentError} when `pieceLength` is no positive integer.
 *
 * @example
 * ```ts
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const bytes = await readAll(streamOf(new Uint8Array([1, 2, 3]), 2));
 * console.assert(bytes.join() === "1,2,3");
 * ```
 */
export function streamOf(
  bytes: Uint8Array,
  pieceLength: number = DEFAULT_PIECE,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (!(Number.isSafeInteger(pieceLength) && pieceLength > 0)) {
    throw new InvalidArgumentError(`pieces have a positive whole number of bytes, not ${pieceLength}`);
  }
  const plain = unshared(bytes);
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset < plain.byteLength) controller.enqueue(plain.subarray(offset, offset += pieceLength));
      if (offset >= plain.byteLength) controller.close();
    },
  }, { highWaterMark: 0 });
}

/**
 * A stream over an async iterable of pieces, read only as fast as it is consumed.
 *
 * Cancelling the stream ends the iterable: its `return` is called at once, and `cancel` waits for it, so that clean-up is done by then.
 * Only where the iterable is still asked for a piece `cancel` doesn't wait, since that piece may never come; a generator ends as soon as
 * it does. (`ReadableStream.from`, which browsers lack, would wait.)
 *
 * @example
 * ```ts
 * import { readAll, streamFrom } from "@cottoncandy/cottoncandy/streams";
 *
 * async function* pieces() {
 *   yield new Uint8Array([1]);
 *   yield new Uint8Array([2]);
 * }
 * console.assert((await readAll(streamFrom(pieces()))).join() === "1,2");
 * ```
 */
export function streamFrom<T>(pieces: AsyncIterable<T>): ReadableStream<T> {
  const source = new IteratorReader(pieces);
  let cancelled = false;
  return new ReadableStream<T>({
    async pull(controller) {
      // An error after a cancel goes nowhere: the stream is closed by then.
      const step = await source.next();
      if (cancelled) return;
      if (step.done) controller.close();
      else controller.enqueue(step.value);
    },
    cancel() {
      cancelled = true;
      return source.end();
    },
  }, { highWaterMark: 0 });
}
