import type { Transform } from "node:stream";
import type { Pieces } from "./codec.ts";
import type { ByteReader } from "./reader.ts";

/** The functions of Node's zlib module that are used here. */
export type NodeZlib = Pick<
  typeof import("node:zlib"),
  | "createGzip"
  | "createGunzip"
  | "createDeflate"
  | "createInflate"
  | "createZstdCompress"
  | "createZstdDecompress"
  | "zstdDecompressSync"
  | "gzipSync"
  | "deflateSync"
  | "constants"
>;

/** The runtime's own zlib module, where there is one (Deno, Node, Bun); it isn't imported, so that browser bundles stay free of it. */
export function nodeZlib(): NodeZlib | undefined {
  return globalThis.process?.getBuiltinModule?.("node:zlib");
}

/** Bytes of output a piece. */
export const OUTPUT_PIECE = 128 * 1024;

type NodeStream = Transform & { readonly bytesWritten: number };

/**
 * Runs pieces through one of Node's zlib streams, which holds its output back while nobody reads: one piece is written at a time, and the
 * next is fetched when the stream is done with it. A stream that ends of itself leaves the rest in the reader. The stream is
 * destroyed at the end, however that comes.
 */
export async function* throughNode(reader: ByteReader, stream: NodeStream): Pieces {
  // The iterator reports errors too, but one that comes after it has been closed must not become an uncaught exception.
  stream.on("error", () => {});
  const feeding = feed(reader, stream).catch(() => void stream.destroy());
  try {
    for await (const piece of stream) yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  } finally {
    // The feeding isn't awaited after an error: it may be waiting for a piece that only comes, or fails, once this generator has ended.
    stream.destroy();
  }
  await feeding;
}

/** Writes all that the reader has, as far as the stream takes it. A source that fails is noticed by the stage; here the stream just ends. */
async function feed(reader: ByteReader, stream: NodeStream): Promise<void> {
  for (let piece = await reader.takeAny(); piece.byteLength > 0; piece = await reader.takeAny()) {
    const before = stream.bytesWritten;
    if (stream.destroyed) return reader.giveBack(piece);
    if (!await write(stream, piece)) return;
    const consumed = stream.bytesWritten - before;
    if (consumed < piece.byteLength) return reader.giveBack(piece.subarray(consumed));
  }
  stream.end();
}

/** Resolves when the stream has taken the piece (true), or has failed or been destroyed (false). */
function write(stream: Transform, piece: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const onClose = () => resolve(false);
    stream.once("close", onClose);
    stream.write(piece, (error) => {
      stream.off("close", onClose);
      resolve(!error);
    });
  });
}
