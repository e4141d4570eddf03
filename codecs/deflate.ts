import type { ByteIterable } from "../lib/streams/mod.ts";
import type { Codec } from "./codec.ts";
import { type NodeZlib, nodeZlib, OUTPUT_PIECE, throughNode } from "./node_zlib.ts";
import { ByteReader } from "./reader.ts";
import { corrupt, decoder, type EncodePlan, encoder, type Pieces, truncated } from "./stage.ts";

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

/** The two containers around deflate data: RFC 1952 and RFC 1950. */
export type Container = "gzip" | "Zlib";

/** Levels of both, in zlib's scale. 6 is zlib's own default, and what every platform's fast path writes. */
export const DEFLATE_LEVELS = { min: 0, max: 9, default: 6 } as const;

// The twin brings pako, which is nothing to load where the runtime has zlib.
const portable = () => import("./deflate_portable.ts");

/** Compresses with the runtime's own zlib, or without one. */
export function deflateWith(container: Container): (source: ByteIterable, plan: EncodePlan) => Pieces {
  return async function* (source, plan) {
    const zlib = nodeZlib();
    yield* zlib
      ? deflateNode(zlib, container, source, plan)
      : (await portable()).deflatePortable(container, source, plan);
  };
}

/** Decompresses with the runtime's own zlib, or without one. */
export function inflateWith(container: Container): (source: ByteIterable) => Pieces {
  return async function* (source) {
    const zlib = nodeZlib();
    yield* zlib
      ? inflateNode(zlib, container, source)
      : (await portable()).inflatePortable(container, source);
  };
}

/**
 * gzip (RFC 1952), Python cottoncandy's default and what every tool reads. Levels 0 (stored) to 9, default 6 (Python's cottoncandy
 * writes 9).
 *
 * Writes one member. Reads any number of them, with zeros after or between them as Python's `gzip` does, and checks each one's CRC-32 and
 * length. Memory stays below a few MB either way. Python's cottoncandy reads the first member only.
 *
 * @example
 * ```ts
 * import { gzip } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const stored = await readAll(streamOf(new Uint8Array(1000)).pipeThrough(gzip.encode({ level: 9 })));
 * const bytes = await readAll(streamOf(stored).pipeThrough(gzip.decode({ size: 1000 })));
 * console.assert(stored.length < 50 && bytes.length === 1000);
 * ```
 */
export const gzip: Codec = {
  name: "gzip",
  levels: DEFLATE_LEVELS,
  encode: (options) => encoder(gzip, options, deflateWith("gzip")),
  decode: (options) => decoder("gzip", options, inflateWith("gzip")),
};

/**
 * A zlib stream (RFC 1950), as numcodecs' `Zlib` writes it. Levels 0 (stored) to 9, default 6 (numcodecs: 1).
 *
 * Checks the Adler-32 when reading; nothing but zeros may follow the stream. Memory stays below a few MB either way.
 *
 * @example
 * ```ts
 * import { zlib } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const stored = await readAll(streamOf(new Uint8Array(1000)).pipeThrough(zlib.encode()));
 * const bytes = await readAll(streamOf(stored).pipeThrough(zlib.decode({ size: 1000 })));
 * console.assert(stored.length < 50 && bytes.length === 1000);
 * ```
 */
export const zlib: Codec = {
  name: "Zlib",
  levels: DEFLATE_LEVELS,
  encode: (options) => encoder(zlib, options, deflateWith("Zlib")),
  decode: (options) => decoder("Zlib", options, inflateWith("Zlib")),
};
