/** Writes bits, the lowest first. What would not fit is counted and not written. */
export class BitWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the next byte goes. */
  at: number;
  #bits = 0;
  #count = 0;

  /** Into `bytes`, from a place on. */
  constructor(bytes: Uint8Array<ArrayBuffer>, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Writes the low bits of a value, which has no others; at most 24. */
  add(value: number, count: number): void {
    this.#bits |= value << this.#count;
    this.#count += count;
    while (this.#count >= 8) {
      this.bytes[this.at++] = this.#bits;
      this.#bits >>>= 8;
      this.#count -= 8;
    }
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.#count > 0) this.bytes[this.at++] = this.#bits;
    this.#bits = this.#count = 0;
  }

  /** Ends a stream that is read backwards: it begins with a 1. */
  close(): void {
    this.add(1, 1);
    this.align();
  }
}

/** How often each symbol comes, and how many symbols there are. */
export interface Histogram {
  readonly counts: Uint32Array;
  readonly total: number;
  /** The largest symbol that comes. */
  readonly last: number;
}

/** Counts the symbols below a limit. */
export function countSymbols(symbols: Uint8Array, limit: number): Histogram {
  const counts = new Uint32Array(limit);
  for (let i = 0; i < symbols.byteLength; i++) counts[symbols[i]]++;
  return { counts, total: symbols.byteLength, last: counts.findLastIndex((count) => count > 0) };
}

/** Shares of 2 to the power of `log` that are about as the counts are; each symbol that comes has one at least. */
export function sharesOf({ counts, total, last }: Histogram, log: number): Int16Array {
  const size = 2 ** log;
  const shares = Int16Array.from(
    counts.subarray(0, last + 1),
    (count) => count === 0 ? 0 : Math.max(1, Math.floor(count * size / total)),
  );
  let rest = size - shares.reduce((sum, share) => sum + share, 0);
  // To the largest, which is hurt least.
  while (rest !== 0) {
    const largest = shares.indexOf(Math.max(...shares));
    const change = rest > 0 ? rest : Math.max(rest, -(shares[largest] >> 2), 1 - shares[largest]) || -1;
    shares[largest] += change;
    rest -= change;
  }
  return shares;
}

/** The log of shares that suits a histogram: enough for all symbols, and no more than the data are worth. */
export function logFor({ counts, total, last }: Histogram, most: number): number {
  const symbols = counts.subarray(0, last + 1).reduce((sum, count) => sum + Number(count > 0), 0);
  const least = Math.max(5, 32 - Math.clz32(symbols - 1) + 1);
  return Math.min(most, Math.max(least, 31 - Math.clz32(total) - 2));
}

/** An encoder's FSE table: the twin of the one that `fseTable` makes. */
export class FseEncoder {
  readonly log: number;
  readonly #states: Uint16Array;
  readonly #bits: Int32Array;
  readonly #first: Int32Array;

  /** By shares, which may be -1: less than one. */
  constructor(shares: ArrayLike<number>, log: number) {
    this.log = log;
    const size = 2 ** log;
    this.#states = new Uint16Array(size);
    this.#bits = new Int32Array(shares.length);
    this.#first = new Int32Array(shares.length);
    const symbols = new Uint8Array(size);
    let high = size - 1;
    for (let symbol = 0; symbol < shares.length; symbol++) {
      if (shares[symbol] === -1) symbols[high--] = symbol;
    }
    const step = (size >> 1) + (size >> 3) + 3;
    let at = 0;
    for (let symbol = 0; symbol < shares.length; symbol++) {
      for (let i = 0; i < shares[symbol]; i++) {
        symbols[at] = symbol;
        do at = at + step & size - 1; while (at > high);
      }
    }
    const next = new Int32Array(shares.length);
    let total = 0;
    for (let symbol = 0; symbol < shares.length; symbol++) {
      const share = Math.abs(shares[symbol]);
      next[symbol] = total;
      if (share === 0) continue;
      const most = share === 1 ? log : log - (31 - Math.clz32(share - 1));
      // Larger states give one bit more than smaller ones: the carry of this sum into the upper half tells which.
      this.#bits[symbol] = (most << 16) - (share << most);
      this.#first[symbol] = total - share;
      total += share;
    }
    for (let i = 0; i < size; i++) this.#states[next[symbols[i]]++] = size + i;
  }

  /** The state that the last symbol, which is read first of all, begins with. */
  begin(symbol: number): number {
    const count = this.#bits[symbol] + (1 << 15) >> 16;
    const value = (count << 16) - this.#bits[symbol];
    return this.#states[(value >> count) + this.#first[symbol]];
  }

  /** Writes what leads from a symbol's state to the present one, and gives that state. */
  next(writer: BitWriter, state: number, symbol: number): number {
    const count = state + this.#bits[symbol] >> 16;
    writer.add(state & (1 << count) - 1, count);
    return this.#states[(state >> count) + this.#first[symbol]];
  }

  /** Writes the state that is read first. */
  end(writer: BitWriter, state: number): void {
    writer.add(state & (1 << this.log) - 1, this.log);
  }
}

/** Writes shares as RFC 8878, 4.1.1 has them. */
export function writeShares(writer: BitWriter, shares: ArrayLike<number>, log: number): void {
  writer.add(log - 5, 4);
  let remaining = 2 ** log + 1;
  let threshold = 2 ** log;
  let bits = log + 1;
  let afterZero = false;
  for (let symbol = 0; remaining > 1; symbol++) {
    if (afterZero) {
      const start = symbol;
      while (shares[symbol] === 0) symbol++;
      let zeros = symbol - start;
      for (; zeros >= 3; zeros -= 3) writer.add(3, 2);
      writer.add(zeros, 2);
    }
    const most = 2 * threshold - 1 - remaining;
    remaining -= Math.abs(shares[symbol]);
    let value = shares[symbol] + 1;
    if (value >= threshold) value += most;
    writer.add(value, value < most ? bits - 1 : bits);
    afterZero = shares[symbol] === 0;
    for (; remaining < threshold; threshold >>= 1) bits--;
  }
  writer.align();
}

/** No Huffman code is longer (RFC 8878, 4.2.1). */
const CODE_LIMIT = 11;
/** The most that a header says directly. */
const DIRECT_LIMIT = 128;

/** A Huffman code for bytes. */
export interface HuffmanCode {
  readonly codes: Uint16Array;
  /** Bits by byte; 0 for those that don't come. */
  readonly lengths: Uint8Array;
  /** The code as a block has it, before its streams; `undefined` where it can't be told. */
  readonly description: Uint8Array<ArrayBuffer> | undefined;
}

/** The code that suits the counts of two bytes or more. */
export function huffmanCode({ counts, last }: Histogram): HuffmanCode {
  const lengths = huffmanLengths(counts);
  const longest = lengths.reduce((a, b) => Math.max(a, b));
  // The longest codes come first, and each length in the order of the bytes.
  const codes = new Uint16Array(256);
  let code = 0;
  for (let length = longest; length > 0; length--) {
    for (let byte = 0; byte < 256; byte++) if (lengths[byte] === length) codes[byte] = code++;
    code >>= 1;
  }
  // The weight of the last byte follows from the others.
  const weights = lengths.subarray(0, last).map((length) => length === 0 ? 0 : longest + 1 - length);
  return { codes, lengths, description: describeWeights(weights) };
}

function huffmanLengths(counts: Uint32Array): Uint8Array {
  for (
    let frequencies = counts;;
    frequencies = frequencies.map((count) => count === 0 ? 0 : count >> 1 | 1)
  ) {
    // What is joined is never rarer than what was joined before: leaves and inner nodes are two queues.
    const leaves = Array.from(frequencies.keys()).filter((byte) => frequencies[byte] > 0).sort((a, b) =>
      frequencies[a] - frequencies[b]
    );
    const parents = new Int32Array(2 * leaves.length);
    const weight = leaves.map((byte) => frequencies[byte]);
    let leaf = 0;
    let inner = leaves.length;
    while (weight.length < 2 * leaves.length - 1) {
      const parent = weight.length;
      let sum = 0;
      for (let i = 0; i < 2; i++) {
        const child = leaf < leaves.length && (inner >= parent || weight[leaf] <= weight[inner])
          ? leaf++
          : inner++;
        parents[child] = parent;
        sum += weight[child];
      }
      weight.push(sum);
    }
    const depths = new Uint8Array(weight.length);
    for (let node = weight.length - 2; node >= 0; node--) depths[node] = depths[parents[node]] + 1;
    if (depths.reduce((a, b) => Math.max(a, b)) > CODE_LIMIT) continue;
    const lengths = new Uint8Array(256);
    leaves.forEach((byte, i) => lengths[byte] = depths[i]);
    return lengths;
  }
}

function describeWeights(weights: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const compressed = compressWeights(weights);
  const direct = 1 + (weights.byteLength + 1 >> 1);
  if (compressed && compressed.byteLength < direct) return compressed;
  if (weights.byteLength > DIRECT_LIMIT) return undefined;
  const bytes = new Uint8Array(direct);
  bytes[0] = 127 + weights.byteLength;
  weights.forEach((weight, i) => bytes[1 + (i >> 1)] |= i & 1 ? weight : weight << 4);
  return bytes;
}

function compressWeights(weights: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (weights.byteLength < 2) return undefined;
  const counted = countSymbols(weights, CODE_LIMIT + 2);
  if (counted.counts[counted.last] === weights.byteLength) return undefined;
  const log = logFor(counted, 6);
  const shares = sharesOf(counted, log);
  const writer = new BitWriter(new Uint8Array(DIRECT_LIMIT), 1);
  writeShares(writer, shares, log);
  const encoder = new FseEncoder(shares, log);
  // Two states take turns, the first with the even places.
  const states = [-1, -1];
  for (let i = weights.byteLength - 1; i >= 0; i--) {
    states[i & 1] = states[i & 1] < 0
      ? encoder.begin(weights[i])
      : encoder.next(writer, states[i & 1], weights[i]);
  }
  encoder.end(writer, states[1]);
  encoder.end(writer, states[0]);
  writer.close();
  if (writer.at > DIRECT_LIMIT) return undefined;
  writer.bytes[0] = writer.at - 1;
  return writer.bytes.slice(0, writer.at);
}

/** Writes bytes by their codes, as one stream. */
export function writeHuffman(writer: BitWriter, { codes, lengths }: HuffmanCode, bytes: Uint8Array): void {
  for (let i = bytes.byteLength - 1; i >= 0; i--) writer.add(codes[bytes[i]], lengths[bytes[i]]);
  writer.close();
}
