import {
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_FINISH,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  zlibDeflate,
  zlibDeflateInit2,
  zlibInflate,
  zlibInflateInit2,
  ZStream,
} from "pako";
import type { ByteIterable } from "../lib/streams/mod.ts";
import { type Container, DEFLATE_LEVELS } from "./deflate.ts";
import { OUTPUT_PIECE } from "./node_zlib.ts";
import { ByteReader } from "./reader.ts";
import { corrupt, type EncodePlan, type Pieces, truncated } from "./stage.ts";

/** zlib's `windowBits`: a 32 KiB window, and 16 more for the gzip container. */
const WINDOW_BITS = { gzip: 31, Zlib: 15 } as const;
const DEFLATED = 8;
const MEMORY_LEVEL = 8;

/** Compresses without Node's zlib: by the platform's `CompressionStream`, which knows one level only, or by pako. */
export function deflatePortable(container: Container, source: ByteIterable, plan: EncodePlan): Pieces {
  return plan.level === DEFLATE_LEVELS.default
    ? deflatePlatform(container, source)
    : deflatePako(container, source, plan.level);
}

async function* deflatePlatform(container: Container, source: ByteIterable): Pieces {
  const stream = new CompressionStream(container === "gzip" ? "gzip" : "deflate");
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  let failedSource: { reason: unknown } | undefined;
  const pump = async () => {
    try {
      for await (const piece of source) {
        // A copy where the memory is shared: the platform doesn't take that.
        await writer.write(
          piece.buffer instanceof ArrayBuffer
            ? new Uint8Array(piece.buffer, piece.byteOffset, piece.length)
            : new Uint8Array(piece),
        );
      }
      await writer.close();
    } catch (reason) {
      failedSource = { reason };
      await writer.abort(reason).catch(() => {});
    }
  };
  void pump();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      if (value) yield value;
    }
  } catch (error) {
    throw failedSource ? failedSource.reason : error;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function* deflatePako(container: Container, source: ByteIterable, level: number): Pieces {
  const stream = new ZStream();
  zlibDeflateInit2(stream, level, DEFLATED, WINDOW_BITS[container], MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
  const output = () => {
    const made = stream.output.subarray(0, stream.next_out);
    stream.output = new Uint8Array(OUTPUT_PIECE);
    stream.next_out = 0;
    stream.avail_out = OUTPUT_PIECE;
    return made;
  };
  stream.output = new Uint8Array(0);
  output();
  for await (const piece of source) {
    stream.input = piece;
    stream.next_in = 0;
    stream.avail_in = piece.length;
    while (stream.avail_in > 0) {
      zlibDeflate(stream, Z_NO_FLUSH);
      if (stream.avail_out === 0) yield output();
    }
  }
  while (true) {
    const status = zlibDeflate(stream, Z_FINISH);
    yield output();
    if (status === Z_STREAM_END) return;
  }
}

/** Decompresses without Node's zlib, by pako: all gzip members, or one zlib stream; zeros may follow. */
export async function* inflatePortable(container: Container, source: ByteIterable): Pieces {
  const reader = new ByteReader(container, source);
  do yield* inflateOne(container, reader); while (container === "gzip" && !await reader.skipZeros());
  if (!await reader.skipZeros()) throw corrupt(container, "something follows the end of the data");
}

async function* inflateOne(container: Container, reader: ByteReader): Pieces {
  const stream = new ZStream();
  zlibInflateInit2(stream, WINDOW_BITS[container]);
  while (true) {
    if (stream.avail_in === 0) {
      stream.input = await reader.takeAny();
      stream.next_in = 0;
      stream.avail_in = stream.input.length;
      if (stream.avail_in === 0) throw truncated(container);
    }
    // Output is drained before more input is fetched: zlib may hold some back when the buffer is full.
    let status: number;
    do {
      stream.output = new Uint8Array(OUTPUT_PIECE);
      stream.next_out = 0;
      stream.avail_out = OUTPUT_PIECE;
      status = zlibInflate(stream, Z_NO_FLUSH);
      if (status !== Z_OK && status !== Z_STREAM_END && status !== Z_BUF_ERROR) {
        throw corrupt(container, stream.msg || `zlib reports ${status}`);
      }
      if (stream.next_out > 0) yield stream.output.subarray(0, stream.next_out);
    } while (status !== Z_STREAM_END && stream.avail_out === 0);
    if (status === Z_STREAM_END) {
      return reader.giveBack(stream.input.subarray(stream.next_in));
    }
  }
}
