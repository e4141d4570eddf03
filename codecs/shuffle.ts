import { readAll, readExactly, streamFrom } from "../lib/streams/mod.ts";
import { corruptError, type Pieces } from "./codec.ts";

/** Bytes an element; numcodecs' default, and Python's cottoncandy gives no other, whatever the array's items are. */
const ELEMENT = 4;

/** numcodecs' `Shuffle`: all first bytes of the elements, then all second ones, and so on. The whole is held in memory, twice. */
export async function* decode(source: Pieces, size?: number): Pieces {
  const stream = streamFrom(source);
  const shuffled = await (size === undefined ? readAll(stream) : readExactly(stream, size));
  if (shuffled.byteLength % ELEMENT !== 0) {
    throw corruptError("Shuffle", `the length is no multiple of ${ELEMENT}`);
  }
  yield unshuffle(shuffled, ELEMENT);
}

/** Undoes the shuffle of items' bytes; what is left over after the last whole item lies at the end as it is. */
export function unshuffle(shuffled: Uint8Array<ArrayBuffer>, itemSize: number): Uint8Array<ArrayBuffer> {
  const count = Math.floor(shuffled.byteLength / itemSize);
  const bytes = shuffled.slice();
  for (let place = 0; place < itemSize; place++) {
    for (let i = 0; i < count; i++) bytes[i * itemSize + place] = shuffled[place * count + i];
  }
  return bytes;
}
