import { corruptError } from "../codec.ts";

/** Zero bytes to have before and after bit streams, so that reading 32 bits at any place stays inside. */
export const MARGIN = 8;

/** Bytes that bit streams are read from, with {@linkcode MARGIN} on both sides. */
export interface Bits {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A decoding table of finite state entropy (RFC 8878, 4.1): for each state its symbol, and how the next is found. */
export interface FseTable {
  readonly accuracyLog: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
  readonly baselines: Uint16Array;
}

/** The number of a stream's first bit when it is read backwards: below the highest bit set in its last byte, which marks the end. */
export function backwardStart({ bytes }: Bits, start: number, end: number): number {
  const last = end > start ? bytes[end - 1] : 0;
  if (last === 0) throw corruptError("Zstd", "a bit stream has no end mark");
  return end * 8 - Math.clz32(last) + 23;
}

/** A table from the number of states that each symbol has; -1 stands for less than one. */
export function fseTable(counts: ArrayLike<number>, accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const nextStates = new Uint16Array(counts.length);
  let high = size;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    nextStates[symbol] = Math.abs(counts[symbol]);
    if (counts[symbol] === -1) symbols[--high] = symbol;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    for (let i = 0; i < counts[symbol]; i++) {
      symbols[place] = symbol;
      do place = place + step & size - 1; while (place >= high);
    }
  }
  const bitCounts = new Uint8Array(size);
  const baselines = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const next = nextStates[symbols[state]]++;
    bitCounts[state] = accuracyLog - (31 - Math.clz32(next));
    baselines[state] = (next << bitCounts[state]) - size;
  }
  return { accuracyLog, symbols, bitCounts, baselines };
}

/** The table with one symbol only. */
export function rleTable(symbol: number): FseTable {
  return {
    accuracyLog: 0,
    symbols: Uint8Array.of(symbol),
    bitCounts: new Uint8Array(1),
    baselines: new Uint16Array(1),
  };
}

/**
 * Reads a table's description (RFC 8878, 4.1.1).
 *
 * @returns The table, and where the description ends.
 */
export function readFseTable(
  { view }: Bits,
  start: number,
  end: number,
  { symbolLimit, accuracyLimit }: { symbolLimit: number; accuracyLimit: number },
): { table: FseTable; end: number } {
  let at = start * 8;
  const peek = (count: number) => view.getUint32(at >>> 3, true) >>> (at & 7) & (1 << count) - 1;
  const take = (count: number) => {
    const value = peek(count);
    at += count;
    if (at > end * 8) throw corruptError("Zstd", "an entropy table is cut off");
    return value;
  };
  const accuracyLog = take(4) + 5;
  if (accuracyLog > accuracyLimit) throw corruptError("Zstd", "an entropy table is too large");
  const counts: number[] = [];
  let left = 1 << accuracyLog;
  while (left > 0) {
    if (counts.length >= symbolLimit) throw corruptError("Zstd", "an entropy table has too many symbols");
    // Values up to left + 1 are possible; the smaller ones are written with a bit less.
    const bits = 32 - Math.clz32(left + 1);
    const short = (1 << bits) - 1 - (left + 1);
    const low = peek(bits - 1);
    let value: number;
    if (low < short) {
      take(bits - 1);
      value = low;
    } else {
      value = take(bits);
      if (value >= 1 << bits - 1) value -= short;
    }
    const count = value - 1;
    counts.push(count);
    left -= Math.abs(count);
    if (count === 0) {
      for (let repeat = 3; repeat === 3;) {
        repeat = take(2);
        for (let i = 0; i < repeat; i++) counts.push(0);
      }
    }
  }
  if (left < 0 || counts.length > symbolLimit) throw corruptError("Zstd", "an entropy table is impossible");
  return { table: fseTable(counts, accuracyLog), end: at + 7 >>> 3 };
}

/** Longest code (RFC 8878, 4.2.1). */
const MAX_BITS = 11;
const MAX_WEIGHTS = 255;

/** A Huffman table: for each {@linkcode HuffmanTable.bits} bits, the symbol × 16 + the length of its code. */
export interface HuffmanTable {
  readonly bits: number;
  readonly entries: Uint16Array;
}

/** Reads a tree's description (RFC 8878, 4.2.1); says where it ends. */
export function readHuffmanTable(
  bits: Bits,
  start: number,
  end: number,
): { table: HuffmanTable; end: number } {
  if (start >= end) throw corruptError("Zstd", "a Huffman tree is cut off");
  const header = bits.bytes[start];
  const weights: number[] = [];
  let next: number;
  if (header >= 128) {
    const count = header - 127;
    next = start + 1 + (count + 1 >> 1);
    for (let i = 0; i < count; i++) {
      const pair = bits.bytes[start + 1 + (i >> 1)];
      weights.push(i % 2 ? pair & 15 : pair >> 4);
    }
  } else {
    next = start + 1 + header;
    if (next <= end) readWeights(bits, start + 1, next, weights);
  }
  if (next > end) throw corruptError("Zstd", "a Huffman tree is cut off");
  return { table: huffmanTable(weights), end: next };
}

/** Weights by two interleaved states (RFC 8878, 4.2.1.2). */
function readWeights(bits: Bits, start: number, end: number, weights: number[]): void {
  const { table, end: tableEnd } = readFseTable(bits, start, end, {
    symbolLimit: MAX_BITS + 2,
    accuracyLimit: 6,
  });
  const first = tableEnd * 8;
  let at = backwardStart(bits, tableEnd, end);
  const take = (count: number) => {
    at -= count;
    return bits.view.getUint32(at >>> 3, true) >>> (at & 7) & (1 << count) - 1;
  };
  if (at - first < 2 * table.accuracyLog) throw corruptError("Zstd", "a Huffman tree is cut off");
  const states = [take(table.accuracyLog), take(table.accuracyLog)];
  for (let turn = 0;; turn ^= 1) {
    const state = states[turn];
    weights.push(table.symbols[state]);
    if (weights.length >= MAX_WEIGHTS) throw corruptError("Zstd", "a Huffman tree has too many symbols");
    const count = table.bitCounts[state];
    if (at - first < count) {
      weights.push(table.symbols[states[turn ^ 1]]);
      return;
    }
    states[turn] = table.baselines[state] + take(count);
  }
}

function huffmanTable(weights: number[]): HuffmanTable {
  /** How many symbols have each weight. */
  const counts = new Array<number>(MAX_BITS + 2).fill(0);
  let sum = 0;
  for (const weight of weights) {
    if (weight > MAX_BITS) throw corruptError("Zstd", "a Huffman code is too long");
    counts[weight] += 1;
    if (weight > 0) sum += 1 << weight - 1;
  }
  if (sum === 0) throw corruptError("Zstd", "a Huffman tree is empty");
  // The last symbol's weight isn't written: it fills up to a power of two.
  const bits = 32 - Math.clz32(sum);
  const rest = (1 << bits) - sum;
  if (bits > MAX_BITS || (rest & rest - 1) !== 0) throw corruptError("Zstd", "a Huffman tree is impossible");
  const last = 32 - Math.clz32(rest);
  weights.push(last);
  counts[last] += 1;
  if (counts[1] < 2 || counts[1] % 2 !== 0) throw corruptError("Zstd", "a Huffman tree is impossible");
  /** Where the next symbol of each weight goes: light ones first, symbols of one weight in their order. */
  const places = [0, 0];
  for (let weight = 1; weight <= bits; weight++) {
    places.push(places[weight] + (counts[weight] << weight - 1));
  }
  const entries = new Uint16Array(1 << bits);
  for (let symbol = 0; symbol < weights.length; symbol++) {
    const weight = weights[symbol];
    if (weight === 0) continue;
    const entry = symbol << 4 | bits + 1 - weight;
    const end = places[weight] + (1 << weight - 1);
    for (let place = places[weight]; place < end; place++) entries[place] = entry;
    places[weight] = end;
  }
  return { bits, entries };
}

/** One stream of Huffman codes: where it begins in the block, and what is left of it to read and write. */
interface HuffmanStream {
  readonly start: number;
  /** The number of the bit behind the next code, which is read backwards. */
  readonly at: number;
  /** Where the next symbol goes. */
  readonly place: number;
  readonly to: number;
}

/** Decodes one stream into `output` from `place` to `to`, which it must fill exactly, using up all of its bits. */
export function decodeHuffman(
  bits: Bits,
  start: number,
  end: number,
  table: HuffmanTable,
  output: Uint8Array,
  to: number,
): void {
  finishHuffman(bits, { start, at: backwardStart(bits, start, end), place: 0, to }, table, output);
}

/**
 * Decodes the four streams of a block's literals, which begin at `starts` and end where the next begins: all at once, two symbols of each in
 * turn, since each symbol waits for the one before it.
 *
 * @param starts Five places: the last is where the block's literals end.
 */
export function decodeFourHuffman(
  bits: Bits,
  starts: readonly number[],
  table: HuffmanTable,
  output: Uint8Array,
  length: number,
): void {
  const { view } = bits;
  const { bits: width, entries } = table;
  const quarter = length + 3 >> 2;
  const [first0, first1, first2, first3] = starts.map((start) => start * 8 + 2 * MAX_BITS);
  let [at0, at1, at2, at3] = [0, 1, 2, 3].map((i) => backwardStart(bits, starts[i], starts[i + 1]));
  const mask = (1 << width) - 1;
  let place = 0;
  // The last stream may be shorter than the others.
  const last = length - 3 * quarter - 1;
  while (place < last && at0 >= first0 && at1 >= first1 && at2 >= first2 && at3 >= first3) {
    // A word holds two codes for certain: `top` is how many of its bits belong to the stream.
    let byte = at0 - 25 >>> 3;
    let word = view.getUint32(byte, true);
    let top = at0 - 8 * byte;
    let entry = entries[word >>> top - width & mask];
    output[place] = entry >> 4;
    top -= entry & 15;
    entry = entries[word >>> top - width & mask];
    output[place + 1] = entry >> 4;
    at0 = 8 * byte + top - (entry & 15);

    byte = at1 - 25 >>> 3;
    word = view.getUint32(byte, true);
    top = at1 - 8 * byte;
    entry = entries[word >>> top - width & mask];
    output[place + quarter] = entry >> 4;
    top -= entry & 15;
    entry = entries[word >>> top - width & mask];
    output[place + quarter + 1] = entry >> 4;
    at1 = 8 * byte + top - (entry & 15);

    byte = at2 - 25 >>> 3;
    word = view.getUint32(byte, true);
    top = at2 - 8 * byte;
    entry = entries[word >>> top - width & mask];
    output[place + 2 * quarter] = entry >> 4;
    top -= entry & 15;
    entry = entries[word >>> top - width & mask];
    output[place + 2 * quarter + 1] = entry >> 4;
    at2 = 8 * byte + top - (entry & 15);

    byte = at3 - 25 >>> 3;
    word = view.getUint32(byte, true);
    top = at3 - 8 * byte;
    entry = entries[word >>> top - width & mask];
    output[place + 3 * quarter] = entry >> 4;
    top -= entry & 15;
    entry = entries[word >>> top - width & mask];
    output[place + 3 * quarter + 1] = entry >> 4;
    at3 = 8 * byte + top - (entry & 15);
    place += 2;
  }
  for (const [i, at] of [at0, at1, at2, at3].entries()) {
    const to = i < 3 ? (i + 1) * quarter : length;
    finishHuffman(bits, { start: starts[i], at, place: i * quarter + place, to }, table, output);
  }
}

function finishHuffman(
  { view }: Bits,
  { start, at, place, to }: HuffmanStream,
  { bits: width, entries }: HuffmanTable,
  output: Uint8Array,
): void {
  const first = start * 8;
  const mask = (1 << width) - 1;
  for (const safe = first + width; place < to && at >= safe;) {
    const peekAt = at - width;
    const entry = entries[view.getUint32(peekAt >>> 3, true) >>> (peekAt & 7) & mask];
    output[place++] = entry >> 4;
    at -= entry & 15;
  }
  while (place < to) {
    // Fewer bits are left than a code may have: zeros stand for the others.
    const left = at - first;
    if (left <= 0) break;
    const value = view.getUint32(start, true) & (1 << left) - 1;
    const entry = entries[value << width - left];
    if ((entry & 15) > left) break;
    output[place++] = entry >> 4;
    at -= entry & 15;
  }
  if (place !== to || at !== first) throw corruptError("Zstd", "literals don't end where they should");
}
