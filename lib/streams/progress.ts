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
