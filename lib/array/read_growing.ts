import { allocate } from "./allocate.ts";

/**
 * A stream's bytes, in memory that grows with what has come: for lengths that nobody vouches for. The stream must end by itself after
 * `byteLength` bytes, or fail.
 *
 * @param stream What to read; cancelled on failure.
 * @param byteLength How many bytes it gives.
 * @param first How many bytes to make room for at least, once the first have come.
 * @throws {UnsupportedError} when memory does not suffice.
 */
export async function readGrowing(
  stream: ReadableStream<Uint8Array>,
  byteLength: number,
  first: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = allocate(0);
  let filled = 0;
  for await (const piece of stream) {
    if (filled + piece.length > bytes.length) {
      const larger = allocate(Math.min(byteLength, Math.max(first, bytes.length * 2, filled + piece.length)));
      larger.set(bytes.subarray(0, filled));
      bytes = larger;
    }
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}
