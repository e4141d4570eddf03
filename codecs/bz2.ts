import { decodeBz2 } from "./bz2_decode.ts";
import { encodeBz2 } from "./bz2_encode.ts";
import type { Codec } from "./codec.ts";
import { decoder, encoder } from "./stage.ts";

/**
 * bzip2: compresses more than gzip, and is slow. The level is the block's size in 100,000 bytes, 1 to 9, default 9 (numcodecs: 1).
 *
 * Writes a bzip2 stream for every 4 MB or so: concatenated streams are one file to every reader of the format, Python's included. Reads any
 * number of streams and checks the CRCs of blocks and streams; nothing but zeros may follow. Memory stays below 10 MB for reading and 40 MB for writing.
 *
 * Writing runs libbzip2 in wasm (npm:bzip2-wasm); a bundle for browsers must have its `bzip2.wasm` beside it.
 *
 * @example
 * ```ts
 * import { bz2 } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const stored = await readAll(streamOf(new Uint8Array(1000)).pipeThrough(bz2.encode()));
 * const bytes = await readAll(streamOf(stored).pipeThrough(bz2.decode({ size: 1000 })));
 * console.assert(stored.length < 50 && bytes.length === 1000);
 * ```
 */
export const bz2: Codec = {
  name: "BZ2",
  levels: { min: 1, max: 9, default: 9 },
  encode: (options) => encoder(bz2, options, encodeBz2),
  decode: (options) => decoder("BZ2", options, decodeBz2),
};
