import { UnsupportedError } from "../lib/errors.ts";
import type { ByteIterable } from "../lib/streams/mod.ts";
import { ByteReader } from "./reader.ts";
import { corrupt, type Pieces, truncated } from "./stage.ts";
import {
  CHECKSUM_FLAG,
  HEADER_LIMIT,
  parseBlockHeader,
  parseFrameHeader,
  skipSkippable,
} from "./zstd_frame.ts";

/** Largest history that a frame may ask for; the limit of the zstd command, too (window log 27). */
export const WINDOW_LIMIT = 128 * 1024 * 1024;

/**
 * Decodes zstd frames one block at a time. fzstd does the blocks; it would neither check a frame's checksum and content size nor pause
 * in the middle of a piece, so the frames are taken apart here.
 */
export async function* decodeZstd(source: ByteIterable, size?: number): Pieces {
  const { Decompress } = await import("fzstd");
  const { createXXHash64 } = await import("hash-wasm");
  const reader = new ByteReader("Zstd", source);
  let frames = 0;
  let total = 0;
  while (await skipSkippable(reader)) {
    // Zeros fill up what some stores hand out in whole blocks.
    if (frames > 0 && (await reader.peek(1))[0] === 0 && await reader.skipZeros()) return;
    const header = parseFrameHeader(await reader.peek(HEADER_LIMIT));
    if (!header) throw truncated("Zstd");
    const { windowSize, contentSize, checksum } = header;
    if (size !== undefined && contentSize !== undefined && total + contentSize > size) {
      throw corrupt("Zstd", `the data say that they decode to more than the ${size} bytes expected`);
    }
    if (windowSize > WINDOW_LIMIT) {
      throw new UnsupportedError(
        `Zstd: the data need ${windowSize} bytes of history, more than the ${WINDOW_LIMIT} allowed here; compress them without "long" mode`,
      );
    }
    const decoded: Uint8Array<ArrayBuffer>[] = [];
    const blocks = new Decompress((block) => {
      decoded.push(
        block.buffer instanceof ArrayBuffer
          ? new Uint8Array(block.buffer, block.byteOffset, block.length)
          : new Uint8Array(block),
      );
    });
    const head = new Uint8Array(await reader.take(header.length));
    // fzstd is told of no checksum: it would only pass over it.
    head[4] &= ~CHECKSUM_FLAG;
    const hash = checksum ? await createXXHash64() : undefined;
    hash?.init();
    blocks.push(head);
    let length = 0;
    for (let last = false; !last;) {
      const stored = parseBlockHeader(await reader.peek(3), windowSize);
      last = stored.last;
      const block = await reader.take(3 + stored.storedSize);
      try {
        blocks.push(block, last);
      } catch (error) {
        throw corrupt("Zstd", error instanceof Error ? error.message : "a block can't be decoded", error);
      }
      for (const piece of decoded.splice(0)) {
        length += piece.length;
        if (contentSize !== undefined && length > contentSize) {
          throw corrupt("Zstd", `a frame decodes to more than the ${contentSize} bytes it announces`);
        }
        hash?.update(piece);
        yield piece;
      }
    }
    if (contentSize !== undefined && length < contentSize) {
      throw corrupt("Zstd", `a frame decodes to ${length} of the ${contentSize} bytes it announces`);
    }
    if (hash) {
      const stored = await reader.take(4);
      // The low four bytes, little-endian; the digest is big-endian (RFC 8878, 3.1.1).
      const digest = hash.digest("binary");
      if ([0, 1, 2, 3].some((i) => digest[7 - i] !== stored[i])) {
        throw corrupt("Zstd", "the checksum is wrong");
      }
    }
    frames += 1;
    total += length;
  }
  if (frames === 0) throw truncated("Zstd");
}
