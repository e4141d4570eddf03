import { corrupt } from "./stage.ts";

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
  if (last === 0) throw corrupt("Zstd", "a bit stream has no end mark");
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
    if (at > end * 8) throw corrupt("Zstd", "an entropy table is cut off");
    return value;
  };
  const accuracyLog = take(4) + 5;
  if (accuracyLog > accuracyLimit) throw corrupt("Zstd", "an entropy table is too large");
  const counts: number[] = [];
  let left = 1 << accuracyLog;
  while (left > 0) {
    if (counts.length >= symbolLimit) throw corrupt("Zstd", "an entropy table has too many symbols");
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
  if (left < 0 || counts.length > symbolLimit) throw corrupt("Zstd", "an entropy table is impossible");
  return { table: fseTable(counts, accuracyLog), end: at + 7 >>> 3 };
}
