import { CottonCandyError } from "../../lib/errors.ts";
import type { ByteIterable } from "../../lib/streams/mod.ts";
import type { Codec } from "../codec.ts";
import { ByteReader } from "../reader.ts";
import { corrupt, decoder, type EncodePlan, encoder, type Pieces, truncated } from "../stage.ts";
import { Bz2Block, NeedsMoreInput } from "./block.ts";

/** The part of bzip2-wasm that is used here; the package has no types. */
interface Bzip2 {
  init(): Promise<void>;
  compress(bytes: Uint8Array, blockSize: number, outputLimit: number): Uint8Array;
}

/** Bytes a segment, roughly. The wasm's first memory must hold one: the package keeps a stale view of it when it grows on the way in. */
const SEGMENT = 4_000_000;
/** Bytes of a block that bzip2 leaves free. */
const BLOCK_RESERVE = 19;

/**
 * Compresses by libbzip2 in wasm, a segment at a time, each a stream of its own: they may be concatenated. The segments are whole
 * blocks, so that nearly nothing is lost by it.
 */
export async function* encodeBz2(source: ByteIterable, { level }: EncodePlan): Pieces {
  const bzip2 = await load();
  const block = level * 100_000;
  const segmentLength = Math.floor(SEGMENT / block) * (block - BLOCK_RESERVE);
  const segment = new Uint8Array(segmentLength);
  let filled = 0;
  let written = 0;
  const compress = () => {
    const input = segment.subarray(0, filled);
    filled = 0;
    written += 1;
    // What bzip2 promises never to exceed: 1 % and 600 bytes more than the input.
    return new Uint8Array(bzip2.compress(input, level, Math.ceil(input.length * 1.01) + 600));
  };
  for await (let piece of source) {
    while (piece.length > 0) {
      const taken = Math.min(piece.length, segmentLength - filled);
      segment.set(piece.subarray(0, taken), filled);
      filled += taken;
      piece = piece.subarray(taken);
      if (filled === segmentLength) yield compress();
    }
  }
  if (filled > 0 || written === 0) yield compress();
}

let loading: Promise<Bzip2> | undefined;

/** The wasm, loaded once. A failed attempt isn't kept: the network may be back the next time. */
function load(): Promise<Bzip2> {
  loading ??= loadOnce().catch((cause) => {
    loading = undefined;
    throw new CottonCandyError(
      "BZ2: bzip2-wasm could not be loaded; in a browser, bzip2.wasm must be served beside the bundle",
      { cause },
    );
  });
  return loading;
}

async function loadOnce(): Promise<Bzip2> {
  const { default: Bzip2 }: { default: new () => Bzip2 } = await import("bzip2-wasm");
  const bzip2 = new Bzip2();
  // Outside browsers the package leaves `require` and `__dirname` in the global scope; they are taken out again.
  const names = ["require", "__dirname"] as const;
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  try {
    await bzip2.init();
  } finally {
    names.forEach((name, i) => {
      const descriptor = before[i];
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    });
  }
  return bzip2;
}

/** Bytes of output a piece. */
const PIECE = 256 * 1024;

/**
 * Decodes bzip2 streams, any number of them, block by block: the memory needed is that of one block, below 10 MB. Each block's and each stream's CRC is
 * checked. Zeros may follow the last stream.
 *
 * Of the npm packages only unbzip2-stream reads more than the first stream. It is right, and half as fast at best; and it wants Node's
 * streams and Buffer, and gives out all that its input holds, read or not.
 */
export async function* decodeBz2(source: ByteIterable): Pieces {
  const reader = new ByteReader("BZ2", source);
  do yield* oneStream(reader); while (!await reader.skipZeros());
}

async function* oneStream(reader: ByteReader): Pieces {
  const header = await reader.take(4);
  const level = header[3] - 0x30;
  if (header[0] !== 0x42 || header[1] !== 0x5A || header[2] !== 0x68 || level < 1 || level > 9) {
    throw corrupt("BZ2", "no bzip2 stream where one should begin");
  }
  const block = new Bz2Block(level);
  let combined = 0;
  // A block says nowhere how long it is: it is tried with what is usually enough, and again with more when that wasn't.
  const usual = level * 100_000 + 20_000;
  let skippedBits = 0;
  while (true) {
    let bits: number | undefined;
    for (let enough = usual; bits === undefined; enough *= 2) {
      const input = await reader.peek(enough);
      try {
        bits = block.parse(input, skippedBits);
      } catch (error) {
        if (!(error instanceof NeedsMoreInput)) throw error;
        if (input.length < enough) throw truncated("BZ2");
      }
    }
    await reader.take(bits >> 3);
    skippedBits = bits & 7;
    if (block.isEnd) {
      if (block.storedCrc !== combined >>> 0) throw corrupt("BZ2", "a stream's checksum is wrong");
      if (skippedBits > 0) await reader.take(1);
      return;
    }
    yield* block.output(PIECE);
    combined = (combined << 1 | combined >>> 31) ^ block.storedCrc;
  }
}

/**
 * bzip2: compresses more than gzip, and is slow. The level is the block's size in 100,000 bytes, 1 to 9, default 9 (numcodecs: 1).
 *
 * Writes a bzip2 stream for every 4 MB or so: concatenated streams are one file to every reader of the format, Python's included. Reads any
 * number of streams and checks the CRCs of blocks and streams; nothing but zeros may follow. Memory stays below 10 MB for reading and 40 MB for writing.
 *
 * Writing runs libbzip2 in wasm (npm:bzip2-wasm); a bundle for browsers must have its `bzip2.wasm` beside it.
 *
 * @example
 * ```ts
 * import { bz2 } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const stored = await readAll(streamOf(new Uint8Array(1000)).pipeThrough(bz2.encode()));
 * const bytes = await readAll(streamOf(stored).pipeThrough(bz2.decode({ size: 1000 })));
 * console.assert(stored.length < 50 && bytes.length === 1000);
 * ```
 */
export const bz2: Codec = {
  name: "BZ2",
  levels: { min: 1, max: 9, default: 9 },
  encode: (options) => encoder(bz2, options, encodeBz2),
  decode: (options) => decoder("BZ2", options, decodeBz2),
};
