import type { ByteIterable } from "../lib/streams/mod.ts";
import { ByteReader } from "./reader.ts";
import { Bz2Block, NeedsMoreInput } from "./bz2_block.ts";
import { corrupt, type Pieces, truncated } from "./stage.ts";

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
