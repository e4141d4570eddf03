/**
 * Zstandard (RFC 8878). Where the runtime has libzstd, that writes, and reads frames with a checksum (`native.ts`). Elsewhere, and so in browsers, both are done here.
 * Reading: frames (`frame.ts`), a block's literals and sequences (`block.ts`), the tables of FSE and Huffman codes (`entropy.ts`). Writing: sequences are found by
 * `matches.ts`, and written by `block_writer.ts` and `entropy_writer.ts`.
 *
 * @module
 */
import { UnsupportedError } from "../../lib/errors.ts";
import { corruptError, type EncodePlan, type Pieces, truncatedError } from "../codec.ts";
import { type NodeZlib, nodeZlib } from "../node_zlib.ts";
import { ByteReader } from "../reader.ts";
import { ZstdBlocks } from "./block.ts";
import { BlockWriter } from "./block_writer.ts";
import {
  BLOCK_LIMIT,
  FRAME_START,
  type FrameHeader,
  frameHeader,
  parseBlockHeader,
  peekFrameHeader,
  skipSkippable,
  WINDOW_LIMIT,
} from "./frame.ts";
import { MatchFinder, type SearchPlan } from "./matches.ts";
import { decodeBlocksByNode, encodeByNode } from "./native.ts";
import { createXxh64 } from "./xxh64.ts";

/** Compresses by the runtime's libzstd where there is one, else by an encoder of our own. */
export function encode(source: Pieces, plan: EncodePlan): Pieces {
  const zlib = nodeZlib();
  return zlib?.createZstdCompress ? encodeByNode(zlib, source, plan) : encodePortable(source, plan);
}

/**
 * Compresses by an encoder of our own, as a stream: one frame with a checksum, and with the content size where it is known. In memory are at most two windows of
 * history and their tables.
 */
export async function* encodePortable(source: Pieces, { level, size }: EncodePlan): Pieces {
  const plan = searchPlan(level, size);
  yield frameHeader(plan.window, size);
  const hash = await createXxh64(size);
  const writer = new BlockWriter(new MatchFinder(plan, size));
  const reader = new ByteReader("Zstd", source);
  for (let last = false; !last;) {
    const block = new Uint8Array(await reader.peek(BLOCK_LIMIT));
    await reader.skip(block.byteLength);
    hash.update(block);
    // Whether it is the last one shows only behind it.
    last = await reader.atEnd();
    yield writer.write(block, last);
  }
  yield hash.stored();
}

/** What a level means: up to 3 one earlier place is looked at, and with each one more half as many again, in longer windows. No more memory is taken than a content of a known size needs. */
function searchPlan(level: number, size = Infinity): SearchPlan {
  const sizeLog = Math.max(10, Math.ceil(Math.log2(Math.max(size, 1))));
  const windowLog = Math.min(sizeLog, level < 3 ? 19 : level < 9 ? 21 : level < 16 ? 22 : 23);
  return {
    window: 2 ** windowLog,
    hashLog: Math.min(sizeLog, level < 3 ? 15 : level < 9 ? 17 : 19),
    depth: Math.round(1.5 ** Math.max(0, level - 3)),
    lazy: level >= 3,
  };
}

/**
 * Decodes zstd frames (RFC 8878) as a stream, in memory for the frame's window and little more: by the runtime's libzstd where the
 * frame has a checksum, as all that are written here; else by {@linkcode ZstdBlocks}.
 */
export function decode(source: Pieces, size?: number): Pieces {
  return decodeBy(nodeZlib(), source, size);
}

/** {@linkcode decode} with the runtime's libzstd or, where there is none, without. */
export async function* decodeBy(zlib: NodeZlib | undefined, source: Pieces, size?: number): Pieces {
  const reader = new ByteReader("Zstd", source);
  const native = zlib?.createZstdDecompress ? zlib : undefined;
  let frames = 0;
  let total = 0;
  while (await skipSkippable(reader)) {
    if (frames > 0 && !await reader.another(FRAME_START)) return;
    total += yield* decodeFrame(native, reader, size === undefined ? Infinity : size - total);
    frames += 1;
  }
  if (frames === 0) throw truncatedError("Zstd");
}

/** Decodes one frame, of at most `limit` bytes if it says its size; returns its length. */
async function* decodeFrame(
  zlib: NodeZlib | undefined,
  reader: ByteReader,
  limit: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, number> {
  const header = await peekFrameHeader(reader);
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
  const hash = checksum ? await createXxh64(contentSize) : undefined;
  let length = 0;
  for await (
    const piece of zlib && hash ? decodeBlocksByNode(zlib, reader, header) : decodeBlocks(reader, header)
  ) {
    length += piece.byteLength;
    if (contentSize !== undefined && length > contentSize) break;
    hash?.update(piece);
    yield piece;
  }
  if (contentSize !== undefined && length !== contentSize) {
    throw corruptError("Zstd", `a frame decodes to ${length} of the ${contentSize} bytes it announces`);
  }
  if (hash) {
    const stored = await reader.take(4);
    if (hash.stored().some((byte, i) => byte !== stored[i])) {
      throw corruptError("Zstd", "the checksum is wrong");
    }
  }
  return length;
}

/** Decodes the blocks of a frame. Everything that the format lets one check is checked: most frames, Python's among them, have no checksum. */
async function* decodeBlocks(reader: ByteReader, header: FrameHeader): Pieces {
  await reader.skip(header.length);
  const blocks = new ZstdBlocks(header.windowSize, header.contentSize);
  for (let last = false; !last;) {
    const block = parseBlockHeader(await reader.take(3), header.windowSize);
    last = block.last;
    const bytes = await reader.take(block.storedSize);
    if (block.kind === "raw") yield blocks.raw(bytes);
    else if (block.kind === "rle") yield blocks.rle(bytes[0], block.repeats);
    else yield blocks.compressed(bytes);
  }
}
