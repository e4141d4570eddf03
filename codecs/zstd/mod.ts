/**
 * Zstandard (RFC 8878). Written by the runtime's libzstd as a stream, or in browsers by libzstd in wasm, in one piece. Read by a decoder of our
 * own, which goes over `frame.ts` (headers), `block.ts` (literals and sequences) and `entropy.ts` (FSE and Huffman tables).
 *
 * @module
 */
import { UnsupportedError } from "../../lib/errors.ts";
import { readAll, readExactly, streamFrom } from "../../lib/streams/mod.ts";
import { corruptError, type EncodePlan, type Pieces, truncatedError } from "../codec.ts";
import { type NodeZlib, nodeZlib, OUTPUT_PIECE, throughNode } from "../node_zlib.ts";
import { ByteReader } from "../reader.ts";
import { ZstdBlocks } from "./block.ts";
import { CHECKSUM_FLAG, HEADER_LIMIT, parseBlockHeader, parseFrameHeader, skipSkippable } from "./frame.ts";

/** Compresses by the runtime's zlib where it knows zstd, and by wasm where not. */
export function encode(source: Pieces, plan: EncodePlan): Pieces {
  const zlib = nodeZlib();
  return zlib?.createZstdCompress ? encodeByNode(zlib, source, plan) : encodePortable(source, plan);
}

/** Compresses by Node's zlib: one frame with a checksum, and with the content size where it is known. */
export async function* encodeByNode(
  zlib: NodeZlib,
  source: Pieces,
  { level, size }: EncodePlan,
): Pieces {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zlib.constants;
  const stream = zlib.createZstdCompress({
    chunkSize: OUTPUT_PIECE,
    params: { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 },
    ...(size === undefined ? {} : { pledgedSrcSize: size }),
  });
  yield* firstFrame(throughNode(new ByteReader("Zstd", source), stream));
}

/**
 * Keeps off what follows the first frame. Deno's zlib ends many streams with another, empty frame (denoland/deno#36688), with which
 * numcodecs 0.11 refuses the whole.
 */
export async function* firstFrame(frames: Pieces): Pieces {
  const reader = new ByteReader("Zstd", frames);
  const header = parseFrameHeader(await reader.peek(HEADER_LIMIT));
  if (!header) throw corruptError("Zstd", "the encoder gave no frame");
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
    if (!next) throw corruptError("Zstd", "the encoder went on after its frame");
    await reader.skip(next.length);
    const block = parseBlockHeader(await reader.take(3), next.windowSize);
    if (!block.last || block.kind !== "raw" || block.storedSize > 0) {
      throw corruptError("Zstd", "the encoder gave two frames");
    }
    if (next.checksum) await reader.skip(4);
  }
}

/**
 * Compresses by libzstd in wasm, in one go: one frame with content size and checksum. The whole input and output are in memory, and once more in
 * the wasm's.
 */
export async function* encodePortable(source: Pieces, { level, size }: EncodePlan): Pieces {
  const { default: Zstd } = await import("numcodecs/zstd");
  const { createXXHash64 } = await import("hash-wasm");
  const stream = streamFrom(source);
  const content = await (size === undefined ? readAll(stream) : readExactly(stream, size));
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
export async function* decode(source: Pieces, size?: number): Pieces {
  const reader = new ByteReader("Zstd", source);
  let frames = 0;
  let total = 0;
  while (await skipSkippable(reader)) {
    // Zeros fill up what some stores hand out in whole blocks.
    if (frames > 0 && (await reader.peek(1))[0] === 0 && await reader.skipZeros()) return;
    total += yield* decodeFrame(reader, size === undefined ? Infinity : size - total);
    frames += 1;
  }
  if (frames === 0) throw truncatedError("Zstd");
}

/** Decodes one frame, of at most `limit` bytes if it says its size; returns its length. */
async function* decodeFrame(
  reader: ByteReader,
  limit: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, number> {
  const header = parseFrameHeader(await reader.peek(HEADER_LIMIT));
  if (!header) throw truncatedError("Zstd");
  const { windowSize, contentSize, checksum } = header;
  if (contentSize !== undefined && contentSize > limit) {
    throw corruptError(
      "Zstd",
      `a frame says that it decodes to ${contentSize} bytes, more than are expected`,
    );
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
    throw corruptError("Zstd", `a frame decodes to ${length} of the ${contentSize} bytes it announces`);
  }
  if (hash) {
    const stored = await reader.take(4);
    // The hash's low four bytes, little-endian; the digest is big-endian.
    const digest = hash.digest("binary");
    if ([0, 1, 2, 3].some((i) => digest[7 - i] !== stored[i])) {
      throw corruptError("Zstd", "the checksum is wrong");
    }
  }
  return length;
}
