import { corruptError, type Pieces } from "./codec.ts";
import { ByteReader } from "./reader.ts";

const CHECKSUM = 4;
/** Bytes a step: an even number of them. */
const STEP = 64 * 1024;
/** After so many words the sums must be folded, lest they take more than 32 bits. */
const FOLD = 360;

/**
 * Data with their Fletcher-32 at the end, as numcodecs' `Fletcher32` writes it and HDF5 defines it: sums of big-endian words of 16 bits modulo 65535. The stored
 * number is little-endian.
 */
export async function* decode(source: Pieces): Pieces {
  const reader = new ByteReader("Fletcher32", source);
  let sums: readonly [number, number] = [0, 0];
  while (true) {
    const held = await reader.peek(STEP + CHECKSUM);
    const isLast = held.byteLength < STEP + CHECKSUM;
    // Fewer bytes than a checksum has: `take` below says that they end too early.
    const length = Math.max(0, held.byteLength - CHECKSUM);
    const bytes = new Uint8Array(await reader.take(length));
    sums = add(sums, bytes);
    if (!isLast) {
      yield bytes;
      continue;
    }
    const end = await reader.take(CHECKSUM);
    const stored = new DataView(end.buffer, end.byteOffset).getUint32(0, true);
    if (stored !== (sums[1] << 16 | sums[0]) >>> 0) throw corruptError("Fletcher32", "the checksum is wrong");
    yield bytes;
    return;
  }
}

/** The sums with more bytes; an odd byte, which only the last of all may be, is the high one of a word. */
function add(sums: readonly [number, number], bytes: Uint8Array): readonly [number, number] {
  let [first, second] = sums;
  for (let at = 0; at < bytes.byteLength;) {
    for (const end = Math.min(bytes.byteLength, at + 2 * FOLD); at < end; at += 2) {
      first += bytes[at] << 8 | (at + 1 < bytes.byteLength ? bytes[at + 1] : 0);
      second += first;
    }
    first = fold(fold(first));
    second = fold(fold(second));
  }
  return [first, second];
}

function fold(sum: number): number {
  return (sum & 0xFFFF) + (sum >>> 16);
}
