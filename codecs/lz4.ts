/**
 * LZ4 as numcodecs stores it: the content's length, 32 bits little-endian, then one block of the LZ4 format (lz4_Block_format.md). It has no
 * checksum: damage is found when lengths and offsets don't work out, which is often and not always.
 *
 * @module
 */
import { corruptError, type EncodePlan, type Pieces } from "./codec.ts";
import { Lz4Block } from "./lz4_block.ts";
import { ByteReader } from "./reader.ts";

/** Decodes. A block refers back at most 64 KiB, so it is decoded as it comes, in pieces of 1 MiB. */
export async function* decode(source: Pieces, size?: number): Pieces {
  const reader = new ByteReader("LZ4", source);
  const prefix = await reader.take(4);
  const announced = new DataView(prefix.buffer, prefix.byteOffset, 4).getUint32(0, true);
  if (size !== undefined && announced !== size) {
    throw corruptError(
      "LZ4",
      `the data say that they decode to ${announced} bytes, not the ${size} expected`,
    );
  }
  const block = new Lz4Block("LZ4", announced);
  for (let piece = await reader.takeAny(); piece.length > 0; piece = await reader.takeAny()) {
    for (let output = block.write(piece); output; output = block.write()) yield output;
  }
  yield block.end();
}

/**
 * Encodes. Held in memory: the window, a megabyte of input, and the literals since the last match, as a sequence states their number before them.
 *
 * @param plan Its level is LZ4's acceleration: 1 searches closest; each more makes steps longer, as `LZ4_compress_fast` has it.
 */
export async function* encode(source: Pieces, { level, size = 0 }: EncodePlan): Pieces {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, size, true);
  yield length;
  const block = new BlockWriter(level);
  for await (const piece of source) {
    for (let taken = 0; taken < piece.length;) {
      taken += block.take(piece.subarray(taken));
      block.search(false);
      yield* block.output();
    }
  }
  block.search(true);
  block.finish();
  yield* block.output();
}

/** How far back a match may lie: offsets have 16 bits. */
const WINDOW = 65535;
const MIN_MATCH = 4;
/** No match begins within the last 12 bytes of a block, and the last 5 are literals (LZ4 block format, "End of block conditions"). */
const LAST_MATCH = 12;
const LAST_LITERALS = 5;
const HASH_BITS = 15;
/** After so many failures (a power of two) to find a match the search takes steps one longer. */
const PATIENCE = 6;
/** Steps stay short enough to find the chance matches that even noise has, since literals are held until the next match. */
const LONGEST_STEP = 64;
const OUTPUT = 256 * 1024;
/** Room for new input beside the window. */
const ROOM = 1024 * 1024;

/** Searches for matches in what it is given, and writes the block. */
class BlockWriter {
  readonly #step: number;
  /** Positions by hash, plus one, counted from `#origin`'s zero: the block's first byte. */
  readonly #table = new Int32Array(1 << HASH_BITS);
  #buffer = new Uint8Array(WINDOW + ROOM);
  #view = new DataView(this.#buffer.buffer);
  /** Position in the block of the buffer's first byte. */
  #origin = 0;
  #end = 0;
  /** Where literals begin that have not been written yet, and where the search goes on. */
  #anchor = 0;
  #at = 0;

  #out = new Uint8Array(OUTPUT);
  #outLength = 0;
  #full: Uint8Array<ArrayBuffer>[] = [];

  constructor(acceleration: number) {
    this.#step = Math.min(acceleration, LONGEST_STEP);
  }

  /** Takes as much input as there is room for, and says how much. */
  take(bytes: Uint8Array): number {
    if (this.#end === this.#buffer.length) this.#makeRoom();
    const count = Math.min(bytes.length, this.#buffer.length - this.#end);
    this.#buffer.set(count === bytes.length ? bytes : bytes.subarray(0, count), this.#end);
    this.#end += count;
    return count;
  }

  /** Keeps the window before the search and the literals that wait; the rest makes room. */
  #makeRoom(): void {
    const kept = Math.max(0, Math.min(this.#anchor, this.#at - WINDOW));
    const rest = this.#buffer.subarray(kept, this.#end);
    if (this.#buffer.length - rest.length < ROOM / 2) {
      const larger = new Uint8Array(2 * this.#buffer.length);
      larger.set(rest);
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    } else {
      this.#buffer.copyWithin(0, kept, this.#end);
    }
    this.#origin += kept;
    this.#end -= kept;
    this.#anchor -= kept;
    this.#at -= kept;
  }

  /** Finds and writes matches, as far as the input so far allows. */
  search(last: boolean): void {
    const [buffer, view, table, origin, end] = [
      this.#buffer,
      this.#view,
      this.#table,
      this.#origin,
      this.#end,
    ];
    const limit = end - LAST_MATCH;
    const matchEnd = end - LAST_LITERALS;
    let at = this.#at;
    let failures = this.#step << PATIENCE;
    while (at <= limit) {
      const word = view.getUint32(at, true);
      const slot = Math.imul(word, 0x9E3779B1) >>> 32 - HASH_BITS;
      let match = table[slot] - 1 - origin;
      table[slot] = at + origin + 1;
      // What lies before the buffer is out of the window, too: it is kept that long.
      if (match < 0 || at - match > WINDOW || view.getUint32(match, true) !== word) {
        at += Math.min(failures++ >> PATIENCE, LONGEST_STEP);
        continue;
      }
      let start = at;
      while (start > this.#anchor && match > 0 && buffer[start - 1] === buffer[match - 1]) {
        start--;
        match--;
      }
      const offset = start - match;
      let stop = at + MIN_MATCH;
      while (stop < matchEnd && buffer[stop] === buffer[stop - offset]) stop++;
      this.#sequence(start, offset, stop - start);
      this.#anchor = stop;
      failures = this.#step << PATIENCE;
      if (stop - 2 <= limit) {
        table[Math.imul(view.getUint32(stop - 2, true), 0x9E3779B1) >>> 32 - HASH_BITS] = stop - 2 + origin +
          1;
      }
      at = stop;
    }
    // A long step may have gone beyond what has come; what is not final is searched again with what comes next.
    this.#at = last ? end : Math.max(this.#anchor, Math.min(at, limit + 1));
  }

  /** Writes the last literals, which no match follows. */
  finish(): void {
    const count = this.#end - this.#anchor;
    this.#byte(Math.min(count, 15) << 4);
    this.#extra(count);
    this.#literals(this.#anchor, this.#end);
  }

  /** What has been written since the last call. */
  output(): Uint8Array<ArrayBuffer>[] {
    const pieces = this.#full;
    if (this.#outLength > 0) pieces.push(this.#out.slice(0, this.#outLength));
    this.#outLength = 0;
    this.#full = [];
    return pieces;
  }

  #sequence(start: number, offset: number, length: number): void {
    const literals = start - this.#anchor;
    const more = length - MIN_MATCH;
    this.#byte(Math.min(literals, 15) << 4 | Math.min(more, 15));
    this.#extra(literals);
    this.#literals(this.#anchor, start);
    this.#byte(offset & 255);
    this.#byte(offset >> 8);
    this.#extra(more);
  }

  /** The rest of a length that does not fit into four bits. */
  #extra(length: number): void {
    if (length < 15) return;
    let rest = length - 15;
    for (; rest >= 255; rest -= 255) this.#byte(255);
    this.#byte(rest);
  }

  #literals(from: number, to: number): void {
    for (let at = from; at < to;) {
      if (this.#outLength === OUTPUT) this.#turnOver();
      const count = Math.min(to - at, OUTPUT - this.#outLength);
      const out = this.#out;
      if (count <= 32) {
        for (let i = 0, place = this.#outLength; i < count; i++) out[place + i] = this.#buffer[at + i];
      } else {
        out.set(this.#buffer.subarray(at, at + count), this.#outLength);
      }
      this.#outLength += count;
      at += count;
    }
  }

  #byte(byte: number): void {
    if (this.#outLength === OUTPUT) this.#turnOver();
    this.#out[this.#outLength++] = byte;
  }

  #turnOver(): void {
    this.#full.push(this.#out);
    this.#out = new Uint8Array(OUTPUT);
    this.#outLength = 0;
  }
}
