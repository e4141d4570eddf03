import { isUnshared } from "../bytes.ts";
import { InvalidArgumentError } from "../errors.ts";
import { type ByteIterable, GeneratorTransform } from "./transform.ts";

/**
 * Cuts a stream into pieces of exactly `byteLength` bytes, the last one shorter. An empty stream gives no piece.
 *
 * Each piece is a buffer of its own, filled once; a piece that comes in whole, with the length and the place it needs, passes through
 * uncopied.
 *
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
  return new GeneratorTransform((source) => recut(source, byteLength));
}

async function* recut(source: ByteIterable, byteLength: number): AsyncIterable<Uint8Array<ArrayBuffer>> {
  let piece: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  for await (let bytes of source) {
    while (bytes.length > 0) {
      if (filled === 0 && bytes.length >= byteLength && isUnshared(bytes)) {
        yield bytes.subarray(0, byteLength);
        bytes = bytes.subarray(byteLength);
        continue;
      }
      piece ??= new Uint8Array(byteLength);
      const taken = Math.min(bytes.length, byteLength - filled);
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
        loaded += bytes.length;
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
