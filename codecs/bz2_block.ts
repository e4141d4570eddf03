import { corruptError } from "./codec.ts";

/** Thrown by {@linkcode Bz2Block.parse} when the block goes on beyond the input. */
export class NeedsMoreInput extends Error {
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
/** Bytes, the two symbols of runs, and the end of the block. */
const MAX_SYMBOLS = 258;
/** Codes up to this length are looked up at once. */
const LOOKUP_BITS = 10;
/** Zeros behind the input: so far a group of codes may be read before it is seen that the input ended. */
const PADDING = Math.ceil(GROUP_SIZE * MAX_CODE_LENGTH / 8) + 8;
/** Runs up to this length are written without a call of `fill`. */
const SHORT_RUN = 32;

/** CRC-32 as bzip2 has it: most significant bit first. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? crc << 1 ^ 0x04C11DB7 : crc << 1;
  return crc;
});

/** What {@linkcode Bz2Block.parse} found. */
export interface ParsedBlock {
  /** From the input's start to the block's end. */
  readonly bits: number;
  /** Whether this was the end of the stream. */
  readonly isEnd: boolean;
  /** The block's checksum as stored, or the whole stream's at its end. */
  readonly crc: number;
}

/** One block of a bzip2 stream: parsed whole, then given out in pieces. An object is used for all the blocks of a stream. */
export class Bz2Block {
  readonly #capacity: number;
  /** The block before the inverse transform: bytes in the low 8 bits; above where the one after it stands, and in the other where the one before it does. */
  readonly #chain: Uint32Array;
  readonly #back: Uint32Array;
  /** The block after it. */
  readonly #bytes: Uint8Array;
  #count = 0;
  /** How often each byte occurs in it. */
  readonly #counts = new Uint32Array(256);
  #origin = 0;
  #crc = 0;
  readonly #selectors = new Uint8Array(MAX_SELECTORS);
  readonly #tables = Array.from({ length: MAX_TABLES }, () => new CodeTable());
  readonly #recent = new RecentBytes();

  /** How far the block has been given out: bytes taken, the last of them and how often it came, and the checksum so far. */
  #taken = 0;
  #previous = -1;
  #repeats = 0;
  #running = -1;

  /** A copy of the input, with zeros behind it; its end and where it is read, in bits. */
  #input = new Uint8Array(PADDING);
  #words = new DataView(this.#input.buffer);
  #end = 0;
  #at = 0;

  /** A block of a stream of the given level: up to 100,000 bytes times that. */
  constructor(level: number) {
    this.#capacity = level * 100_000;
    this.#chain = new Uint32Array(this.#capacity);
    this.#back = new Uint32Array(this.#capacity);
    this.#bytes = new Uint8Array(this.#capacity);
  }

  /**
   * Parses the block, or stream end, that begins `skip` bits into `input`.
   *
   * @throws {NeedsMoreInput} when there is too little; {IntegrityError} when it is none.
   */
  parse(input: Uint8Array, skip: number): ParsedBlock {
    if (this.#input.byteLength < input.byteLength + PADDING) {
      this.#input = new Uint8Array(input.byteLength + PADDING);
      this.#words = new DataView(this.#input.buffer);
    }
    this.#input.set(input);
    this.#input.fill(0, input.byteLength, input.byteLength + PADDING);
    this.#end = input.byteLength * 8;
    this.#at = skip;
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
    return { bits: this.#at, isEnd, crc: this.#crc };
  }

  /** Reads 1 to 25 bits. */
  #bits(count: number): number {
    if (this.#at + count > this.#end) throw new NeedsMoreInput();
    const word = this.#words.getUint32(this.#at >>> 3) << (this.#at & 7);
    this.#at += count;
    return word >>> 32 - count;
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

  /** Reads which table each group has, and says how many groups count. */
  #readSelectors(tables: number): number {
    const count = this.#bits(15);
    if (count === 0) throw corruptError("BZ2", "a block without Huffman tables in use");
    const recent = Array.from({ length: tables }, (_, i) => i);
    for (let i = 0; i < count; i++) {
      let place = 0;
      while (this.#bits(1)) {
        if (++place >= tables) throw corruptError("BZ2", "a Huffman table that there isn't");
      }
      const table = recent[place];
      recent.copyWithin(1, 0, place);
      recent[0] = table;
      // libbzip2 reads and ignores more than a block can need, which some encoders write.
      if (i < MAX_SELECTORS) this.#selectors[i] = table;
    }
    return Math.min(count, MAX_SELECTORS);
  }

  #readTable(table: CodeTable, symbolCount: number): void {
    let length = this.#bits(5);
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      while (true) {
        if (length < 1 || length > MAX_CODE_LENGTH) {
          throw corruptError("BZ2", "a Huffman code of impossible length");
        }
        if (!this.#bits(1)) break;
        length += this.#bits(1) ? -1 : 1;
      }
      table.lengths[symbol] = length;
    }
    table.build(symbolCount);
  }

  /** Decodes the Huffman codes, the runs and the move-to-front list into the block's bytes. */
  #symbols(): void {
    const alphabet = this.#alphabet();
    const tableCount = this.#bits(3);
    if (tableCount < MIN_TABLES || tableCount > MAX_TABLES) {
      throw corruptError("BZ2", "an impossible number of Huffman tables");
    }
    const groups = this.#readSelectors(tableCount);
    for (let i = 0; i < tableCount; i++) this.#readTable(this.#tables[i], alphabet.byteLength + 2);
    const endOfBlock = alphabet.byteLength + 1;
    const words = this.#words;
    const chain = this.#chain;
    const capacity = this.#capacity;
    const recent = this.#recent;
    recent.begin(alphabet);
    const counts = this.#counts.fill(0);
    let count = 0;
    let runLength = 0;
    let runWeight = 1;
    let at = this.#at;
    for (let group = 0; group < groups; group++) {
      const { lookup, limit, base, symbols, longest } = this.#tables[this.#selectors[group]];
      if (at > this.#end) throw new NeedsMoreInput();
      for (let i = 0; i < GROUP_SIZE; i++) {
        const word = words.getUint32(at >>> 3) << (at & 7);
        const entry = lookup[word >>> 32 - LOOKUP_BITS];
        let symbol = entry >>> 5;
        if (entry !== 0) {
          at += entry & 31;
        } else {
          let length = LOOKUP_BITS + 1;
          while (length <= longest && word >>> 32 - length > limit[length]) length++;
          at += length;
          if (length > longest) throw this.#refusal(at, "a Huffman code that there isn't");
          symbol = symbols[(word >>> 32 - length) - base[length]];
        }
        if (symbol <= 1) {
          runLength += runWeight << symbol;
          runWeight *= 2;
          if (runLength > capacity - count) throw this.#refusal(at, "a run is longer than its block");
          continue;
        }
        if (runLength > 0) {
          const byte = recent.first;
          counts[byte] += runLength;
          const end = count + runLength;
          if (runLength > SHORT_RUN) chain.fill(byte, count, end);
          else for (let i = count; i < end; i++) chain[i] = byte;
          count = end;
          runLength = 0;
          runWeight = 1;
        }
        if (symbol === endOfBlock) {
          if (at > this.#end) throw new NeedsMoreInput();
          this.#at = at;
          this.#count = count;
          return;
        }
        if (count >= capacity) throw this.#refusal(at, "a block is longer than its stream allows");
        const byte = recent.toFront(symbol - 1);
        counts[byte] += 1;
        chain[count++] = byte;
      }
    }
    throw this.#refusal(at, "a block goes on beyond its Huffman tables");
  }

  /** The error of what was read up to `at`, where that was not the zeros behind the input. */
  #refusal(at: number, what: string): Error {
    return at > this.#end ? new NeedsMoreInput() : corruptError("BZ2", what);
  }

  /** The block's bytes, in pieces of about the given length; throws when their checksum isn't the stored one. */
  *output(pieceLength: number): Generator<Uint8Array<ArrayBuffer>, void> {
    this.#untransform();
    this.#taken = 0;
    this.#previous = -1;
    this.#repeats = 0;
    this.#running = -1;
    while (this.#taken < this.#count) {
      // Room for one more run than asked for.
      const piece = new Uint8Array(pieceLength + 255);
      yield piece.subarray(0, this.#expand(piece, pieceLength));
    }
    if (~this.#running >>> 0 !== this.#crc) throw corruptError("BZ2", "a block's checksum is wrong");
  }

  /**
   * The inverse Burrows–Wheeler transform. Where the next byte stands is known only from the one before it, and most of the time goes into
   * waiting for memory: so it is gone through from both ends at once, which waits for two bytes at a time.
   */
  #untransform(): void {
    const chain = this.#chain;
    const back = this.#back;
    const bytes = this.#bytes;
    const count = this.#count;
    const places = this.#counts;
    for (let byte = 0, sum = 0; byte < 256; byte++) [places[byte], sum] = [sum, sum + places[byte]];
    for (let i = 0; i < count; i++) {
      const byte = chain[i] & 255;
      const place = places[byte]++;
      chain[place] |= i << 8;
      back[i] = place << 8 | byte;
    }
    let forth = chain[this.#origin] >>> 8;
    let last = this.#origin;
    for (let start = 0, end = count - 1; start <= end; start++, end--) {
      const ahead = chain[forth];
      bytes[start] = ahead;
      forth = ahead >>> 8;
      const behind = back[last];
      bytes[end] = behind;
      last = behind >>> 8;
    }
  }

  /** Undoes the first run-length coding until `wanted` bytes are in the piece, or some more, or the block ends; says how many there are. */
  #expand(piece: Uint8Array, wanted: number): number {
    const bytes = this.#bytes;
    const count = this.#count;
    let taken = this.#taken;
    let previous = this.#previous;
    let repeats = this.#repeats;
    let crc = this.#running;
    let filled = 0;
    while (taken < count && filled < wanted) {
      const byte = bytes[taken++];
      if (repeats < 4) {
        repeats = byte === previous ? repeats + 1 : 1;
        previous = byte;
        piece[filled++] = byte;
        crc = crc << 8 ^ CRC_TABLE[crc >>> 24 ^ byte];
      } else {
        // After four equal bytes comes how many more there are.
        for (const end = filled + byte; filled < end; filled++) {
          piece[filled] = previous;
          crc = crc << 8 ^ CRC_TABLE[crc >>> 24 ^ previous];
        }
        repeats = 0;
        previous = -1;
      }
    }
    this.#taken = taken;
    this.#previous = previous;
    this.#repeats = repeats;
    this.#running = crc;
    return filled;
  }
}

/** A canonical Huffman code: shortest codes first, and within a length by symbol. */
class CodeTable {
  /** Bits of each symbol's code. */
  readonly lengths = new Uint8Array(MAX_SYMBOLS);
  /** For each start of a code, its symbol × 32 + length, or 0 when the code is longer, or none. */
  readonly lookup = new Uint16Array(1 << LOOKUP_BITS);
  /** For each length the last code, or -1; what a code is ahead of its place in `symbols`. */
  readonly limit = new Int32Array(MAX_CODE_LENGTH + 1);
  readonly base = new Int32Array(MAX_CODE_LENGTH + 1);
  readonly symbols = new Uint16Array(MAX_SYMBOLS);
  longest = 0;

  /** Makes the table from the first `count` of `lengths`. */
  build(count: number): void {
    const { lengths, lookup, limit, base, symbols } = this;
    lookup.fill(0);
    this.longest = 0;
    let code = 0;
    let place = 0;
    for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
      base[length] = code - place;
      const first = place;
      for (let symbol = 0; symbol < count; symbol++) {
        if (lengths[symbol] !== length) continue;
        symbols[place++] = symbol;
        if (length <= LOOKUP_BITS) {
          const start = code << LOOKUP_BITS - length;
          lookup.fill(symbol << 5 | length, start, start + (1 << LOOKUP_BITS - length));
        }
        code += 1;
      }
      if (code > 1 << length) throw corruptError("BZ2", "a Huffman table with more codes than there can be");
      limit[length] = place > first ? code - 1 : -1;
      if (place > first) this.longest = length;
      code <<= 1;
    }
  }
}

/** Bytes a group of {@linkcode RecentBytes}, groups, and the room that each slides down in. */
const GROUP = 16;
const GROUPS = 16;
const ROOM = 256;

/**
 * The bytes by how long ago they occurred, in groups of sixteen: one that comes to the front shifts a part of its own group, and each
 * group before that slides down by one, into the room before it.
 */
class RecentBytes {
  readonly #list = new Uint8Array(GROUPS * ROOM);
  readonly #starts = new Int32Array(GROUPS);

  /** Begins with the bytes in the given order. */
  begin(bytes: Uint8Array): void {
    for (let group = 0; group < GROUPS; group++) {
      const start = this.#starts[group] = (group + 1) * ROOM - GROUP;
      this.#list.set(bytes.subarray(group * GROUP, (group + 1) * GROUP), start);
    }
  }

  /** The byte that occurred last. */
  get first(): number {
    return this.#list[this.#starts[0]];
  }

  /** The byte at the given place, which comes to the front. */
  toFront(place: number): number {
    const list = this.#list;
    const starts = this.#starts;
    let group = place >>> 4;
    let start = starts[group];
    let at = start + (place & 15);
    const byte = list[at];
    for (; at > start; at--) list[at] = list[at - 1];
    for (; group > 0; group--) {
      const before = starts[group - 1];
      // The last of the group before becomes the first of this one.
      list[start] = list[before + GROUP - 1];
      start = starts[group - 1] = (before % ROOM === 0 ? this.#rise(before) : before) - 1;
    }
    list[start] = byte;
    return byte;
  }

  /** Moves a group from the start of its room back to the end, and gives its new start. */
  #rise(start: number): number {
    this.#list.copyWithin(start + ROOM - GROUP, start, start + GROUP);
    return start + ROOM - GROUP;
  }
}
