import { UnsupportedError } from "../../lib/errors.ts";
import type { ByteIterable } from "../../lib/streams/mod.ts";
import type { Codec } from "../codec.ts";
import { type NodeZlib, nodeZlib, OUTPUT_PIECE, throughNode } from "../node_zlib.ts";
import { ByteReader } from "../reader.ts";
import { corrupt, decoder, type EncodePlan, encoder, gather, type Pieces, truncated } from "../stage.ts";
import { ZstdBlocks } from "./block.ts";
import { CHECKSUM_FLAG, HEADER_LIMIT, parseBlockHeader, parseFrameHeader, skipSkippable } from "./frame.ts";

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

/**
 * Compresses by libzstd in wasm, in one go: one frame with content size and checksum. The whole input and output are in memory, and once more in
 * the wasm's.
 */
export async function* encodeZstdPortable(source: ByteIterable, { level, size }: EncodePlan): Pieces {
  const { default: Zstd } = await import("numcodecs/zstd");
  const { createXXHash64 } = await import("hash-wasm");
  const content = await gather(source, size);
  const frame = await Zstd.fromConfig({ id: "zstd", level }).encode(content);
  // This encoder leaves the checksum out; it is a flag in the descriptor and the hash's low four bytes at the end, little-endian.
  const hash = await createXXHash64();
  hash.init();
  const digest = hash.update(content).digest("binary");
  const marked = new Uint8Array(frame);
  marked[4] |= CHECKSUM_FLAG;
  yield marked;
  yield new Uint8Array([digest[7], digest[6], digest[5], digest[4]]);
}

/** Largest history that a frame may ask for; the limit of the zstd command, too (window log 27). */
export const WINDOW_LIMIT = 128 * 1024 * 1024;

/**
 * Decodes zstd frames (RFC 8878) block by block, in memory for the frame's window and little more. Everything that the format lets one check
 * is checked: most frames, Python's among them, have no checksum.
 *
 * npm:fzstd doesn't do here: without a checksum it overlooks a quarter of the single-bit faults that this finds, and it leaves so much
 * garbage behind that decoding 512 MiB took 640 MiB of memory.
 */
export async function* decodeZstd(source: ByteIterable, size?: number): Pieces {
  const reader = new ByteReader("Zstd", source);
  let frames = 0;
  let total = 0;
  while (await skipSkippable(reader)) {
    // Zeros fill up what some stores hand out in whole blocks.
    if (frames > 0 && (await reader.peek(1))[0] === 0 && await reader.skipZeros()) return;
    total += yield* decodeFrame(reader, size === undefined ? Infinity : size - total);
    frames += 1;
  }
  if (frames === 0) throw truncated("Zstd");
}

/** Decodes one frame, of at most `limit` bytes if it says its size; returns its length. */
async function* decodeFrame(
  reader: ByteReader,
  limit: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, number> {
  const header = parseFrameHeader(await reader.peek(HEADER_LIMIT));
  if (!header) throw truncated("Zstd");
  const { windowSize, contentSize, checksum } = header;
  if (contentSize !== undefined && contentSize > limit) {
    throw corrupt("Zstd", `a frame says that it decodes to ${contentSize} bytes, more than are expected`);
  }
  if (windowSize > WINDOW_LIMIT) {
    throw new UnsupportedError(
      `Zstd: the data need ${windowSize} bytes of history, more than the ${WINDOW_LIMIT} allowed here; compress them without "long" mode`,
    );
  }
  await reader.take(header.length);
  const blocks = new ZstdBlocks(windowSize, contentSize);
  const hash = checksum ? await (await import("hash-wasm")).createXXHash64() : undefined;
  hash?.init();
  let length = 0;
  for (let last = false; !last;) {
    const block = parseBlockHeader(await reader.take(3), windowSize);
    last = block.last;
    const bytes = await reader.take(block.storedSize);
    let piece: Uint8Array<ArrayBuffer>;
    if (block.kind === "raw") piece = blocks.raw(bytes);
    else if (block.kind === "rle") piece = blocks.rle(bytes[0], block.repeats);
    else piece = blocks.compressed(bytes);
    length += piece.length;
    hash?.update(piece);
    yield piece;
  }
  if (contentSize !== undefined && length !== contentSize) {
    throw corrupt("Zstd", `a frame decodes to ${length} of the ${contentSize} bytes it announces`);
  }
  if (hash) {
    const stored = await reader.take(4);
    // The hash's low four bytes, little-endian; the digest is big-endian.
    const digest = hash.digest("binary");
    if ([0, 1, 2, 3].some((i) => digest[7 - i] !== stored[i])) throw corrupt("Zstd", "the checksum is wrong");
  }
  return length;
}

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
