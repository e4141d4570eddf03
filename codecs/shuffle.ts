import type { ByteIterable } from "../lib/streams/mod.ts";
import type { Decoder } from "./codec.ts";
import { corrupt, decoder, gather, type Pieces } from "./stage.ts";

/** Bytes an element; numcodecs' default, and Python's cottoncandy gives no other, whatever the array's items are. */
const ELEMENT = 4;

/** numcodecs' `Shuffle`: all first bytes of the elements, then all second ones, and so on. The whole is held in memory, twice. */
export const shuffle: Decoder = {
  name: "Shuffle",
  decode: (options) => decoder("Shuffle", options, decodeShuffle),
};

async function* decodeShuffle(source: ByteIterable, size?: number): Pieces {
  const shuffled = await gather(source, size);
  if (shuffled.length % ELEMENT !== 0) throw corrupt("Shuffle", `the length is no multiple of ${ELEMENT}`);
  const count = shuffled.length / ELEMENT;
  const bytes = new Uint8Array(shuffled.length);
  for (let place = 0; place < ELEMENT; place++) {
    for (let i = 0; i < count; i++) bytes[i * ELEMENT + place] = shuffled[place * count + i];
  }
  yield bytes;
}
