import type { ByteIterable } from "../lib/streams/mod.ts";
import type { Container } from "./deflate.ts";
import { type NodeZlib, OUTPUT_PIECE, throughNode } from "./node_zlib.ts";
import { ByteReader } from "./reader.ts";
import { corrupt, type EncodePlan, type Pieces, truncated } from "./stage.ts";

/** Compresses by Node's zlib: one gzip member or one zlib stream. */
export function deflateNode(
  zlib: NodeZlib,
  container: Container,
  source: ByteIterable,
  { level }: EncodePlan,
): Pieces {
  const options = { level, chunkSize: OUTPUT_PIECE };
  const stream = container === "gzip" ? zlib.createGzip(options) : zlib.createDeflate(options);
  return throughNode(new ByteReader(container, source), stream, (error) => error);
}

/** Decompresses by Node's zlib: all gzip members, or one zlib stream; zeros may follow. */
export async function* inflateNode(zlib: NodeZlib, container: Container, source: ByteIterable): Pieces {
  const options = { chunkSize: OUTPUT_PIECE };
  const reader = new ByteReader(container, source);
  if (container === "gzip") {
    // One Gunzip reads on from member to member until zeros stop it.
    do yield* throughNode(reader, zlib.createGunzip(options), explainGzip); while (!await reader.skipZeros());
  } else {
    yield* throughNode(reader, zlib.createInflate(options), explainZlib);
    if (!await reader.skipZeros()) throw corrupt(container, "something follows the end of the data");
  }
}

const explainGzip = (error: unknown) => explain("gzip", error);
const explainZlib = (error: unknown) => explain("Zlib", error);

function explain(container: Container, error: unknown): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  if (error.code === "Z_BUF_ERROR") return truncated(container);
  return corrupt(container, error.message, error);
}
