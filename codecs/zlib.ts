import type { Codec } from "./codec.ts";
import { DEFLATE_LEVELS, deflateWith, inflateWith } from "./deflate.ts";
import { decoder, encoder } from "./stage.ts";

/**
 * A zlib stream (RFC 1950), as numcodecs' `Zlib` writes it. Levels 0 (stored) to 9, default 6 (numcodecs: 1).
 *
 * Checks the Adler-32 when reading; nothing but zeros may follow the stream. Memory stays below a few MB either way.
 *
 * @example
 * ```ts
 * import { zlib } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const stored = await readAll(streamOf(new Uint8Array(1000)).pipeThrough(zlib.encode()));
 * const bytes = await readAll(streamOf(stored).pipeThrough(zlib.decode({ size: 1000 })));
 * console.assert(stored.length < 50 && bytes.length === 1000);
 * ```
 */
export const zlib: Codec = {
  name: "Zlib",
  levels: DEFLATE_LEVELS,
  encode: (options) => encoder(zlib, options, deflateWith("Zlib")),
  decode: (options) => decoder("Zlib", options, inflateWith("Zlib")),
};
