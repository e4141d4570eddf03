import { concat } from "../../lib/bytes.ts";
import { corruptError, type EncodePlan, type Pieces } from "../codec.ts";
import { type NodeZlib, OUTPUT_PIECE, throughNode } from "../node_zlib.ts";
import { ByteReader } from "../reader.ts";
import { CHECKSUM_FLAG, DESCRIPTOR, type FrameHeader, parseBlockHeader, peekFrameHeader } from "./frame.ts";

/** Bytes of headers that a small frame may have beside its content. */
const FRAMING = 64;
/** Frames of at most this many bytes are decoded by one call: a stream costs more than the work. */
const ONE_CALL = 64 * 1024;

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
 * Decodes the blocks of one frame by the runtime's libzstd; the checksum after them is left to the caller. Only for frames that have one: in
 * others libzstd overlooks faults that the decoder in `block.ts` finds.
 *
 * Deno's zlib takes truncated frames for whole ones, drops what follows a frame, overlooks a wrong checksum, and lets an error escape
 * as an uncaught exception where it comes in a later call than the one that a write makes. So it is given exactly the frame's bytes, no two blocks
 * with one write, since a block is decoded whole or not at all, and a header that says there is no checksum.
 */
export async function* decodeBlocksByNode(zlib: NodeZlib, reader: ByteReader, header: FrameHeader): Pieces {
  const { contentSize } = header;
  if (contentSize !== undefined && contentSize <= ONE_CALL) {
    const start = await reader.peek(header.length + contentSize + FRAMING);
    const end = blocksEnd(start, header);
    if (end !== undefined) {
      const frame = withoutChecksum(await reader.take(end));
      yield new Uint8Array(zlib.zstdDecompressSync(frame, { maxOutputLength: Math.max(contentSize, 1) }));
      return;
    }
  }
  const stream = zlib.createZstdDecompress({ chunkSize: OUTPUT_PIECE });
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  stream.on("data", (piece: Uint8Array<ArrayBuffer>) => {
    pieces.push(piece);
    length += piece.byteLength;
  });
  // Both may come at any time, and an error that nobody listens for is an uncaught exception.
  let settle = (_error?: Error | null) => {};
  stream.on("error", (error: Error) => settle(error));
  stream.on("close", () => settle(new Error("the decompressor was closed")));
  /** Resolves when all that comes of the bytes is in `pieces`. */
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      settle = (error) => error ? reject(error) : resolve();
      stream.write(bytes, settle);
    });
  try {
    await write(withoutChecksum(await reader.take(header.length)));
    for (let last = false; !last;) {
      const block = parseBlockHeader(await reader.peek(3), header.windowSize);
      last = block.last;
      await write(await reader.take(3 + block.storedSize));
      // Blocks may be small.
      if (length < OUTPUT_PIECE / 4 && !last || length === 0) continue;
      yield pieces.length === 1 ? pieces[0] : concat(...pieces);
      pieces = [];
      length = 0;
    }
  } finally {
    stream.destroy();
  }
}

/** Where the blocks of a frame end, if that is within the frame's first bytes. */
function blocksEnd(start: Uint8Array, header: FrameHeader): number | undefined {
  let at = header.length;
  while (at + 3 <= start.byteLength) {
    const block = parseBlockHeader(start.subarray(at), header.windowSize);
    at += 3 + block.storedSize;
    if (block.last) return at <= start.byteLength ? at : undefined;
  }
  return undefined;
}

/** A copy of what begins with a frame's header, which then says that there is no checksum. */
function withoutChecksum(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[DESCRIPTOR] &= ~CHECKSUM_FLAG;
  return copy;
}
