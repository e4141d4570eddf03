import { corruptError } from "./codec.ts";

/** Most bytes that an LZMA2 chunk decodes to. */
const CHUNK_LIMIT = 2 * 1024 * 1024;
const SHORTEST_MATCH = 2;
/** Distances from this slot on have direct bits. */
const DIRECT_SLOT = 14;
const ALIGN_BITS = 4;
/** Probabilities are 11 bits; all start at one half. */
const PROBABILITY_BITS = 11;
const HALF = 1 << PROBABILITY_BITS - 1;
const ADAPT_SHIFT = 5;
const TOP = 2 ** 24;

/** Where the probabilities of each decision lie, one kind after the other: for 12 states, and for 16 positions of an item where those count. */
const IS_MATCH = 0;
const IS_REPEAT = IS_MATCH + 12 * 16;
const IS_REPEAT_0 = IS_REPEAT + 12;
const IS_REPEAT_1 = IS_REPEAT_0 + 12;
const IS_REPEAT_2 = IS_REPEAT_1 + 12;
const IS_LONG_REPEAT_0 = IS_REPEAT_2 + 12;
const DISTANCE_SLOTS = IS_LONG_REPEAT_0 + 12 * 16;
const DISTANCE_SPECIAL = DISTANCE_SLOTS + 4 * 64;
const DISTANCE_ALIGN = DISTANCE_SPECIAL + 128;
const MATCH_LENGTH = DISTANCE_ALIGN + 16;
const REPEAT_LENGTH = MATCH_LENGTH + 2 + 2 * 128 + 256;
const LITERALS = REPEAT_LENGTH + 2 + 2 * 128 + 256;
const LITERAL_CODER = 0x300;
/** Literals are told apart by at most so many bits, of the byte before and of their position. */
const LITERAL_BITS_LIMIT = 4;

/** Decodes LZMA2 chunks (LZMA itself after Igor Pavlov's public specification). Each is given whole, with its lengths, by the container. */
export class Lzma2 {
  readonly #dictionarySize: number;
  readonly #probabilities = new Uint16Array(LITERALS + (LITERAL_CODER << LITERAL_BITS_LIMIT));
  #state = 0;
  #distances = [0, 0, 0, 0];
  /** What the next chunk must bring. */
  #needs: "dictionary" | "properties" | "nothing" = "dictionary";
  #literalContext = 0;
  #literalPosition = 0;
  #positionMask = 0;

  /** The end of what was decoded, as far back as a match may reach, then what is being decoded. */
  #window = new Uint8Array(0);
  #at = 0;
  /** What there is since the last reset of the dictionary, from which positions count. */
  #reach = 0;

  #input: Uint8Array = new Uint8Array(0);
  #next = 0;
  #range = 0;
  #code = 0;

  /** A decoder whose matches reach `dictionarySize` bytes back. */
  constructor(dictionarySize: number) {
    this.#dictionarySize = dictionarySize;
  }

  /** A chunk that is stored as it is. */
  stored(bytes: Uint8Array, resetDictionary: boolean): Uint8Array<ArrayBuffer> {
    this.#begin(bytes.byteLength, resetDictionary);
    this.#window.set(bytes, this.#at);
    this.#at += bytes.byteLength;
    this.#reach += bytes.byteLength;
    return this.#window.slice(this.#at - bytes.byteLength, this.#at);
  }

  /**
   * A chunk of LZMA.
   *
   * @param control The chunk's control byte: which resets it asks for.
   * @param properties The byte with lc, lp and pb, where the chunk has one.
   */
  compressed(
    input: Uint8Array,
    length: number,
    control: number,
    properties?: number,
  ): Uint8Array<ArrayBuffer> {
    this.#begin(length, control >= 0xE0);
    if (properties !== undefined) this.#setProperties(properties);
    if (this.#needs !== "nothing") throw corruptError("LZMA", "a chunk before the properties");
    if (control >= 0xA0) {
      this.#probabilities.fill(HALF);
      this.#state = 0;
      this.#distances = [0, 0, 0, 0];
    }
    if (input.byteLength < 5 || input[0] !== 0) {
      throw corruptError("LZMA", "a chunk doesn't begin as it must");
    }
    this.#input = input;
    this.#range = 0xFFFFFFFF;
    this.#code = (input[1] << 24 | input[2] << 16 | input[3] << 8 | input[4]) >>> 0;
    this.#next = 5;
    const end = this.#at + length;
    // Bytes that aren't there would be decoded as zeros, for as long as a length that lies has it.
    while (this.#at < end && this.#next <= input.byteLength) this.#decodeNext(end);
    if (this.#next !== input.byteLength || this.#code !== 0) {
      throw corruptError("LZMA", "a chunk doesn't end where it says");
    }
    return this.#window.slice(end - length, end);
  }

  /** Makes room for a chunk. */
  #begin(length: number, resetDictionary: boolean): void {
    if (resetDictionary) {
      this.#reach = 0;
      this.#needs = "properties";
    } else if (this.#needs === "dictionary") {
      throw corruptError("LZMA", "the first chunk doesn't begin anew");
    }
    if (this.#at + length <= this.#window.byteLength) return;
    const kept = Math.min(this.#reach, this.#dictionarySize);
    const wanted = Math.min(2 * (kept + length), this.#dictionarySize + 4 * CHUNK_LIMIT);
    const history = this.#window.subarray(this.#at - kept, this.#at);
    if (wanted > this.#window.byteLength) this.#window = new Uint8Array(wanted);
    this.#window.set(history);
    this.#at = kept;
  }

  #setProperties(properties: number): void {
    this.#literalContext = properties % 9;
    this.#literalPosition = Math.floor(properties / 9) % 5;
    this.#positionMask = (1 << Math.floor(properties / 45)) - 1;
    if (properties >= 9 * 5 * 5 || this.#literalContext + this.#literalPosition > LITERAL_BITS_LIMIT) {
      throw corruptError("LZMA", "impossible properties");
    }
    this.#needs = "nothing";
  }

  /** Decodes a literal or a match, which must not go beyond `end`. */
  #decodeNext(end: number): void {
    const positionState = this.#reach & this.#positionMask;
    const state = this.#state;
    const place = state * 16 + positionState;
    if (!this.#bit(IS_MATCH + place)) return this.#literal();
    const distances = this.#distances;
    if (!this.#bit(IS_REPEAT + state)) {
      const length = this.#length(MATCH_LENGTH, positionState);
      distances.unshift(this.#distance(length));
      distances.length = 4;
      this.#state = state < 7 ? 7 : 10;
      return this.#copy(length, end);
    }
    if (this.#bit(IS_REPEAT_0 + state)) {
      const which = this.#bit(IS_REPEAT_1 + state) ? 2 + this.#bit(IS_REPEAT_2 + state) : 1;
      distances.unshift(...distances.splice(which, 1));
    } else if (!this.#bit(IS_LONG_REPEAT_0 + place)) {
      this.#state = state < 7 ? 9 : 11;
      return this.#copy(1, end);
    }
    const length = this.#length(REPEAT_LENGTH, positionState);
    this.#state = state < 7 ? 8 : 11;
    this.#copy(length, end);
  }

  #literal(): void {
    const window = this.#window;
    const previous = this.#reach > 0 ? window[this.#at - 1] : 0;
    const coder = ((this.#reach & (1 << this.#literalPosition) - 1) << this.#literalContext) +
      (previous >> 8 - this.#literalContext);
    const start = LITERALS + LITERAL_CODER * coder;
    let symbol = 1;
    if (this.#state >= 7) {
      // After a match, the byte that it would have gone on with tells what is likely.
      let matched = window[this.#at - this.#distances[0] - 1];
      for (let same = true; same && symbol < 0x100; matched <<= 1) {
        const matchedBit = matched >> 7 & 1;
        const bit = this.#bit(start + (1 + matchedBit << 8) + symbol);
        symbol = symbol << 1 | bit;
        same = matchedBit === bit;
      }
    }
    while (symbol < 0x100) symbol = symbol << 1 | this.#bit(start + symbol);
    window[this.#at++] = symbol;
    this.#reach++;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** Copies from the latest distance. */
  #copy(length: number, end: number): void {
    const distance = this.#distances[0] + 1;
    if (distance > this.#reach || distance > this.#dictionarySize) {
      throw corruptError("LZMA", "a match refers to before the data");
    }
    if (this.#at + length > end) throw corruptError("LZMA", "a match goes on beyond its chunk");
    const window = this.#window;
    for (let to = this.#at, from = to - distance, i = 0; i < length; i++) window[to + i] = window[from + i];
    this.#at += length;
    this.#reach += length;
  }

  #length(start: number, positionState: number): number {
    const lengths = start + 2;
    if (!this.#bit(start)) return SHORTEST_MATCH + this.#tree(lengths + positionState * 8, 3);
    if (!this.#bit(start + 1)) return SHORTEST_MATCH + 8 + this.#tree(lengths + 128 + positionState * 8, 3);
    return SHORTEST_MATCH + 16 + this.#tree(lengths + 256, 8);
  }

  #distance(length: number): number {
    const slot = this.#tree(DISTANCE_SLOTS + Math.min(length - SHORTEST_MATCH, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | slot & 1) * 2 ** bits;
    if (slot < DIRECT_SLOT) return base + this.#reverseTree(DISTANCE_SPECIAL + base - slot, bits);
    return base + this.#directBits(bits - ALIGN_BITS) * 2 ** ALIGN_BITS +
      this.#reverseTree(DISTANCE_ALIGN, ALIGN_BITS);
  }

  #tree(start: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = node << 1 | this.#bit(start + node);
    return node - (1 << bits);
  }

  #reverseTree(start: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(start + node);
      node = node << 1 | bit;
      value |= bit << i;
    }
    return value;
  }

  #directBits(count: number): number {
    let value = 0;
    for (; count > 0; count--) {
      this.#range = this.#range >>> 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit) this.#code -= this.#range;
      value = value * 2 + bit;
      this.#normalize();
    }
    return value;
  }

  /** Decodes a decision by its probability, and adapts that. */
  #bit(index: number): number {
    const probability = this.#probabilities[index];
    const bound = (this.#range >>> PROBABILITY_BITS) * probability;
    const bit = this.#code < bound ? 0 : 1;
    if (bit === 0) {
      this.#range = bound;
      this.#probabilities[index] = probability + ((1 << PROBABILITY_BITS) - probability >> ADAPT_SHIFT);
    } else {
      this.#range -= bound;
      this.#code -= bound;
      this.#probabilities[index] = probability - (probability >> ADAPT_SHIFT);
    }
    this.#normalize();
    return bit;
  }

  #normalize(): void {
    if (this.#range >= TOP) return;
    // Reading past the end gives zeros here and is found out at the chunk's end.
    this.#range = this.#range * 256;
    this.#code = (this.#code << 8 | this.#input[this.#next++]) >>> 0;
  }
}
