import { isPlain } from "./chunk.ts";

/** Bytes a piece where nothing else decides: large enough that a promise each costs nothing, small enough to keep memory flat. */
export const DEFAULT_PIECE = 1024 * 1024;

/**
 * Bytes in memory as a stream of sub-views of them: nothing is copied, so they must not change until the stream has been read.
 *
 * @param bytes What to read.
 * @param pieceLength Bytes a piece; default 1 MiB.
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
  const plain = isPlain(bytes) ? bytes : new Uint8Array(bytes);
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= plain.length) return controller.close();
      controller.enqueue(plain.subarray(offset, offset += pieceLength));
    },
  }, { highWaterMark: 0 });
}

/**
 * A stream over an async iterable of pieces, read only as fast as it is consumed. Cancelling the stream ends the iterable.
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
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<T>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  }, { highWaterMark: 0 });
}
