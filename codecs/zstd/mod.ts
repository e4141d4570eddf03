/**
 * Zstandard (RFC 8878). Written by the runtime's libzstd as a stream, or in browsers by libzstd in wasm, in one piece. Read by a decoder of our
 * own: the frames here, a block's literals and sequences in `block.ts`, the tables of FSE and Huffman codes in `entropy.ts`.
 *
 * @module
 */
import type { IHasher } from "hash-wasm";
import { UnsupportedError } from "../../lib/errors.ts";
import { readAll, readExactly, streamFrom } from "../../lib/streams/mod.ts";
import { corruptError, type EncodePlan, type Pieces, truncatedError } from "../codec.ts";
import { type NodeZlib, nodeZlib, OUTPUT_PIECE, throughNode } from "../node_zlib.ts";
import { ByteReader } from "../reader.ts";
import { BLOCK_LIMIT, ZstdBlocks } from "./block.ts";

/** Magic number of a zstd frame, little-endian (RFC 8878, 3.1.1). */
const FRAME_MAGIC = 0xFD2FB528;
const FRAME_START = [0x28, 0xB5, 0x2F, 0xFD];
/** Magic numbers of skippable frames are this and the 15 after it (RFC 8878, 3.1.2). */
const SKIPPABLE_MAGIC = 0x184D2A50;
/** Bits of the frame header descriptor (RFC 8878, 3.1.1.1.1). */
const CHECKSUM_FLAG = 0x04;
const RESERVED_BIT = 0x08;
const SINGLE_SEGMENT_FLAG = 0x20;
/** Longest header: magic, descriptor, window, dictionary ID, content size. */
const HEADER_LIMIT = 4 + 1 + 1 + 4 + 8;

/** Largest history that a frame may ask for; the limit of the zstd command, too (window log 27). */
const WINDOW_LIMIT = 128 * 1024 * 1024;

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
  const header = await peekFrameHeader(reader);
  yield new Uint8Array(await reader.take(header.length));
  for (let last = false; !last;) {
    const block = parseBlockHeader(await reader.peek(3), header.windowSize);
    last = block.last;
    yield new Uint8Array(await reader.take(3 + block.storedSize));
  }
  if (header.checksum) yield new Uint8Array(await reader.take(4));
  while (!await reader.atEnd()) {
    // An empty frame: magic, descriptor, window or content size, one empty raw block that is the last, and maybe a checksum.
    const next = await peekFrameHeader(reader);
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
  // This encoder leaves the checksum out, which is a flag in the descriptor and four bytes at the end.
  const hash = await createXXHash64();
  hash.init().update(content);
  const marked = new Uint8Array(frame);
  marked[4] |= CHECKSUM_FLAG;
  yield marked;
  yield checksumOf(hash);
}

/** What a frame stores of its content's XXH64: the low four bytes, little-endian. */
function checksumOf(hash: IHasher): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash.digest("binary").reverse().subarray(0, 4));
}

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
    if (frames > 0 && !await reader.another(FRAME_START)) return;
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
  const { length: headerLength, windowSize, contentSize, checksum } = await peekFrameHeader(reader);
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
  await reader.take(headerLength);
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
    if (checksumOf(hash).some((byte, i) => byte !== stored[i])) {
      throw corruptError("Zstd", "the checksum is wrong");
    }
  }
  return length;
}

/** Passes over skippable frames; says whether something else follows. */
async function skipSkippable(reader: ByteReader): Promise<boolean> {
  while (!await reader.atEnd()) {
    const start = await reader.peek(4);
    if (start.length < 4) return true;
    if ((view(start).getUint32(0, true) & 0xFFFFFFF0) >>> 0 !== SKIPPABLE_MAGIC) return true;
    const header = await reader.take(8);
    await reader.skip(view(header).getUint32(4, true));
  }
  return false;
}

/** The header of the frame that comes next, which is not taken yet. */
async function peekFrameHeader(reader: ByteReader): Promise<FrameHeader> {
  const header = parseFrameHeader(await reader.peek(HEADER_LIMIT));
  if (!header) throw truncatedError("Zstd");
  return header;
}

/** What a frame's header says. */
interface FrameHeader {
  /** Bytes of the header, with the magic number. */
  readonly length: number;
  /** Bytes of history that the decoder has to keep. */
  readonly windowSize: number;
  /** Bytes that the frame decodes to, where the header says. */
  readonly contentSize?: number;
  /** Whether the XXH64 of the content follows the blocks. */
  readonly checksum: boolean;
}

/** One of the blocks of a frame, as its three header bytes tell. */
interface BlockHeader {
  readonly last: boolean;
  readonly kind: "raw" | "rle" | "compressed";
  /** Bytes of the block in the stream, without its header. */
  readonly storedSize: number;
  /** How often the byte of an `rle` block is repeated. */
  readonly repeats: number;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Reads a frame header from at most {@linkcode HEADER_LIMIT} bytes of the stream.
 *
 * @returns Nothing when there are too few bytes.
 * @throws {IntegrityError} when it is none, {UnsupportedError} when it needs a dictionary.
 */
export function parseFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.length < 5) return undefined;
  const data = view(bytes);
  if (data.getUint32(0, true) !== FRAME_MAGIC) {
    throw corruptError("Zstd", "no zstd frame where one should begin");
  }
  const descriptor = bytes[4];
  if (descriptor & RESERVED_BIT) throw corruptError("Zstd", "a reserved bit is set in a frame header");
  const singleSegment = (descriptor & SINGLE_SEGMENT_FLAG) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode;
  const length = 5 + (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (bytes.length < length) return undefined;
  let at = 5;
  let windowSize = 0;
  if (!singleSegment) {
    const base = 2 ** (10 + (bytes[at] >> 3));
    windowSize = base + base / 8 * (bytes[at] & 7);
    at += 1;
  }
  if (bytes.subarray(at, at += dictionaryBytes).some((byte) => byte !== 0)) {
    throw new UnsupportedError("Zstd: the data need a dictionary, which can't be given here");
  }
  let contentSize: number | undefined;
  if (sizeBytes === 1) contentSize = bytes[at];
  else if (sizeBytes === 2) contentSize = data.getUint16(at, true) + 256;
  else if (sizeBytes === 4) contentSize = data.getUint32(at, true);
  else if (sizeBytes === 8) contentSize = Number(data.getBigUint64(at, true));
  if (singleSegment && contentSize !== undefined) windowSize = contentSize;
  return { length, windowSize, contentSize, checksum: (descriptor & CHECKSUM_FLAG) !== 0 };
}

/** Reads a block's three header bytes. */
function parseBlockHeader(bytes: Uint8Array, windowSize: number): BlockHeader {
  const value = bytes[0] | bytes[1] << 8 | bytes[2] << 16;
  const size = value >> 3;
  if (size > Math.min(BLOCK_LIMIT, windowSize)) {
    throw corruptError("Zstd", "a block is larger than allowed");
  }
  const last = (value & 1) !== 0;
  switch (value >> 1 & 3) {
    case 0:
      return { last, kind: "raw", storedSize: size, repeats: 0 };
    case 1:
      return { last, kind: "rle", storedSize: 1, repeats: size };
    case 2:
      return { last, kind: "compressed", storedSize: size, repeats: 0 };
    default:
      throw corruptError("Zstd", "a block is of no known type");
  }
}
