import type { ByteIterable } from "../lib/streams/mod.ts";
import { type NodeZlib, OUTPUT_PIECE, throughNode } from "./node_zlib.ts";
import { ByteReader } from "./reader.ts";
import { corrupt, type EncodePlan, type Pieces } from "./stage.ts";
import { HEADER_LIMIT, parseBlockHeader, parseFrameHeader } from "./zstd_frame.ts";

/** Compresses by Node's zlib: one frame with a checksum, and with the content size where it is known. */
export async function* encodeZstdNode(
  zlib: NodeZlib,
  source: ByteIterable,
  { level, size }: EncodePlan,
): Pieces {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zlib.constants;
  const stream = zlib.createZstdCompress({
    chunkSize: OUTPUT_PIECE,
    params: { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 },
    ...(size === undefined ? {} : { pledgedSrcSize: size }),
  });
  yield* firstFrame(throughNode(new ByteReader("Zstd", source), stream, (error) => error));
}

/**
 * Keeps off what follows the first frame. Deno's zlib ends many streams with another, empty frame (denoland/deno#36688), with which
 * numcodecs 0.11 refuses the whole.
 */
export async function* firstFrame(frames: Pieces): Pieces {
  const reader = new ByteReader("Zstd", frames);
  const header = parseFrameHeader(await reader.peek(HEADER_LIMIT));
  if (!header) throw corrupt("Zstd", "the encoder gave no frame");
  yield new Uint8Array(await reader.take(header.length));
  for (let last = false; !last;) {
    const block = parseBlockHeader(await reader.peek(3), header.windowSize);
    last = block.last;
    yield new Uint8Array(await reader.take(3 + block.storedSize));
  }
  if (header.checksum) yield new Uint8Array(await reader.take(4));
  while (!await reader.atEnd()) {
    // An empty frame: magic, descriptor, window or content size, one empty raw block that is the last, and maybe a checksum.
    const next = parseFrameHeader(await reader.peek(HEADER_LIMIT));
    if (!next) throw corrupt("Zstd", "the encoder went on after its frame");
    await reader.skip(next.length);
    const block = parseBlockHeader(await reader.take(3), next.windowSize);
    if (!block.last || block.kind !== "raw" || block.storedSize > 0) {
      throw corrupt("Zstd", "the encoder gave two frames");
    }
    if (next.checksum) await reader.skip(4);
  }
}
