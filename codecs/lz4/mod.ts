import { InvalidArgumentError } from "../../lib/errors.ts";
import type { ByteIterable } from "../../lib/streams/mod.ts";
import type { Codec } from "../codec.ts";
import { decoder, type EncodePlan, encoder, type Pieces } from "../stage.ts";
import { decodeLz4 } from "./decode.ts";
import { encodeLz4Block } from "./encode.ts";

/** Longest input of one LZ4 block, `LZ4_MAX_INPUT_SIZE`. */
const LIMIT = 0x7E000000;

/**
 * LZ4 as numcodecs stores it: the content's length, 32 bits little-endian, then one LZ4 block. The level is LZ4's acceleration,
 * 1 (default, compresses best) to 65537 (fastest). It is fast and compresses little.
 *
 * Both directions are streams of a few MiB of memory; writing needs `size`, at most 2,113,929,216 bytes, since the format begins with it. Literals are
 * held until the next match, so noise, which has next to none, is held for longer. The format has no checksum: damage is found when lengths and
 * offsets don't work out, which is often and not always.
 *
 * @example
 * ```ts
 * import { lz4 } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const stored = await readAll(streamOf(new Uint8Array(1000)).pipeThrough(lz4.encode({ size: 1000 })));
 * const bytes = await readAll(streamOf(stored).pipeThrough(lz4.decode({ size: 1000 })));
 * console.assert(stored.length < 50 && bytes.length === 1000);
 * ```
 */
export const lz4: Codec = {
  name: "LZ4",
  levels: { min: 1, max: 65537, default: 1 },
  encode: (options) => {
    const size = options?.size;
    if (size === undefined) throw new InvalidArgumentError("LZ4 stores the length first: give `size`");
    if (size > LIMIT) {
      throw new InvalidArgumentError(`LZ4 takes at most ${LIMIT} bytes, not ${size}: use gzip or Zstd`);
    }
    return encoder(lz4, options, encodeLz4);
  },
  decode: (options) => decoder("LZ4", options, decodeLz4),
};

async function* encodeLz4(source: ByteIterable, { level, size = 0 }: EncodePlan): Pieces {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, size, true);
  yield length;
  yield* encodeLz4Block(source, level);
}
export { Lz4Block } from "./decode.ts";
