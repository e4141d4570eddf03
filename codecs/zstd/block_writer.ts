import { lengthOf } from "../../lib/bytes.ts";
import { basesOf, LITERAL_LENGTHS, MATCH_LENGTHS, OFFSETS, type SequenceCodes } from "./codes.ts";
import {
  BitWriter,
  countSymbols,
  FseEncoder,
  type Histogram,
  huffmanCode,
  logFor,
  sharesOf,
  writeHuffman,
  writeShares,
} from "./entropy_writer.ts";
import { BLOCK_LIMIT } from "./frame.ts";
import type { MatchFinder } from "./matches.ts";

const HEADER = 3;
const RAW = 0;
const RLE = 1;
const COMPRESSED = 2;
/** Fewer literals are not worth a Huffman code. */
const FEW_LITERALS = 64;
/** Up to so many literals are one Huffman stream, and more are four. */
const ONE_STREAM = 1023;

/** Writes blocks (RFC 8878, 3.1.1.2), each with tables of its own. */
export class BlockWriter {
  readonly #matches: MatchFinder;
  readonly #literalLengths = new CodeWriter(LITERAL_LENGTHS, (value) => value < 16 ? value : -1);
  readonly #offsets = new CodeWriter(OFFSETS, () => -1);
  readonly #matchLengths = new CodeWriter(MATCH_LENGTHS, (value) => value < 35 ? value - 3 : -1);
  /** A block that would be longer than what it holds is not written so. */
  readonly #output = new Uint8Array(HEADER + BLOCK_LIMIT);

  /** With the sequences that are found there. */
  constructor(matches: MatchFinder) {
    this.#matches = matches;
  }

  /** A block with its header. */
  write(block: Uint8Array, last: boolean): Uint8Array<ArrayBuffer> {
    if (block.byteLength > 0 && block.every((byte) => byte === block[0])) {
      this.#matches.take(block);
      this.#matches.takeBack();
      return this.#withHeader(RLE, block.byteLength, HEADER + 1, last, block.subarray(0, 1));
    }
    const content = this.#matches.take(block);
    const writer = new BitWriter(this.#output, HEADER);
    this.#writeLiterals(writer);
    this.#writeSequences(writer);
    const size = writer.at - HEADER;
    if (size < content.byteLength) return this.#withHeader(COMPRESSED, size, writer.at, last);
    this.#matches.takeBack();
    return this.#withHeader(RAW, content.byteLength, HEADER + content.byteLength, last, content);
  }

  #withHeader(
    kind: number,
    size: number,
    length: number,
    last: boolean,
    content?: Uint8Array,
  ): Uint8Array<ArrayBuffer> {
    if (content) this.#output.set(content, HEADER);
    const header = Number(last) | kind << 1 | size << 3;
    for (let i = 0; i < HEADER; i++) this.#output[i] = header >> 8 * i;
    return this.#output.slice(0, length);
  }

  #writeLiterals(writer: BitWriter): void {
    const count = this.#matches.literalCount;
    const literals = this.#matches.literals.subarray(0, count);
    const start = writer.at;
    if (count >= FEW_LITERALS) {
      const counted = countSymbols(literals, 256);
      if (counted.counts[counted.last] === count) {
        writeLiteralsHeader(writer, RLE, count);
        writer.bytes[writer.at++] = literals[0];
        return;
      }
      if (writeCompressedLiterals(writer, literals, counted)) return;
      writer.at = start;
    }
    writeLiteralsHeader(writer, RAW, count);
    writer.bytes.set(literals.subarray(0, Math.max(0, writer.bytes.byteLength - writer.at)), writer.at);
    writer.at += count;
  }

  #writeSequences(writer: BitWriter): void {
    const { sequenceCount: count, literalLengths, matchLengths, offsetValues } = this.#matches;
    if (count < 128) writer.add(count, 8);
    else if (count < 0x7F00) {
      writer.add(count >> 8 | 0x80, 8);
      writer.add(count & 0xFF, 8);
    } else {
      writer.add(0xFF, 8);
      writer.add(count - 0x7F00, 16);
    }
    if (count === 0) return;
    const modes = writer.at++;
    const lengths = this.#literalLengths.begin(writer, literalLengths, count);
    const offsets = this.#offsets.begin(writer, offsetValues, count);
    const matches = this.#matchLengths.begin(writer, matchLengths, count);
    writer.bytes[modes] = lengths << 6 | offsets << 4 | matches << 2;
    // They are read from the end.
    for (let i = count - 1; i >= 0; i--) {
      this.#offsets.writeState(writer, i);
      this.#matchLengths.writeState(writer, i);
      this.#literalLengths.writeState(writer, i);
      this.#literalLengths.writeExtra(writer, literalLengths[i], i);
      this.#matchLengths.writeExtra(writer, matchLengths[i], i);
      this.#offsets.writeExtra(writer, offsetValues[i], i);
    }
    this.#matchLengths.end(writer);
    this.#offsets.end(writer);
    this.#literalLengths.end(writer);
    writer.close();
  }
}

/** The header of literals that are raw or one byte repeated. */
function writeLiteralsHeader(writer: BitWriter, kind: number, count: number): void {
  if (count < 32) writer.add(kind | count << 3, 8);
  else if (count < 4096) writer.add(kind | 1 << 2 | count << 4, 16);
  else writer.add(kind | 3 << 2 | count << 4, 24);
}

/** Whether it was worth it. */
function writeCompressedLiterals(writer: BitWriter, literals: Uint8Array, counted: Histogram): boolean {
  const code = huffmanCode(counted);
  if (!code.description) return false;
  const count = literals.byteLength;
  const bits = code.lengths.reduce((sum, length, byte) => sum + length * counted.counts[byte], 0);
  if (code.description.byteLength + bits / 8 + 16 > count - (count >> 6)) return false;
  const headerSize = count < 1024 ? 3 : count < 16384 ? 4 : 5;
  const header = writer.at;
  const start = header + headerSize;
  writer.bytes.set(code.description, start);
  writer.at = start + code.description.byteLength;
  if (count <= ONE_STREAM) writeHuffman(writer, code, literals);
  else {
    const jumps = writer.at;
    writer.at += 6;
    const part = count + 3 >> 2;
    for (let i = 0; i < 4; i++) {
      const from = writer.at;
      writeHuffman(writer, code, literals.subarray(i * part, (i + 1) * part));
      const size = writer.at - from;
      if (i < 3) [writer.bytes[jumps + 2 * i], writer.bytes[jumps + 2 * i + 1]] = [size & 0xFF, size >> 8];
    }
  }
  const size = writer.at - start;
  const end = writer.at;
  writer.at = header;
  const sizeBits = headerSize === 3 ? 10 : headerSize === 4 ? 14 : 18;
  const format = count <= ONE_STREAM ? 0 : headerSize - 2;
  writer.add(COMPRESSED | format << 2, 4);
  writer.add(count, sizeBits);
  writer.add(size, sizeBits);
  writer.at = end;
  return true;
}

/** How the codes of a block's sequences are told (RFC 8878, 3.1.1.3.2.1). */
const STANDARD_MODE = 0;
const RLE_MODE = 1;
const FSE_MODE = 2;

/** Writes one of the three values of sequences: codes, and the bits beyond them. */
class CodeWriter {
  readonly #kind: SequenceCodes;
  readonly #bases: Uint32Array;
  readonly #extraBits: Uint8Array;
  /** The codes of small values; of larger ones each is for a power of two. */
  readonly #small: (value: number) => number;
  readonly #standard: FseEncoder;
  readonly #codes = new Uint8Array(BLOCK_LIMIT / 4);
  #encoder: FseEncoder | undefined;
  #state = 0;
  #last = 0;

  constructor(kind: SequenceCodes, small: (value: number) => number) {
    this.#kind = kind;
    this.#bases = basesOf(kind);
    this.#extraBits = Uint8Array.from(kind.extraBits);
    this.#small = small;
    this.#standard = new FseEncoder(kind.standard, kind.standardLog);
  }

  /** Finds the codes of a block's values, and writes their table; gives its mode. */
  begin(writer: BitWriter, values: Uint32Array, count: number): number {
    const bases = this.#bases;
    const symbols = lengthOf(bases);
    for (let i = 0; i < count; i++) {
      let code = this.#small(values[i]);
      if (code < 0) {
        code = this.#kind === OFFSETS ? 31 - Math.clz32(values[i]) : symbols - 1;
        while (bases[code] > values[i]) code--;
      }
      this.#codes[i] = code;
    }
    this.#last = count - 1;
    const codes = countSymbols(this.#codes.subarray(0, count), symbols);
    if (codes.counts[codes.last] === count) {
      writer.bytes[writer.at++] = codes.last;
      this.#encoder = undefined;
      return RLE_MODE;
    }
    const log = logFor(codes, this.#kind.logLimit);
    const shares = sharesOf(codes, log);
    const table = new BitWriter(new Uint8Array(64));
    writeShares(table, shares, log);
    const own = 8 * table.at + bitsOf(codes, shares, log);
    if (bitsOf(codes, this.#kind.standard, this.#kind.standardLog) <= own) {
      this.#encoder = this.#standard;
      return STANDARD_MODE;
    }
    this.#encoder = new FseEncoder(shares, log);
    writer.bytes.set(table.bytes.subarray(0, table.at), writer.at);
    writer.at += table.at;
    return FSE_MODE;
  }

  /** Goes to the state of a sequence, from that of the one after it. */
  writeState(writer: BitWriter, i: number): void {
    if (!this.#encoder) return;
    const code = this.#codes[i];
    this.#state = i === this.#last
      ? this.#encoder.begin(code)
      : this.#encoder.next(writer, this.#state, code);
  }

  /** Writes what the code of a value leaves open. */
  writeExtra(writer: BitWriter, value: number, i: number): void {
    const code = this.#codes[i];
    const count = this.#extraBits[code];
    const extra = value - this.#bases[code];
    if (count <= 16) writer.add(extra, count);
    else {
      writer.add(extra & 0xFFFF, 16);
      writer.add(extra >>> 16, count - 16);
    }
  }

  /** Writes the state of the first sequence. */
  end(writer: BitWriter): void {
    this.#encoder?.end(writer, this.#state);
  }
}

/** Bits that codes take by a table; infinitely many where it lacks one. */
function bitsOf({ counts, last }: Histogram, shares: ArrayLike<number>, log: number): number {
  let bits = 0;
  for (let code = 0; code <= last; code++) {
    if (counts[code] === 0) continue;
    const share = Math.abs(shares[code] ?? 0);
    bits += counts[code] * (log - Math.log2(share));
  }
  return bits;
}
