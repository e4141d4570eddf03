import { UnsupportedError } from "../lib/errors.ts";
import { corruptError, type Pieces } from "./codec.ts";
import { Lz4Block } from "./lz4_block.ts";
import { ByteReader } from "./reader.ts";
import { unshuffle } from "./shuffle.ts";

const VERSION = 2;
const LZ4_VERSION = 1;
const SHUFFLED = 0x01;
const STORED = 0x02;
const BIT_SHUFFLED = 0x04;
const RESERVED = 0x08;
const NOT_SPLIT = 0x10;
const LZ4 = 1;
/** Blocks are split into one stream for each byte of an item when items are no longer than this, and have at least that many. */
const LONGEST_SPLIT_ITEM = 16;
const SHORTEST_SPLIT = 128;
/** Bytes a piece of what is stored as it is. */
const PIECE = 1024 * 1024;

/**
 * Blosc 1 (README_CHUNK_FORMAT.rst of c-blosc) as Python's cottoncandy writes it: numcodecs' default, byte shuffle and LZ4. Other
 * compressors, which it has no way to ask for, are an `UnsupportedError`.
 *
 * The wasm build in npm:numcodecs gives garbage for damaged input and doesn't say so.
 */
export async function* decode(source: Pieces, size?: number): Pieces {
  const reader = new ByteReader("Blosc", source);
  const header = (await reader.take(16)).slice();
  const fields = new DataView(header.buffer);
  const [version, codecVersion, flags, itemSize] = header;
  const length = fields.getUint32(4, true);
  const blockSize = fields.getUint32(8, true);
  const stored = fields.getUint32(12, true);
  if (version !== VERSION || itemSize === 0 || stored < 16 || flags & RESERVED) {
    throw corruptError("Blosc", "no Blosc chunk");
  }
  if (length > 0 && (blockSize === 0 || blockSize > length)) {
    throw corruptError("Blosc", "an impossible size of blocks");
  }
  if (size !== undefined && length !== size) {
    throw corruptError("Blosc", `the data say that they decode to ${length} bytes, not the ${size} expected`);
  }
  if (flags & STORED) {
    if (stored !== length + 16) throw corruptError("Blosc", "the header's lengths don't agree");
    for (let left = length; left > 0;) {
      const taken = Math.min(left, PIECE);
      yield new Uint8Array(await reader.take(taken));
      left -= taken;
    }
  } else {
    if (flags >> 5 !== LZ4) {
      throw new UnsupportedError("Blosc: the data are compressed by other means than LZ4");
    }
    if (flags & BIT_SHUFFLED) throw new UnsupportedError("Blosc: the data are shuffled by bits");
    if (codecVersion !== LZ4_VERSION) {
      throw corruptError("Blosc", `a version ${codecVersion} of LZ4's format, which there is not`);
    }
    yield* decodeBlocks(reader, { flags, itemSize, length, blockSize, stored });
  }
  await reader.another();
}

interface Header {
  readonly flags: number;
  readonly itemSize: number;
  readonly length: number;
  readonly blockSize: number;
  readonly stored: number;
}

async function* decodeBlocks(reader: ByteReader, header: Header): Pieces {
  const { flags, itemSize, length, blockSize } = header;
  const count = length === 0 ? 0 : Math.ceil(length / blockSize);
  const table = (await reader.take(4 * count)).slice();
  const starts = Array.from({ length: count }, (_, i) => new DataView(table.buffer).getUint32(4 * i, true));
  // Threads write blocks in any order; the stream is read in its own, so that is held which comes too early.
  const order = starts.map((_, i) => i).sort((a, b) => starts[a] - starts[b]);
  const early = new Map<number, Uint8Array<ArrayBuffer>>();
  let at = 16 + 4 * count;
  let wanted = 0;
  for (const [place, index] of order.entries()) {
    const end = place + 1 < count ? starts[order[place + 1]] : header.stored;
    if (starts[index] !== at || end <= at) {
      throw corruptError("Blosc", "the blocks don't lie where the header says");
    }
    const blockLength = Math.min(blockSize, length - index * blockSize);
    const whole = blockLength === blockSize;
    const split = !(flags & NOT_SPLIT) && whole && itemSize <= LONGEST_SPLIT_ITEM &&
      blockSize / itemSize >= SHORTEST_SPLIT;
    const block = decodeBlock(await reader.take(end - at), blockLength, split ? itemSize : 1);
    early.set(index, flags & SHUFFLED && itemSize > 1 ? unshuffle(block, itemSize) : block);
    at = end;
    for (let next = early.get(wanted); next; next = early.get(wanted)) {
      early.delete(wanted++);
      yield next;
    }
  }
  if (at !== header.stored) throw corruptError("Blosc", "the header's lengths don't agree");
}

function decodeBlock(bytes: Uint8Array, length: number, streams: number): Uint8Array<ArrayBuffer> {
  if (length % streams !== 0) throw corruptError("Blosc", "a block can't be split");
  const block = new Uint8Array(length);
  const streamLength = length / streams;
  let at = 0;
  for (let stream = 0; stream < streams; stream++) {
    if (at + 4 > bytes.byteLength) throw corruptError("Blosc", "a block ends too early");
    const stored = new DataView(bytes.buffer, bytes.byteOffset).getInt32(at, true);
    at += 4;
    if (stored <= 0 || at + stored > bytes.byteLength) throw corruptError("Blosc", "a block ends too early");
    const part = bytes.subarray(at, at + stored);
    at += stored;
    if (stored === streamLength) {
      block.set(part, stream * streamLength);
      continue;
    }
    const lz4 = new Lz4Block("Blosc", streamLength);
    let filled = stream * streamLength;
    for (let piece = lz4.write(part); piece; piece = lz4.write()) {
      block.set(piece, filled);
      filled += piece.byteLength;
    }
    block.set(lz4.end(), filled);
  }
  if (at !== bytes.byteLength) throw corruptError("Blosc", "a block is longer than its parts");
  return block;
}
