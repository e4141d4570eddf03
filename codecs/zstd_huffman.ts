import { corrupt } from "./stage.ts";
import { backwardStart, type Bits, readFseTable } from "./zstd_fse.ts";

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
  if (start >= end) throw corrupt("Zstd", "a Huffman tree is cut off");
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
  if (next > end) throw corrupt("Zstd", "a Huffman tree is cut off");
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
  if (at - first < 2 * table.accuracyLog) throw corrupt("Zstd", "a Huffman tree is cut off");
  const states = [take(table.accuracyLog), take(table.accuracyLog)];
  for (let turn = 0;; turn ^= 1) {
    const state = states[turn];
    weights.push(table.symbols[state]);
    if (weights.length >= MAX_WEIGHTS) throw corrupt("Zstd", "a Huffman tree has too many symbols");
    const count = table.bitCounts[state];
    if (at - first < count) {
      weights.push(table.symbols[states[turn ^ 1]]);
      return;
    }
    states[turn] = table.baselines[state] + take(count);
  }
}

function huffmanTable(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > MAX_BITS) throw corrupt("Zstd", "a Huffman code is too long");
    if (weight > 0) sum += 1 << weight - 1;
  }
  if (sum === 0) throw corrupt("Zstd", "a Huffman tree is empty");
  // The last symbol's weight isn't written: it fills up to a power of two.
  const bits = 32 - Math.clz32(sum);
  const rest = (1 << bits) - sum;
  if (bits > MAX_BITS || (rest & rest - 1) !== 0) throw corrupt("Zstd", "a Huffman tree is impossible");
  const all = [...weights, 32 - Math.clz32(rest)];
  const longest = all.filter((weight) => weight === 1).length;
  if (longest < 2 || longest % 2 !== 0) throw corrupt("Zstd", "a Huffman tree is impossible");
  const entries = new Uint16Array(1 << bits);
  let at = 0;
  for (let weight = 1; weight <= bits; weight++) {
    for (let symbol = 0; symbol < all.length; symbol++) {
      if (all[symbol] !== weight) continue;
      entries.fill(symbol << 4 | bits + 1 - weight, at, at += 1 << weight - 1);
    }
  }
  return { bits, entries };
}

/** Decodes one stream into `output`, which it must fill exactly, using up all of its bits. */
export function decodeHuffman(
  bits: Bits,
  start: number,
  end: number,
  { bits: width, entries }: HuffmanTable,
  output: Uint8Array,
  from: number,
  to: number,
): void {
  const { view } = bits;
  const first = start * 8;
  const mask = (1 << width) - 1;
  let at = backwardStart(bits, start, end);
  let place = from;
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
  if (place !== to || at !== first) throw corrupt("Zstd", "literals don't end where they should");
}
