import { UnsupportedError } from "./errors.ts";

/** Bytes one after the other, in memory of their own. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

/** A number as four bytes, the highest first. */
export function u32be(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Bytes of a library as what WebCrypto takes; copied only where they lie in shared memory. */
export function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    : new Uint8Array(bytes);
}

/**
 * Memory of a given length, zeroed.
 *
 * @throws {UnsupportedError} when the runtime has no buffers of that length or no memory left.
 */
export function allocate(byteLength: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(new ArrayBuffer(byteLength));
  } catch (cause) {
    throw new UnsupportedError(
      `${byteLength} bytes don't fit into this machine's memory: open the array lazily and read it in parts`,
      { cause },
    );
  }
}

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
