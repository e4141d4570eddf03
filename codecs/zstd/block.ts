import { corruptError } from "../codec.ts";
import { basesOf, LITERAL_LENGTHS, MATCH_LENGTHS, OFFSETS, type SequenceCodes } from "./codes.ts";
import {
  backwardStart,
  type Bits,
  decodeFourHuffman,
  decodeHuffman,
  type FseTable,
  fseTable,
  type HuffmanTable,
  MARGIN,
  readFseTable,
  readHuffmanTable,
  rleTable,
} from "./entropy.ts";
import { BLOCK_LIMIT } from "./frame.ts";

/** What a frame's buffer has beside its window, at most: the larger, the more seldom the window is moved to its start. */
const SLACK = 16 * 1024 * 1024;
/** Bytes that a buffer begins with, at most: what a header promises beyond costs memory when it comes. */
const FIRST_CAPACITY = 8 * 1024 * 1024;

/** The bits that a read of 32 at any bit has for certain. */
const WORD_BITS = 25;
/** Above this the engine's own copying is faster. */
const LONG_COPY = 64;

/** An FSE table and what its symbols stand for. Each step is the next state's baseline, bits to add to it, and additional bits of the value. */
interface SequenceTable {
  readonly accuracyLog: number;
  readonly steps: Uint32Array;
  /** What the additional bits are added to. */
  readonly bases: Uint32Array;
}

const BASELINE_MASK = 0xFFFF;
const COUNT_SHIFT = 16;
const COUNT_MASK = 0xFF;
const EXTRA_SHIFT = 24;

/** One of the three kinds of codes in sequences, and how its tables are made. */
class CodeKind {
  readonly symbolLimit: number;
  readonly accuracyLimit: number;
  readonly standard: SequenceTable;
  readonly #extraBits: readonly number[];
  readonly #bases: Uint32Array;

  constructor(codes: SequenceCodes) {
    this.symbolLimit = codes.extraBits.length;
    this.accuracyLimit = codes.logLimit;
    this.#extraBits = codes.extraBits;
    this.#bases = basesOf(codes);
    this.standard = this.table(fseTable(codes.standard, codes.standardLog));
  }

  table({ accuracyLog, symbols, bitCounts, baselines }: FseTable): SequenceTable {
    const steps = new Uint32Array(symbols.byteLength);
    const bases = new Uint32Array(symbols.byteLength);
    for (let state = 0; state < symbols.byteLength; state++) {
      const symbol = symbols[state];
      steps[state] = baselines[state] | bitCounts[state] << COUNT_SHIFT |
        this.#extraBits[symbol] << EXTRA_SHIFT;
      bases[state] = this.#bases[symbol];
    }
    return { accuracyLog, steps, bases };
  }
}

/** In the order of their tables in a block. */
const CODE_KINDS: readonly CodeKind[] = [LITERAL_LENGTHS, OFFSETS, MATCH_LENGTHS].map((codes) =>
  new CodeKind(codes)
);

/** Decodes the blocks of one frame, with the history that they refer to. */
export class ZstdBlocks {
  readonly #windowSize: number;
  readonly #blockLimit: number;
  /** Has {@linkcode MARGIN} bytes more than it holds; grows up to the capacity. */
  #output: Uint8Array<ArrayBuffer>;
  #outputView: DataView;
  readonly #capacity: number;
  #at = 0;

  readonly #input = new Uint8Array(MARGIN + BLOCK_LIMIT + MARGIN);
  readonly #bits: Bits = { bytes: this.#input, view: new DataView(this.#input.buffer) };
  readonly #literals = new Uint8Array(BLOCK_LIMIT + MARGIN);
  readonly #literalsView = new DataView(this.#literals.buffer);
  #huffman: HuffmanTable | undefined;
  /** The tables of each kind, which a later block may use again. */
  readonly #tables: SequenceTable[] = [];
  #recent = [1, 4, 8];

  /** For a frame with the given window, and content if that is known. */
  constructor(windowSize: number, contentSize: number | undefined) {
    this.#windowSize = windowSize;
    this.#blockLimit = Math.min(BLOCK_LIMIT, windowSize);
    const wanted = windowSize + Math.max(BLOCK_LIMIT, Math.min(windowSize, SLACK));
    this.#capacity = Math.min(wanted, contentSize ?? Infinity);
    this.#output = new Uint8Array(Math.min(this.#capacity, FIRST_CAPACITY) + MARGIN);
    this.#outputView = new DataView(this.#output.buffer);
  }

  /** A block of bytes as they are. */
  raw(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#makeRoom();
    this.#checkRoom(this.#at, bytes.byteLength);
    this.#output.set(bytes, this.#at);
    return this.#give(this.#at + bytes.byteLength);
  }

  /** A block of one byte, repeated. */
  rle(byte: number, length: number): Uint8Array<ArrayBuffer> {
    this.#makeRoom();
    this.#checkRoom(this.#at, length);
    this.#output.fill(byte, this.#at, this.#at + length);
    return this.#give(this.#at + length);
  }

  /** A compressed block (RFC 8878, 3.1.1.3). */
  compressed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#makeRoom();
    this.#input.set(bytes, MARGIN);
    const end = MARGIN + bytes.byteLength;
    this.#input.fill(0, end, end + MARGIN);
    const { length, next } = this.#readLiterals(end);
    return this.#give(this.#readSequences(next, end, length));
  }

  /** Lets the buffer grow, or moves the window to its start, when no block fits behind it any more; a buffer that holds the whole content never fills up. */
  #makeRoom(): void {
    const held = this.#output.byteLength - MARGIN;
    if (held < this.#capacity && held - this.#at < BLOCK_LIMIT) {
      const grown = new Uint8Array(Math.min(2 * held, this.#capacity) + MARGIN);
      grown.set(this.#output.subarray(0, this.#at));
      this.#output = grown;
      this.#outputView = new DataView(grown.buffer);
      return;
    }
    if (this.#capacity - this.#at >= BLOCK_LIMIT || this.#capacity <= this.#windowSize) return;
    const kept = Math.min(this.#windowSize, this.#at);
    // A buffer as long as the content may be shorter than what is left of it needs; what comes too much is noticed when it comes.
    if (kept === this.#at) return;
    this.#output.copyWithin(0, this.#at - kept, this.#at);
    this.#at = kept;
  }

  #checkRoom(from: number, length: number): void {
    if (from + length > this.#capacity || from + length - this.#at > this.#blockLimit) {
      throw corruptError("Zstd", "a block or frame decodes to more than it may");
    }
  }

  #give(end: number): Uint8Array<ArrayBuffer> {
    const piece = this.#output.slice(this.#at, end);
    this.#at = end;
    return piece;
  }

  /** Reads the literals section (RFC 8878, 3.1.1.3.1) into `#literals`. */
  #readLiterals(end: number): { length: number; next: number } {
    const input = this.#input;
    const kind = input[MARGIN] & 3;
    const format = input[MARGIN] >> 2 & 3;
    const plain = kind < 2;
    const headerLength = plain ? [1, 2, 1, 3][format] : [3, 3, 4, 5][format];
    if (MARGIN + headerLength > end) throw corruptError("Zstd", "a block is cut off");
    const low = this.#bits.view.getUint32(MARGIN, true);
    let next = MARGIN + headerLength;
    if (plain) {
      const length = headerLength === 1 ? input[MARGIN] >> 3 : (low & 2 ** (8 * headerLength) - 1) >>> 4;
      this.#checkLiterals(length);
      if (kind === 0) {
        if (next + length > end) throw corruptError("Zstd", "literals are cut off");
        this.#literals.set(input.subarray(next, next + length));
        return { length, next: next + length };
      }
      if (next >= end) throw corruptError("Zstd", "literals are cut off");
      this.#literals.fill(input[next], 0, length);
      return { length, next: next + 1 };
    }
    // Two lengths of 10, 14 or 18 bits behind the four bits of kind and format.
    const width = [10, 10, 14, 18][format];
    const mask = (1 << width) - 1;
    const length = low >>> 4 & mask;
    const stored = Math.floor((low + input[MARGIN + 4] * 2 ** 32) / 2 ** (4 + width)) & mask;
    this.#checkLiterals(length);
    const literalsEnd = next + stored;
    if (literalsEnd > end) throw corruptError("Zstd", "literals are cut off");
    if (kind === 2) ({ table: this.#huffman, end: next } = readHuffmanTable(this.#bits, next, literalsEnd));
    if (!this.#huffman) throw corruptError("Zstd", "literals without a Huffman tree");
    if (format === 0) decodeHuffman(this.#bits, next, literalsEnd, this.#huffman, this.#literals, length);
    else this.#readFourStreams(next, literalsEnd, this.#huffman, length);
    return { length, next: literalsEnd };
  }

  #checkLiterals(length: number): void {
    if (length > this.#blockLimit) throw corruptError("Zstd", "a block has more literals than it may");
  }

  #readFourStreams(start: number, end: number, table: HuffmanTable, length: number): void {
    const quarter = length + 3 >> 2;
    if (start + 6 > end || length < 3 * quarter) throw corruptError("Zstd", "literals are cut off");
    const starts = [start + 6];
    for (let stream = 0; stream < 3; stream++) {
      starts.push(starts[stream] + this.#bits.view.getUint16(start + 2 * stream, true));
    }
    if (starts[3] > end) throw corruptError("Zstd", "literals are cut off");
    decodeFourHuffman(this.#bits, [...starts, end], table, this.#literals, length);
  }

  /** Reads the sequences section (RFC 8878, 3.1.1.3.2) and carries it out; says where the output ends. */
  #readSequences(start: number, end: number, literalCount: number): number {
    const input = this.#input;
    if (start >= end) throw corruptError("Zstd", "a block is cut off");
    let count = input[start];
    let next = start + 1;
    if (count === 255) {
      count = 0x7F00 + this.#bits.view.getUint16(next, true);
      next += 2;
    } else if (count > 127) {
      count = (count - 128 << 8) + input[next];
      next += 1;
    }
    if (count === 0) {
      if (next !== end) throw corruptError("Zstd", "something follows the end of a block");
      return this.#putLiterals(this.#at, 0, literalCount);
    }
    const modes = input[next++];
    if (next > end || modes & 3) throw corruptError("Zstd", "a block's sequences are impossible");
    for (const [i, kind] of CODE_KINDS.entries()) {
      const mode = modes >> 6 - 2 * i & 3;
      if (mode === 0) {
        this.#tables[i] = kind.standard;
      } else if (mode === 1) {
        if (next >= end || input[next] >= kind.symbolLimit) {
          throw corruptError("Zstd", "a code that there isn't");
        }
        this.#tables[i] = kind.table(rleTable(input[next++]));
      } else if (mode === 2) {
        const read = readFseTable(this.#bits, next, end, kind);
        this.#tables[i] = kind.table(read.table);
        next = read.end;
      } else if (!this.#tables[i]) {
        throw corruptError("Zstd", "a table is to be used again, and there is none");
      }
    }
    return this.#runSequences(count, next, end, literalCount);
  }

  #runSequences(
    count: number,
    start: number,
    end: number,
    literalCount: number,
  ): number {
    const [literalTable, offsetTable, matchTable] = this.#tables;
    const { steps: literalSteps, bases: literalBases } = literalTable;
    const { steps: offsetSteps, bases: offsetBases } = offsetTable;
    const { steps: matchSteps, bases: matchBases } = matchTable;
    const { view } = this.#bits;
    const output = this.#output;
    const outputView = this.#outputView;
    const literals = this.#literals;
    const literalsView = this.#literalsView;
    const windowSize = this.#windowSize;
    const first = start * 8;
    const limit = Math.min(this.#at + this.#blockLimit, this.#capacity);
    let [recent0, recent1, recent2] = this.#recent;
    let bitAt = backwardStart(this.#bits, start, end);
    let at = this.#at;
    let literalAt = 0;
    bitAt -= literalTable.accuracyLog;
    let literalState = view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) &
      (1 << literalTable.accuracyLog) - 1;
    bitAt -= offsetTable.accuracyLog;
    let offsetState = view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << offsetTable.accuracyLog) - 1;
    bitAt -= matchTable.accuracyLog;
    let matchState = view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << matchTable.accuracyLog) - 1;
    for (let left = count; left > 0; left--) {
      // At most 47 bits are read between these checks: no read leaves the block by more than the margin.
      if (bitAt < first) throw corruptError("Zstd", "sequences are cut off");
      const offsetStep = offsetSteps[offsetState];
      const matchStep = matchSteps[matchState];
      const literalStep = literalSteps[literalState];
      const offsetBits = offsetStep >>> EXTRA_SHIFT;
      const matchBits = matchStep >>> EXTRA_SHIFT;
      const literalBits = literalStep >>> EXTRA_SHIFT;
      let offset = offsetBases[offsetState];
      let matchLength = matchBases[matchState];
      let literalLength = literalBases[literalState];
      const lengthBits = matchBits + literalBits;
      if (offsetBits + lengthBits <= WORD_BITS) {
        bitAt -= offsetBits + lengthBits;
        const word = view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7);
        literalLength += word & (1 << literalBits) - 1;
        matchLength += word >>> literalBits & (1 << matchBits) - 1;
        offset += word >>> lengthBits & (1 << offsetBits) - 1;
      } else {
        const low = offsetBits > WORD_BITS ? 16 : 0;
        bitAt -= offsetBits - low;
        offset += (view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << offsetBits - low) - 1) *
          2 ** low;
        bitAt -= low;
        offset += view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << low) - 1;
        bitAt -= matchBits;
        if (bitAt < first) throw corruptError("Zstd", "sequences are cut off");
        matchLength += view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << matchBits) - 1;
        bitAt -= literalBits;
        literalLength += view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << literalBits) - 1;
      }
      if (bitAt < first) throw corruptError("Zstd", "sequences are cut off");
      if (left > 1) {
        const literalMore = literalStep >>> COUNT_SHIFT & COUNT_MASK;
        const matchMore = matchStep >>> COUNT_SHIFT & COUNT_MASK;
        const offsetMore = offsetStep >>> COUNT_SHIFT & COUNT_MASK;
        // 9 + 9 + 8 bits at most, one more than a word has for certain.
        bitAt -= literalMore + matchMore;
        let word = view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7);
        literalState = (literalStep & BASELINE_MASK) + (word >>> matchMore & (1 << literalMore) - 1);
        matchState = (matchStep & BASELINE_MASK) + (word & (1 << matchMore) - 1);
        bitAt -= offsetMore;
        word = view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7);
        offsetState = (offsetStep & BASELINE_MASK) + (word & (1 << offsetMore) - 1);
      }

      if (offset > 3) {
        offset -= 3;
        recent2 = recent1;
        recent1 = recent0;
        recent0 = offset;
      } else {
        const which = offset - (literalLength === 0 ? 0 : 1);
        offset = which === 0 ? recent0 : which === 1 ? recent1 : which === 2 ? recent2 : recent0 - 1;
        if (which > 1) recent2 = recent1;
        if (which > 0) recent1 = recent0;
        recent0 = offset;
      }

      const matchAt = at + literalLength;
      const matchEnd = matchAt + matchLength;
      if (matchEnd > limit || literalAt + literalLength > literalCount) {
        throw corruptError("Zstd", "a block or frame decodes to more than it may");
      }
      let from = matchAt - offset;
      if (from < 0 || offset > windowSize || offset <= 0) {
        throw corruptError("Zstd", "a match refers to before the data");
      }
      // Short runs are copied in words, the last of which may go too far: into what is written next, or the buffers' margins.
      if (literalLength > LONG_COPY) {
        output.set(literals.subarray(literalAt, literalAt + literalLength), at);
      } else {
        for (let to = at, next = literalAt; to < matchAt; to += 4, next += 4) {
          outputView.setUint32(to, literalsView.getUint32(next));
        }
      }
      literalAt += literalLength;
      at = matchAt;
      if (offset >= matchLength && matchLength > LONG_COPY) {
        output.copyWithin(at, from, from + matchLength);
      } else if (offset >= 4) {
        for (; at < matchEnd; at += 4, from += 4) outputView.setUint32(at, outputView.getUint32(from));
      } else if (offset === 1) {
        output.fill(output[from], at, matchEnd);
      } else {
        while (at < matchEnd) output[at++] = output[from++];
      }
      at = matchEnd;
    }
    if (bitAt !== first) throw corruptError("Zstd", "sequences don't end where they should");
    this.#recent = [recent0, recent1, recent2];
    return this.#putLiterals(at, literalAt, literalCount);
  }

  #putLiterals(at: number, from: number, to: number): number {
    this.#checkRoom(at, to - from);
    this.#output.set(this.#literals.subarray(from, to), at);
    return at + to - from;
  }
}
