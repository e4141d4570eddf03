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
import { streamFrom } from "../../lib/streams/mod.ts";
import { type CodecCode, corruptError, type Pieces, truncatedError } from "../codec.ts";
import { OUTPUT_PIECE } from "../node_zlib.ts";
import { ByteReader } from "../reader.ts";
import { type Container, MEMBER_MAGIC } from "./mod.ts";

/** zlib's `windowBits`: a 32 KiB window, and 16 more for the gzip container. */
const WINDOW_BITS = { gzip: 31, Zlib: 15 } as const;
const DEFLATED = 8;
const MEMORY_LEVEL = 8;
/** The one level of `CompressionStream`. */
const PLATFORM_LEVEL = 6;

/** Without Node's zlib: compresses by the platform's `CompressionStream` or, at other levels than its one, by pako; decompresses by pako. */
export function deflatePortable(container: Container): CodecCode {
  return {
    encode: (source, { level }) =>
      level === PLATFORM_LEVEL
        ? deflateByPlatform(container, source)
        : deflateByPako(container, source, level),
    async *decode(source) {
      const reader = new ByteReader(container, source);
      do yield* inflateOne(container, reader); while (await reader.another(MEMBER_MAGIC[container]));
    },
  };
}

function deflateByPlatform(container: Container, source: Pieces): Pieces {
  const stream = new CompressionStream(container === "gzip" ? "gzip" : "deflate");
  return streamFrom(source).pipeThrough(stream);
}

async function* deflateByPako(container: Container, source: Pieces, level: number): Pieces {
  const stream = new ZStream();
  zlibDeflateInit2(stream, level, DEFLATED, WINDOW_BITS[container], MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
  giveRoom(stream);
  for await (const piece of source) {
    giveInput(stream, piece);
    while (stream.avail_in > 0) {
      zlibDeflate(stream, Z_NO_FLUSH);
      if (stream.avail_out === 0) yield takeOutput(stream);
    }
  }
  for (let ended = false; !ended;) {
    ended = zlibDeflate(stream, Z_FINISH) === Z_STREAM_END;
    yield takeOutput(stream);
  }
}

async function* inflateOne(container: Container, reader: ByteReader): Pieces {
  const stream = new ZStream();
  zlibInflateInit2(stream, WINDOW_BITS[container]);
  giveRoom(stream);
  // A full buffer may have held output back, which is fetched before more input.
  let full = false;
  for (let ended = false; !ended;) {
    if (stream.avail_in === 0 && !full) {
      giveInput(stream, await reader.takeAny());
      if (stream.avail_in === 0) throw truncatedError(container);
    }
    const status = zlibInflate(stream, Z_NO_FLUSH);
    ended = status === Z_STREAM_END;
    if (status !== Z_OK && !ended && status !== Z_BUF_ERROR) {
      throw corruptError(container, stream.msg || `zlib reports ${status}`);
    }
    full = stream.avail_out === 0;
    if (stream.next_out > 0) yield takeOutput(stream);
  }
  reader.giveBack(stream.input.subarray(stream.next_in));
}

function giveInput(stream: ZStream, bytes: Uint8Array): void {
  stream.input = bytes;
  stream.next_in = 0;
  stream.avail_in = bytes.byteLength;
}

function giveRoom(stream: ZStream): void {
  stream.output = new Uint8Array(OUTPUT_PIECE);
  stream.next_out = 0;
  stream.avail_out = OUTPUT_PIECE;
}

/** What has come out: its buffer, which another one replaces, or a copy where it is little, so that small pieces of input don't cost a buffer each. */
function takeOutput(stream: ZStream): Uint8Array<ArrayBuffer> {
  if (stream.next_out < OUTPUT_PIECE / 2) {
    const copy = stream.output.slice(0, stream.next_out);
    stream.next_out = 0;
    stream.avail_out = OUTPUT_PIECE;
    return copy;
  }
  const made = stream.output.subarray(0, stream.next_out);
  giveRoom(stream);
  return made;
}
