import { isPlain } from "../lib/streams/chunk.ts";
import type { ByteIterable } from "../lib/streams/transform.ts";

/** One of the pieces that a stream is cut into. */
export interface Piece {
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Which it is, counted from `first` on. */
  readonly index: number;
  /** Whether the stream ends with it. */
  readonly last: boolean;
}

/**
 * Cuts a stream into pieces and tells which is the last: a piece waits until it is known whether anything follows. An empty stream is one empty piece.
 *
 * @param lengthOf Bytes of piece `index`; the last may have fewer.
 * @param first Index of the first piece.
 */
export async function* cut(
  source: ByteIterable,
  lengthOf: (index: number) => number,
  first: number = 0,
): AsyncGenerator<Piece, void, void> {
  let index = first;
  let length = lengthOf(index);
  let piece: Uint8Array<ArrayBuffer> = new Uint8Array();
  // Bytes of `piece` that are filled; the piece is allocated when something has to be copied into it.
  let filled = 0;
  for await (let bytes of source) {
    while (bytes.length > 0) {
      if (filled === length) {
        yield { bytes: piece, index, last: false };
        length = lengthOf(++index);
        filled = 0;
      }
      if (filled === 0 && bytes.length >= length && isPlain(bytes)) {
        piece = bytes.subarray(0, length);
      } else {
        if (filled === 0) piece = new Uint8Array(length);
        piece.set(bytes.length > length - filled ? bytes.subarray(0, length - filled) : bytes, filled);
      }
      const taken = Math.min(bytes.length, length - filled);
      filled += taken;
      bytes = bytes.subarray(taken);
    }
  }
  yield { bytes: piece.subarray(0, filled), index, last: true };
}
