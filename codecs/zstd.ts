import type { Codec } from "./codec.ts";
import { nodeZlib } from "./node_zlib.ts";
import { decoder, encoder } from "./stage.ts";
import { decodeZstd } from "./zstd_decode.ts";
import { encodeZstdNode } from "./zstd_encode_node.ts";
import { encodeZstdPortable } from "./zstd_encode_portable.ts";

/**
 * Zstandard (RFC 8878): compresses about as well as gzip, several times faster. Levels 1 to 22, default 3.
 *
 * Writes one frame with a checksum. **Give `size`**: the frame then says how long its content is, without which numcodecs up to 0.11
 * refuses it (newer ones don't). In Deno and Node the encoder streams; in a browser it needs the whole input in memory, about five times
 * over, and always knows the size.
 *
 * Reads any number of frames, skippable ones and zeros at the end, as a stream with no more memory than the frame's window asks for (at most
 * 128 MiB; `UnsupportedError` beyond). Checksums and content sizes are checked where there are any; frames that Python wrote have
 * no checksum.
 *
 * @example
 * ```ts
 * import { zstd } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const stored = await readAll(streamOf(new Uint8Array(1000)).pipeThrough(zstd.encode({ size: 1000 })));
 * const bytes = await readAll(streamOf(stored).pipeThrough(zstd.decode({ size: 1000 })));
 * console.assert(stored.length < 50 && bytes.length === 1000);
 * ```
 */
export const zstd: Codec = {
  name: "Zstd",
  levels: { min: 1, max: 22, default: 3 },
  encode: (options) =>
    encoder(zstd, options, (source, plan) => {
      const zlib = nodeZlib();
      return zlib?.createZstdCompress ? encodeZstdNode(zlib, source, plan) : encodeZstdPortable(source, plan);
    }),
  decode: (options) => decoder("Zstd", options, decodeZstd),
};
