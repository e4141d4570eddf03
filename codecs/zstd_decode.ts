import { UnsupportedError } from "../lib/errors.ts";
import type { ByteIterable } from "../lib/streams/mod.ts";
import { ByteReader } from "./reader.ts";
import { corrupt, type Pieces, truncated } from "./stage.ts";
import { ZstdBlocks } from "./zstd_block.ts";
import { HEADER_LIMIT, parseBlockHeader, parseFrameHeader, skipSkippable } from "./zstd_frame.ts";

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
