import { corruptError } from "../codec.ts";
import {
  backwardStart,
  type Bits,
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

/** One of the three kinds of codes in sequences: its table's limits and default (RFC 8878, 3.1.1.3.2.2). */
interface CodeKind {
  readonly symbolLimit: number;
  readonly accuracyLimit: number;
  readonly standard: FseTable;
}

/** Literal lengths, offsets and match lengths, in the order of their tables in a block. */
const CODE_KINDS: readonly CodeKind[] = [
  {
    symbolLimit: 36,
    accuracyLimit: 9,
    standard: fseTable(runs([4, 1], [3, 1], [2, 11], [1, 3], [2, 9], [3, 1], [2, 1], [1, 5], [-1, 4]), 6),
  },
  { symbolLimit: 32, accuracyLimit: 8, standard: fseTable(runs([1, 6], [2, 3], [1, 15], [-1, 5]), 5) },
  {
    symbolLimit: 53,
    accuracyLimit: 9,
    standard: fseTable(runs([1, 1], [4, 1], [3, 1], [2, 6], [1, 37], [-1, 7]), 6),
  },
];

/** Values, each as often as the number beside it says. */
function runs(...pairs: readonly [value: number, times: number][]): number[] {
  return pairs.flatMap(([value, times]) => new Array<number>(times).fill(value));
}

/** Additional bits of the codes, and the values they are added to, which follow from them (RFC 8878, 3.1.1.3.2.1.1). */
const LITERAL_BITS = codeBits(16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const LITERAL_BASES = codeBases(LITERAL_BITS, 0);
const MATCH_BITS = codeBits(32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCH_BASES = codeBases(MATCH_BITS, 3);

function codeBits(without: number, more: number[]): Uint8Array {
  return Uint8Array.from([...runs([0, without]), ...more]);
}

function codeBases(bits: Uint8Array, start: number): Uint32Array {
  let base = start;
  return Uint32Array.from(bits, (count) => {
    const own = base;
    base += 1 << count;
    return own;
  });
}

/** Decodes the blocks of one frame, with the history that they refer to. */
export class ZstdBlocks {
  readonly #windowSize: number;
  readonly #blockLimit: number;
  readonly #output: Uint8Array<ArrayBuffer>;
  #at = 0;

  readonly #input = new Uint8Array(MARGIN + BLOCK_LIMIT + MARGIN);
  readonly #bits: Bits = { bytes: this.#input, view: new DataView(this.#input.buffer) };
  readonly #literals = new Uint8Array(BLOCK_LIMIT);
  #huffman: HuffmanTable | undefined;
  /** The tables of each kind, which a later block may use again. */
  readonly #tables: FseTable[] = [];
  readonly #recent = [1, 4, 8];

  /** For a frame with the given window, and content if that is known. */
  constructor(windowSize: number, contentSize: number | undefined) {
    this.#windowSize = windowSize;
    this.#blockLimit = Math.min(BLOCK_LIMIT, windowSize);
    const wanted = windowSize + Math.max(BLOCK_LIMIT, Math.min(windowSize, SLACK));
    this.#output = new Uint8Array(Math.min(wanted, contentSize ?? Infinity));
  }

  /** A block of bytes as they are. */
  raw(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#makeRoom();
    this.#checkRoom(this.#at, bytes.length);
    this.#output.set(bytes, this.#at);
    return this.#give(this.#at + bytes.length);
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
    const end = MARGIN + bytes.length;
    this.#input.fill(0, end, end + MARGIN);
    const { length, next } = this.#readLiterals(end);
    return this.#give(this.#readSequences(next, end, length));
  }

  /** Moves the window to the buffer's start when no block fits behind it any more; a buffer that holds the whole content never fills up. */
  #makeRoom(): void {
    if (this.#output.length - this.#at >= BLOCK_LIMIT || this.#output.length <= this.#windowSize) return;
    const kept = Math.min(this.#windowSize, this.#at);
    // A buffer as long as the content may be shorter than what is left of it needs; what comes too much is noticed when it comes.
    if (kept === this.#at) return;
    this.#output.copyWithin(0, this.#at - kept, this.#at);
    this.#at = kept;
  }

  #checkRoom(from: number, length: number): void {
    if (from + length > this.#output.length || from + length - this.#at > this.#blockLimit) {
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
    if (format === 0) decodeHuffman(this.#bits, next, literalsEnd, this.#huffman, this.#literals, 0, length);
    else this.#readFourStreams(next, literalsEnd, this.#huffman, length);
    return { length, next: literalsEnd };
  }

  #checkLiterals(length: number): void {
    if (length > this.#blockLimit) throw corruptError("Zstd", "a block has more literals than it may");
  }

  #readFourStreams(start: number, end: number, table: HuffmanTable, length: number): void {
    const quarter = length + 3 >> 2;
    if (start + 6 > end || length < 3 * quarter) throw corruptError("Zstd", "literals are cut off");
    let at = start + 6;
    for (let stream = 0; stream < 4; stream++) {
      const streamEnd = stream < 3 ? at + this.#bits.view.getUint16(start + 2 * stream, true) : end;
      if (streamEnd > end) throw corruptError("Zstd", "literals are cut off");
      const to = stream < 3 ? (stream + 1) * quarter : length;
      decodeHuffman(this.#bits, at, streamEnd, table, this.#literals, stream * quarter, to);
      at = streamEnd;
    }
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
        this.#tables[i] = rleTable(input[next++]);
      } else if (mode === 2) {
        ({ table: this.#tables[i], end: next } = readFseTable(this.#bits, next, end, kind));
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
    const { view } = this.#bits;
    const output = this.#output;
    const literals = this.#literals;
    const recent = this.#recent;
    const first = start * 8;
    const limit = Math.min(this.#at + this.#blockLimit, output.length);
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
      const offsetCode = offsetTable.symbols[offsetState];
      const matchCode = matchTable.symbols[matchState];
      const literalCode = literalTable.symbols[literalState];

      let offset: number;
      if (offsetCode <= 24) {
        bitAt -= offsetCode;
        offset = (1 << offsetCode) +
          (view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << offsetCode) - 1);
      } else {
        // Thirty-two bits at any place hold 25 for certain, so this takes two reads.
        bitAt -= offsetCode - 16;
        const high = view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << offsetCode - 16) - 1;
        bitAt -= 16;
        offset = 2 ** offsetCode + high * 2 ** 16 +
          (view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & 0xFFFF);
      }
      const matchBits = MATCH_BITS[matchCode];
      bitAt -= matchBits;
      if (bitAt < first) throw corruptError("Zstd", "sequences are cut off");
      let matchLength = MATCH_BASES[matchCode] +
        (view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << matchBits) - 1);
      const literalBits = LITERAL_BITS[literalCode];
      bitAt -= literalBits;
      if (bitAt < first) throw corruptError("Zstd", "sequences are cut off");
      const literalLength = LITERAL_BASES[literalCode] +
        (view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << literalBits) - 1);
      if (left > 1) {
        const literalStep = literalTable.bitCounts[literalState];
        const matchStep = matchTable.bitCounts[matchState];
        const offsetStep = offsetTable.bitCounts[offsetState];
        bitAt -= literalStep;
        literalState = literalTable.baselines[literalState] +
          (view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << literalStep) - 1);
        bitAt -= matchStep;
        matchState = matchTable.baselines[matchState] +
          (view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << matchStep) - 1);
        bitAt -= offsetStep;
        offsetState = offsetTable.baselines[offsetState] +
          (view.getUint32(bitAt >>> 3, true) >>> (bitAt & 7) & (1 << offsetStep) - 1);
      }

      if (offset > 3) {
        offset -= 3;
        recent[2] = recent[1];
        recent[1] = recent[0];
        recent[0] = offset;
      } else {
        const which = offset - (literalLength === 0 ? 0 : 1);
        offset = which === 3 ? recent[0] - 1 : recent[which];
        if (which > 1) recent[2] = recent[1];
        if (which > 0) recent[1] = recent[0];
        recent[0] = offset;
      }

      const matchEnd = at + literalLength + matchLength;
      if (matchEnd > limit || literalAt + literalLength > literalCount) {
        throw corruptError("Zstd", "a block or frame decodes to more than it may");
      }
      if (literalLength < 32) {
        for (let i = literalLength; i > 0; i--) output[at++] = literals[literalAt++];
      } else {
        output.set(literals.subarray(literalAt, literalAt += literalLength), at);
        at += literalLength;
      }
      let from = at - offset;
      if (from < 0 || offset > this.#windowSize || offset <= 0) {
        throw corruptError("Zstd", "a match refers to before the data");
      }
      if (offset >= matchLength && matchLength > 64) {
        output.copyWithin(at, from, from + matchLength);
        at = matchEnd;
      } else {
        for (; matchLength > 0; matchLength--) output[at++] = output[from++];
      }
    }
    if (bitAt !== first) throw corruptError("Zstd", "sequences don't end where they should");
    return this.#putLiterals(at, literalAt, literalCount);
  }

  #putLiterals(at: number, from: number, to: number): number {
    this.#checkRoom(at, to - from);
    this.#output.set(this.#literals.subarray(from, to), at);
    return at + to - from;
  }
}
