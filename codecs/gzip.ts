import type { Codec } from "./codec.ts";
import { DEFLATE_LEVELS, deflateWith, inflateWith } from "./deflate.ts";
import { decoder, encoder } from "./stage.ts";

/**
 * gzip (RFC 1952), Python cottoncandy's default and what every tool reads. Levels 0 (stored) to 9, default 6 (Python's cottoncandy
 * writes 9).
 *
 * Writes one member. Reads any number of them, with zeros after or between them as Python's `gzip` does, and checks each one's CRC-32 and
 * length. Memory stays below a few MB either way. Python's cottoncandy reads the first member only.
 *
 * @example
 * ```ts
 * import { gzip } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const stored = await readAll(streamOf(new Uint8Array(1000)).pipeThrough(gzip.encode({ level: 9 })));
 * const bytes = await readAll(streamOf(stored).pipeThrough(gzip.decode({ size: 1000 })));
 * console.assert(stored.length < 50 && bytes.length === 1000);
 * ```
 */
export const gzip: Codec = {
  name: "gzip",
  levels: DEFLATE_LEVELS,
  encode: (options) => encoder(gzip, options, deflateWith("gzip")),
  decode: (options) => decoder("gzip", options, inflateWith("gzip")),
};
