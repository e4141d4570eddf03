import { UnsupportedError } from "../../lib/errors.ts";
import { corruptError, truncatedError } from "../codec.ts";
import type { ByteReader } from "../reader.ts";

/** Magic number of a zstd frame, little-endian (RFC 8878, 3.1.1). */
export const FRAME_MAGIC = 0xFD2FB528;
export const FRAME_START = [0x28, 0xB5, 0x2F, 0xFD];
/** Magic numbers of skippable frames are this and the 15 after it (RFC 8878, 3.1.2). */
const SKIPPABLE_MAGIC = 0x184D2A50;
/** Where the frame header descriptor is. */
export const DESCRIPTOR = 4;
/** Its bits (RFC 8878, 3.1.1.1.1). */
export const CHECKSUM_FLAG = 0x04;
const RESERVED_BIT = 0x08;
const SINGLE_SEGMENT_FLAG = 0x20;
/** Longest header: magic, descriptor, window, dictionary ID, content size. */
const HEADER_LIMIT = 4 + 1 + 1 + 4 + 8;

/** Largest history that a frame may ask for; the limit of the zstd command, too (window log 27). */
export const WINDOW_LIMIT = 128 * 1024 * 1024;

/** No block decodes to more (RFC 8878, 3.1.1.2.4). */
export const BLOCK_LIMIT = 128 * 1024;

/** Passes over skippable frames; says whether something else follows. */
export async function skipSkippable(reader: ByteReader): Promise<boolean> {
  while (!await reader.atEnd()) {
    const start = await reader.peek(4);
    if (start.byteLength < 4) return true;
    if ((view(start).getUint32(0, true) & 0xFFFFFFF0) >>> 0 !== SKIPPABLE_MAGIC) return true;
    const header = await reader.take(8);
    await reader.skip(view(header).getUint32(4, true));
  }
  return false;
}

/** The header of the frame that comes next, which is not taken yet. */
export async function peekFrameHeader(reader: ByteReader): Promise<FrameHeader> {
  const header = parseFrameHeader(await reader.peek(HEADER_LIMIT));
  if (!header) throw truncatedError("Zstd");
  return header;
}

/** What a frame's header says. */
export interface FrameHeader {
  /** Bytes of the header, with the magic number. */
  readonly length: number;
  /** Bytes of history that the decoder has to keep. */
  readonly windowSize: number;
  /** Bytes that the frame decodes to, where the header says. */
  readonly contentSize?: number;
  /** Whether the XXH64 of the content follows the blocks. */
  readonly checksum: boolean;
}

/** The header of a frame with a checksum. The window, a power of two of at least 1 KiB, is left out where the content is no longer. */
export function frameHeader(window: number, size: number | undefined): Uint8Array<ArrayBuffer> {
  const single = size !== undefined && size <= window;
  // The content size has 1, 2, 4 or 8 bytes; two of them count from 256 on (RFC 8878, 3.1.1.1.4).
  const sizeFlag = size === undefined
    ? 0
    : single && size < 256
    ? 0
    : size < 65792 && size >= 256
    ? 1
    : size < 2 ** 32
    ? 2
    : 3;
  const header = new Uint8Array(HEADER_LIMIT);
  const fields = view(header);
  header.set(FRAME_START);
  header[DESCRIPTOR] = sizeFlag << 6 | (single ? SINGLE_SEGMENT_FLAG : 0) | CHECKSUM_FLAG;
  let length = DESCRIPTOR + 1;
  if (!single) header[length++] = Math.log2(window) - 10 << 3;
  if (size === undefined) return header.slice(0, length);
  if (sizeFlag === 0) fields.setUint8(length, size);
  else if (sizeFlag === 1) fields.setUint16(length, size - 256, true);
  else if (sizeFlag === 2) fields.setUint32(length, size, true);
  else fields.setBigUint64(length, BigInt(size), true);
  return header.slice(0, length + 2 ** sizeFlag);
}

/** One of the blocks of a frame, as its three header bytes tell. */
export interface BlockHeader {
  readonly last: boolean;
  readonly kind: "raw" | "rle" | "compressed";
  /** Bytes of the block in the stream, without its header. */
  readonly storedSize: number;
  /** How often the byte of an `rle` block is repeated. */
  readonly repeats: number;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Reads a frame header from at most {@linkcode HEADER_LIMIT} bytes of the stream.
 *
 * @returns Nothing when there are too few bytes.
 * @throws {IntegrityError} when it is none, {UnsupportedError} when it needs a dictionary.
 */
export function parseFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.byteLength < 5) return undefined;
  const data = view(bytes);
  if (data.getUint32(0, true) !== FRAME_MAGIC) {
    throw corruptError("Zstd", "no zstd frame where one should begin");
  }
  const descriptor = bytes[DESCRIPTOR];
  if (descriptor & RESERVED_BIT) throw corruptError("Zstd", "a reserved bit is set in a frame header");
  const singleSegment = (descriptor & SINGLE_SEGMENT_FLAG) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode;
  const length = 5 + (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (bytes.byteLength < length) return undefined;
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
export function parseBlockHeader(bytes: Uint8Array, windowSize: number): BlockHeader {
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
