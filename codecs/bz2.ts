/**
 * bzip2, as numcodecs' `BZ2` has it. Writing runs libbzip2 in wasm (npm:bzip2-wasm), whose `bzip2.wasm` a bundle for browsers must have beside
 * it. Reading is done here: of the npm packages only unbzip2-stream reads more than the first stream. It is right, and half as fast at
 * best; and it wants Node's streams and Buffer, and gives out all that its input holds, read or not.
 *
 * @module
 */
import { CottonCandyError } from "../lib/errors.ts";
import { chunk, streamFrom } from "../lib/streams/mod.ts";
import { corruptError, type EncodePlan, type Pieces, truncatedError } from "./codec.ts";
import { ByteReader } from "./reader.ts";

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
export async function* encode(source: Pieces, { level }: EncodePlan): Pieces {
  const bzip2 = await load();
  // What bzip2 promises never to exceed: 1 % and 600 bytes more than the input.
  const compress = (segment: Uint8Array) =>
    new Uint8Array(bzip2.compress(segment, level, Math.ceil(segment.length * 1.01) + 600));
  const block = level * 100_000;
  const segments = chunk(Math.floor(SEGMENT / block) * (block - BLOCK_RESERVE));
  let written = 0;
  for await (const segment of streamFrom(source).pipeThrough(segments)) {
    yield compress(segment);
    written += 1;
  }
  if (written === 0) yield compress(new Uint8Array());
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

const MAGIC = [0x42, 0x5A, 0x68];
/** Bytes of output a piece. */
const PIECE = 256 * 1024;

/**
 * Decodes bzip2 streams, any number of them, block by block: the memory needed is that of one block, below 10 MB. Each block's and each stream's CRC is
 * checked. Zeros may follow the last stream.
 */
export async function* decode(source: Pieces): Pieces {
  const reader = new ByteReader("BZ2", source);
  do yield* oneStream(reader); while (await reader.another(MAGIC));
}

async function* oneStream(reader: ByteReader): Pieces {
  const header = await reader.take(4);
  const level = header[3] - 0x30;
  if (MAGIC.some((byte, i) => byte !== header[i]) || level < 1 || level > 9) {
    throw corruptError("BZ2", "no bzip2 stream where one should begin");
  }
  const block = new Bz2Block(level);
  let combined = 0;
  // A block says nowhere how long it is: it is tried with what is usually enough, and again with more when that wasn't.
  const usual = level * 100_000 + 20_000;
  let skippedBits = 0;
  while (true) {
    let parsed: ParsedBlock | undefined;
    for (let enough = usual; !parsed; enough *= 2) {
      const input = await reader.peek(enough);
      try {
        parsed = block.parse(input, skippedBits);
      } catch (error) {
        if (!(error instanceof NeedsMoreInput)) throw error;
        if (input.length < enough) throw truncatedError("BZ2");
      }
    }
    const { bits, isEnd, crc } = parsed;
    await reader.take(bits >> 3);
    skippedBits = bits & 7;
    if (isEnd) {
      if (crc !== combined >>> 0) throw corruptError("BZ2", "a stream's checksum is wrong");
      if (skippedBits > 0) await reader.take(1);
      return;
    }
    yield* block.output(PIECE);
    combined = (combined << 1 | combined >>> 31) ^ crc;
  }
}

/** Thrown by {@linkcode Bz2Block.parse} when the block goes on beyond the input. */
class NeedsMoreInput extends Error {
  override readonly name = "NeedsMoreInput";
}

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
/** Most bits of a Huffman code, symbols a group, and tables, as libbzip2 has them. */
const MAX_CODE_LENGTH = 20;
const GROUP_SIZE = 50;
const MIN_TABLES = 2;
const MAX_TABLES = 6;
const MAX_SELECTORS = 18002;
/** Codes up to this length are looked up at once. */
const LOOKUP_BITS = 10;

/** CRC-32 as bzip2 has it: most significant bit first. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? crc << 1 ^ 0x04C11DB7 : crc << 1;
  return crc >>> 0;
});

/** One Huffman table: `lookup` has, for each start of a code, its symbol × 32 + length, or 0 when the code is longer. */
interface Table {
  readonly lookup: Uint16Array;
  readonly limit: Int32Array;
  readonly base: Int32Array;
  readonly symbols: Uint16Array;
  readonly longest: number;
}

/** What {@linkcode Bz2Block.parse} found. */
interface ParsedBlock {
  /** From the input's start to the block's end. */
  readonly bits: number;
  /** Whether this was the end of the stream. */
  readonly isEnd: boolean;
  /** The block's checksum as stored, or the whole stream's at its end. */
  readonly crc: number;
}

/** One block of a bzip2 stream: parsed whole, then given out in pieces. An object can be used for all the blocks of a stream. */
class Bz2Block {
  readonly #capacity: number;
  /** The block before the inverse transform: bytes in the low 8 bits, the order of going through them above. */
  readonly #chain: Uint32Array;
  #count = 0;
  #origin = 0;
  #crc = 0;

  #input: Uint8Array = new Uint8Array(0);
  #next = 0;
  #held = 0;
  #heldBits = 0;

  /** A block of a stream of the given level: up to 100,000 bytes times that. */
  constructor(level: number) {
    this.#capacity = level * 100_000;
    this.#chain = new Uint32Array(this.#capacity);
  }

  /**
   * Parses the block, or stream end, that begins `skip` bits into `input`.
   *
   * @throws {NeedsMoreInput} when there is too little; {IntegrityError} when it is none.
   */
  parse(input: Uint8Array, skip: number): ParsedBlock {
    this.#input = input;
    this.#next = this.#held = this.#heldBits = 0;
    this.#bits(skip);
    const magic = this.#bits(24) * 2 ** 24 + this.#bits(24);
    this.#crc = (this.#bits(16) << 16 | this.#bits(16)) >>> 0;
    const isEnd = magic === END_MAGIC;
    if (!isEnd) {
      if (magic !== BLOCK_MAGIC) throw corruptError("BZ2", "no block where one should begin");
      if (this.#bits(1)) throw corruptError("BZ2", "a block is randomised, as none has been since 1997");
      this.#origin = this.#bits(24);
      this.#symbols();
      if (this.#origin >= this.#count) throw corruptError("BZ2", "a block begins beyond its end");
    }
    return { bits: this.#next * 8 - this.#heldBits, isEnd, crc: this.#crc };
  }

  /** Reads up to 24 bits. */
  #bits(count: number): number {
    while (this.#heldBits < count) {
      if (this.#next >= this.#input.length) throw new NeedsMoreInput();
      this.#held = this.#held << 8 | this.#input[this.#next++];
      this.#heldBits += 8;
    }
    this.#heldBits -= count;
    return this.#held >>> this.#heldBits & (1 << count) - 1;
  }

  /** The bytes that occur in the block, in order. */
  #alphabet(): Uint8Array {
    const ranges = this.#bits(16);
    const bytes: number[] = [];
    for (let high = 0; high < 16; high++) {
      if (!(ranges & 0x8000 >> high)) continue;
      const used = this.#bits(16);
      for (let low = 0; low < 16; low++) if (used & 0x8000 >> low) bytes.push(high << 4 | low);
    }
    if (bytes.length === 0) throw corruptError("BZ2", "a block without any byte");
    return Uint8Array.from(bytes);
  }

  #selectors(tables: number): Uint8Array {
    const count = this.#bits(15);
    if (count === 0) throw corruptError("BZ2", "a block without Huffman tables in use");
    const selectors = new Uint8Array(count);
    const recent = Array.from({ length: tables }, (_, i) => i);
    for (let i = 0; i < count; i++) {
      let place = 0;
      while (this.#bits(1)) {
        if (++place >= tables) throw corruptError("BZ2", "a Huffman table that there isn't");
      }
      recent.unshift(...recent.splice(place, 1));
      selectors[i] = recent[0];
    }
    // libbzip2 reads and ignores more than a block can need, which some encoders write.
    return selectors.subarray(0, MAX_SELECTORS);
  }

  #table(symbolCount: number): Table {
    const lengths = new Uint8Array(symbolCount);
    let length = this.#bits(5);
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      while (true) {
        if (length < 1 || length > MAX_CODE_LENGTH) {
          throw corruptError("BZ2", "a Huffman code of impossible length");
        }
        if (!this.#bits(1)) break;
        length += this.#bits(1) ? -1 : 1;
      }
      lengths[symbol] = length;
    }
    return makeTable(lengths);
  }

  /** Decodes the Huffman codes, the runs and the move-to-front list into the block's bytes. */
  #symbols(): void {
    const alphabet = this.#alphabet();
    const tableCount = this.#bits(3);
    if (tableCount < MIN_TABLES || tableCount > MAX_TABLES) {
      throw corruptError("BZ2", "an impossible number of Huffman tables");
    }
    const selectors = this.#selectors(tableCount);
    const tables = Array.from({ length: tableCount }, () => this.#table(alphabet.length + 2));
    const endOfBlock = alphabet.length + 1;
    const chain = this.#chain;
    const capacity = this.#capacity;
    let count = 0;
    let runLength = 0;
    let runWeight = 1;
    for (const selector of selectors) {
      const table = tables[selector];
      for (let i = 0; i < GROUP_SIZE; i++) {
        const symbol = this.#symbol(table);
        if (symbol <= 1) {
          runLength += runWeight << symbol;
          runWeight *= 2;
          if (runLength > capacity - count) throw corruptError("BZ2", "a run is longer than its block");
          continue;
        }
        if (runLength > 0) {
          chain.fill(alphabet[0], count, count + runLength);
          count += runLength;
          runLength = 0;
          runWeight = 1;
        }
        if (symbol === endOfBlock) {
          this.#count = count;
          return;
        }
        if (count >= capacity) throw corruptError("BZ2", "a block is longer than its stream allows");
        const place = symbol - 1;
        const byte = alphabet[place];
        alphabet.copyWithin(1, 0, place);
        alphabet[0] = byte;
        chain[count++] = byte;
      }
    }
    throw corruptError("BZ2", "a block goes on beyond its Huffman tables");
  }

  #symbol(table: Table): number {
    while (this.#heldBits < MAX_CODE_LENGTH && this.#next < this.#input.length) {
      this.#held = this.#held << 8 | this.#input[this.#next++];
      this.#heldBits += 8;
    }
    if (this.#heldBits >= LOOKUP_BITS) {
      const entry = table.lookup[this.#held >>> this.#heldBits - LOOKUP_BITS & (1 << LOOKUP_BITS) - 1];
      if (entry > 0) {
        this.#heldBits -= entry & 31;
        return entry >> 5;
      }
    }
    let code = 0;
    for (let length = 1; length <= table.longest; length++) {
      code = code << 1 | this.#bits(1);
      if (code <= table.limit[length]) return table.symbols[code - table.base[length]];
    }
    throw corruptError("BZ2", "a Huffman code that there isn't");
  }

  /** The block's bytes, in pieces of about the given length; throws when their checksum isn't the stored one. */
  *output(pieceLength: number): Generator<Uint8Array<ArrayBuffer>, void> {
    const chain = this.#chain;
    const count = this.#count;
    const starts = new Uint32Array(256);
    for (let i = 0; i < count; i++) starts[chain[i] & 255] += 1;
    for (let byte = 0, sum = 0; byte < 256; byte++) [starts[byte], sum] = [sum, sum + starts[byte]];
    for (let i = 0; i < count; i++) chain[starts[chain[i] & 255]++] |= i << 8;

    let crc = 0xFFFFFFFF;
    let entry = chain[this.#origin];
    let previous = -1;
    let repeats = 0;
    // Room for one more run than asked for.
    let piece = new Uint8Array(pieceLength + 256);
    let filled = 0;
    for (let left = count; left > 0; left--) {
      entry = chain[entry >>> 8];
      const byte = entry & 255;
      if (repeats === 4) {
        // After four equal bytes comes how many more there are.
        piece.fill(previous, filled, filled + byte);
        filled += byte;
        for (let i = 0; i < byte; i++) crc = crc << 8 ^ CRC_TABLE[crc >>> 24 ^ previous];
        repeats = 0;
        previous = -1;
      } else {
        repeats = byte === previous ? repeats + 1 : 1;
        previous = byte;
        piece[filled++] = byte;
        crc = crc << 8 ^ CRC_TABLE[crc >>> 24 ^ byte];
      }
      if (filled >= pieceLength) {
        yield piece.subarray(0, filled);
        piece = new Uint8Array(pieceLength + 256);
        filled = 0;
      }
    }
    if (filled > 0) yield piece.subarray(0, filled);
    if (~crc >>> 0 !== this.#crc) throw corruptError("BZ2", "a block's checksum is wrong");
  }
}

/** Canonical Huffman codes, shortest first; within a length by symbol. */
function makeTable(lengths: Uint8Array): Table {
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  const counts = new Uint16Array(MAX_CODE_LENGTH + 1);
  for (const length of lengths) counts[length] += 1;
  const limit = new Int32Array(MAX_CODE_LENGTH + 1).fill(-1);
  const base = new Int32Array(MAX_CODE_LENGTH + 1);
  const symbols = new Uint16Array(lengths.length);
  const lookup = new Uint16Array(1 << LOOKUP_BITS);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= longest; length++) {
    base[length] = code - place;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[place++] = symbol;
      if (length <= LOOKUP_BITS) {
        const start = code << LOOKUP_BITS - length;
        lookup.fill(symbol << 5 | length, start, start + (1 << LOOKUP_BITS - length));
      }
      code += 1;
    }
    if (code > 1 << length) throw corruptError("BZ2", "a Huffman table with more codes than there can be");
    limit[length] = counts[length] > 0 ? code - 1 : -1;
    code <<= 1;
  }
  return { lookup, limit, base, symbols, longest };
}
