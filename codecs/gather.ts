import type { ByteIterable } from "../lib/streams/mod.ts";

/** All pieces in one buffer, for what can only work on the whole. Where the length is known, nothing is held twice. */
export async function gather(source: ByteIterable, size?: number): Promise<Uint8Array<ArrayBuffer>> {
  let all = new Uint8Array(size ?? 64 * 1024);
  let length = 0;
  for await (const piece of source) {
    if (length + piece.length > all.length) {
      const grown = new Uint8Array(Math.max(length + piece.length, all.length * 2));
      grown.set(all.subarray(0, length));
      all = grown;
    }
    all.set(piece, length);
    length += piece.length;
  }
  return all.subarray(0, length);
}
