/**
 * Zstandard (RFC 8878). Written by the runtime's libzstd as a stream, or in browsers by libzstd in wasm, in one piece. Frames and blocks are
 * walked by `frame.ts`, and decoded by the runtime's libzstd (`native.ts`) or by a decoder of our own: a block's literals and sequences in
 * `block.ts`, the tables of FSE and Huffman codes in `entropy.ts`.
 *
 * @module
 */
import { UnsupportedError } from "../../lib/errors.ts";
import { readAll, readExactly, streamFrom } from "../../lib/streams/mod.ts";
import { corruptError, type EncodePlan, type Pieces, truncatedError } from "../codec.ts";
import { type NodeZlib, nodeZlib } from "../node_zlib.ts";
import { ByteReader } from "../reader.ts";
import { ZstdBlocks } from "./block.ts";
import {
  CHECKSUM_FLAG,
  DESCRIPTOR,
  FRAME_START,
  type FrameHeader,
  parseBlockHeader,
  peekFrameHeader,
  skipSkippable,
  WINDOW_LIMIT,
} from "./frame.ts";
import { decodeBlocksByNode, encodeByNode } from "./native.ts";
import { createXxh64 } from "./xxh64.ts";

/** How engines say that a page's Content-Security-Policy refuses wasm, or that they have none. */
const NO_WASM = /unsafe-eval|Content.Security.Policy|blocked by CSP|WebAssembly is not defined/i;

/** Compresses by the runtime's zlib where it knows zstd, and by wasm where not. */
export function encode(source: Pieces, plan: EncodePlan): Pieces {
  const zlib = nodeZlib();
  return zlib?.createZstdCompress ? encodeByNode(zlib, source, plan) : encodePortable(source, plan);
}

/**
 * Compresses by libzstd in wasm, in one go: one frame with content size and checksum. The whole input and output are in memory, and once more in
 * the wasm's.
 */
export async function* encodePortable(source: Pieces, { level, size }: EncodePlan): Pieces {
  const { default: Zstd } = await import("numcodecs/zstd");
  const stream = streamFrom(source);
  const content = await (size === undefined ? readAll(stream) : readExactly(stream, size));
  let frame: Uint8Array;
  try {
    frame = await Zstd.fromConfig({ id: "zstd", level }).encode(content);
  } catch (cause) {
    if (!NO_WASM.test(String(cause))) throw cause;
    throw new UnsupportedError(
      "Zstd: writing needs WebAssembly here, which this page's Content-Security-Policy doesn't allow; give its script-src 'wasm-unsafe-eval', or compress by gzip. Reading needs neither",
      { cause },
    );
  }
  // This encoder leaves the checksum out, which is a flag in the descriptor and four bytes at the end.
  const hash = await createXxh64(content.length);
  hash.update(content);
  const marked = new Uint8Array(frame);
  marked[DESCRIPTOR] |= CHECKSUM_FLAG;
  yield marked;
  yield hash.stored();
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
    length += piece.length;
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
