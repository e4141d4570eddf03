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
  for (let piece = await reader.takeAny(); piece.byteLength > 0; piece = await reader.takeAny()) {
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
  const block = new BlockWriter(level, size);
  for await (const piece of source) {
    for (let taken = 0; taken < piece.byteLength;) {
      taken += block.take(piece.subarray(taken));
      yield block.search(false);
    }
  }
  yield block.search(true);
  yield block.end();
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
/** Room for new input beside the window, and most that is searched at once. */
const ROOM = 1024 * 1024;
const STRIDE = 256 * 1024;
/** Literals are copied in words, beyond their end: the buffers have so many bytes more. */
const SLACK = 8;
/** Literals longer than this are worth a call of `set`. */
const LONG_LITERALS = 256;

/** Searches for matches in what it is given, and writes the block. */
class BlockWriter {
  readonly #step: number;
  /** Positions by hash, plus one, counted from the block's first byte. */
  readonly #table = new Int32Array(1 << HASH_BITS);
  #buffer: Uint8Array<ArrayBuffer>;
  #view: DataView;
  /** Position in the block of the buffer's first byte. */
  #origin = 0;
  #end = 0;
  /** Where literals begin that have not been written yet, and where the search goes on. */
  #anchor = 0;
  #at = 0;
  #out = new Uint8Array(0);
  #outView = new DataView(this.#out.buffer);

  constructor(acceleration: number, size: number) {
    this.#step = Math.min(acceleration, LONGEST_STEP);
    this.#buffer = new Uint8Array(Math.min(size, WINDOW + ROOM) + SLACK);
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** Takes some of the input, and says how much. */
  take(bytes: Uint8Array): number {
    if (this.#end === this.#buffer.byteLength - SLACK) this.#makeRoom();
    const count = Math.min(bytes.byteLength, STRIDE, this.#buffer.byteLength - SLACK - this.#end);
    this.#buffer.set(bytes.subarray(0, count), this.#end);
    this.#end += count;
    return count;
  }

  /** Keeps the window before the search and the literals that wait; the rest makes room. */
  #makeRoom(): void {
    const kept = Math.max(0, Math.min(this.#anchor, this.#at - WINDOW));
    const rest = this.#buffer.subarray(kept, this.#end);
    if (this.#buffer.byteLength - SLACK - rest.byteLength < ROOM / 2) {
      const larger = new Uint8Array(2 * this.#buffer.byteLength);
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

  /** Finds matches, as far as the input so far allows, and gives their sequences: one loop over local variables, which a compiler keeps in registers. */
  search(last: boolean): Uint8Array<ArrayBuffer> {
    const out = this.#makeOut();
    const outView = this.#outView;
    const buffer = this.#buffer;
    const view = this.#view;
    const table = this.#table;
    // What positions in the table are ahead of those in the buffer.
    const shift = this.#origin + 1;
    const limit = this.#end - LAST_MATCH;
    const matchEnd = this.#end - LAST_LITERALS;
    const patience = this.#step << PATIENCE;
    let anchor = this.#anchor;
    let at = this.#at;
    let place = 0;
    let failures = patience;
    while (at <= limit) {
      const word = view.getUint32(at, true);
      const slot = hash(word);
      let match = table[slot] - shift;
      table[slot] = at + shift;
      // What lies before the buffer is out of the window, too: it is kept that long.
      if (match < 0 || at - match > WINDOW || view.getUint32(match, true) !== word) {
        at += Math.min(failures++ >> PATIENCE, LONGEST_STEP);
        continue;
      }
      failures = patience;
      const offset = at - match;
      let stop = at + MIN_MATCH;
      while (at > anchor && match > 0 && buffer[at - 1] === buffer[match - 1]) {
        at--;
        match--;
      }
      let difference = 0;
      while (stop + 4 <= matchEnd) {
        difference = view.getUint32(stop, true) ^ view.getUint32(stop - offset, true);
        if (difference !== 0) break;
        stop += 4;
      }
      // As many bytes more are equal as there are whole ones below the lowest bit that differs.
      if (difference !== 0) stop += 31 - Math.clz32(difference & -difference) >> 3;
      else while (stop < matchEnd && buffer[stop] === buffer[stop - offset]) stop++;

      const literals = at - anchor;
      const more = stop - at - MIN_MATCH;
      out[place++] = (literals < 15 ? literals : 15) << 4 | (more < 15 ? more : 15);
      if (literals >= 15) place = writeLength(out, place, literals - 15);
      if (literals > LONG_LITERALS) {
        out.set(buffer.subarray(anchor, at), place);
      } else {
        for (let from = anchor, to = place; from < at; from += 8, to += 8) {
          outView.setUint32(to, view.getUint32(from, true), true);
          outView.setUint32(to + 4, view.getUint32(from + 4, true), true);
        }
      }
      place += literals;
      outView.setUint16(place, offset, true);
      place += 2;
      if (more >= 15) place = writeLength(out, place, more - 15);

      at = anchor = stop;
      if (at <= limit) table[hash(view.getUint32(at - 2, true))] = at - 2 + shift;
    }
    this.#anchor = anchor;
    // A long step may have gone beyond what has come; what is not final is searched again with what comes next.
    this.#at = last ? this.#end : Math.max(anchor, Math.min(at, limit + 1));
    return out.slice(0, place);
  }

  /** The last literals, which no match follows. */
  end(): Uint8Array<ArrayBuffer> {
    const out = this.#makeOut();
    const literals = this.#end - this.#anchor;
    out[0] = Math.min(literals, 15) << 4;
    const place = literals < 15 ? 1 : writeLength(out, 1, literals - 15);
    out.set(this.#buffer.subarray(this.#anchor, this.#end), place);
    return out.slice(0, place + literals);
  }

  /** A buffer that fits all that has not been written yet, whatever is found in it: a match is never longer than what it stands for, and literals by a token and their lengths. */
  #makeOut(): Uint8Array<ArrayBuffer> {
    const most = this.#end - this.#anchor;
    const needed = most + Math.ceil(most / 255) + 1 + SLACK;
    if (this.#out.byteLength < needed) {
      this.#out = new Uint8Array(needed);
      this.#outView = new DataView(this.#out.buffer);
    }
    return this.#out;
  }
}

/** Where the table has the last position of these four bytes, or of others. */
function hash(word: number): number {
  return Math.imul(word, 0x9E3779B1) >>> 32 - HASH_BITS;
}

/** Writes the rest of a length that does not fit into four bits; says where it ends. */
function writeLength(out: Uint8Array, at: number, rest: number): number {
  for (; rest >= 255; rest -= 255) out[at++] = 255;
  out[at++] = rest;
  return at;
}
