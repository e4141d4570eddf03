import { corruptError } from "../codec.ts";

/** Most bytes that an LZMA2 chunk decodes to. */
const CHUNK_LIMIT = 2 * 1024 * 1024;

const STATES = 12;
const POSITION_STATES = 16;
const LENGTH_STATES = 4;
const SHORTEST_MATCH = 2;
/** Distances from this slot on have direct bits. */
const DIRECT_SLOT = 14;
const ALIGN_BITS = 4;
const LITERAL_CODER = 0x300;
/** Probabilities are 11 bits; all start at one half. */
const PROBABILITY_BITS = 11;
const HALF = 1 << PROBABILITY_BITS - 1;
const ADAPT_SHIFT = 5;
const TOP = 2 ** 24;

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(HALF);
}

/** Probabilities of a match's length. */
interface LengthCoder {
  readonly choice: Uint16Array;
  readonly low: Uint16Array;
  readonly middle: Uint16Array;
  readonly high: Uint16Array;
}

function lengthCoder(): LengthCoder {
  return {
    choice: probabilities(2),
    low: probabilities(POSITION_STATES << 3),
    middle: probabilities(POSITION_STATES << 3),
    high: probabilities(1 << 8),
  };
}

/** Everything that a state reset sets back. */
function freshModel(literalBits: number) {
  return {
    isMatch: probabilities(STATES * POSITION_STATES),
    isRepeat: probabilities(STATES),
    isRepeat0: probabilities(STATES),
    isRepeat1: probabilities(STATES),
    isRepeat2: probabilities(STATES),
    isLongRepeat0: probabilities(STATES * POSITION_STATES),
    slots: probabilities(LENGTH_STATES << 6),
    special: probabilities(128),
    align: probabilities(1 << ALIGN_BITS),
    match: lengthCoder(),
    repeat: lengthCoder(),
    literals: probabilities(LITERAL_CODER << literalBits),
    state: 0,
    distances: [0, 0, 0, 0],
  };
}

/**
 * Decodes LZMA2 chunks (the xz file format's one common filter; LZMA itself after Igor Pavlov's public specification). Each chunk is given whole, with
 * its lengths, by the container around it.
 */
export class Lzma2 {
  readonly #dictionarySize: number;
  #model: ReturnType<typeof freshModel> | undefined;
  #literalContext = 0;
  #literalPosition = 0;
  #positionMask = 0;

  /** The end of what was decoded, as far back as a match may reach, then what is being decoded. */
  #window: Uint8Array<ArrayBuffer>;
  #at = 0;
  /** How far back a match may reach: what there is since the last reset of the dictionary. */
  #reach = 0;
  #needsReset = true;

  #input: Uint8Array = new Uint8Array(0);
  #next = 0;
  #range = 0;
  #code = 0;

  /** A decoder whose matches reach `dictionarySize` bytes back. */
  constructor(dictionarySize: number) {
    this.#dictionarySize = dictionarySize;
    this.#window = new Uint8Array(Math.min(dictionarySize, 64 * 1024));
  }

  /** A chunk that is stored as it is. */
  stored(bytes: Uint8Array, resetDictionary: boolean): Uint8Array<ArrayBuffer> {
    this.#begin(bytes.length, resetDictionary);
    this.#window.set(bytes, this.#at);
    this.#advance(bytes.length);
    return this.#window.slice(this.#at - bytes.length, this.#at);
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
    if (control >= 0xA0) {
      if (properties === undefined && !this.#model) {
        throw corruptError("LZMA", "a chunk before the properties");
      }
      this.#model = freshModel(this.#literalContext + this.#literalPosition);
    }
    if (!this.#model) throw corruptError("LZMA", "a chunk that goes on from none");
    this.#input = input;
    this.#startRange();
    this.#decode(length, this.#model);
    if (this.#next !== input.length || this.#code !== 0) {
      throw corruptError("LZMA", "a chunk doesn't end where it says");
    }
    return this.#window.slice(this.#at - length, this.#at);
  }

  #setProperties(properties: number): void {
    if (properties >= 9 * 5 * 5) throw corruptError("LZMA", "impossible properties");
    this.#literalContext = properties % 9;
    this.#literalPosition = Math.floor(properties / 9) % 5;
    this.#positionMask = (1 << Math.floor(properties / 45)) - 1;
    if (this.#literalContext + this.#literalPosition > 4) throw corruptError("LZMA", "impossible properties");
  }

  /** Makes room for a chunk. */
  #begin(length: number, resetDictionary: boolean): void {
    if (resetDictionary) {
      this.#reach = 0;
      this.#needsReset = false;
      this.#model = undefined;
    } else if (this.#needsReset) {
      throw corruptError("LZMA", "the first chunk doesn't begin anew");
    }
    if (this.#at + length <= this.#window.length) return;
    const kept = Math.min(this.#reach, this.#dictionarySize);
    const history = this.#window.subarray(this.#at - kept, this.#at);
    const needed = kept + length;
    if (needed > this.#window.length / 2 && this.#window.length < this.#dictionarySize + 4 * CHUNK_LIMIT) {
      this.#window = new Uint8Array(Math.min(needed * 2, this.#dictionarySize + 4 * CHUNK_LIMIT));
      this.#window.set(history);
    } else {
      this.#window.copyWithin(0, this.#at - kept, this.#at);
    }
    this.#at = kept;
  }

  #advance(length: number): void {
    this.#at += length;
    this.#reach += length;
  }

  #startRange(): void {
    const input = this.#input;
    if (input.length < 5 || input[0] !== 0) throw corruptError("LZMA", "a chunk doesn't begin as it must");
    this.#range = 0xFFFFFFFF;
    this.#code = (input[1] << 24 | input[2] << 16 | input[3] << 8 | input[4]) >>> 0;
    this.#next = 5;
  }

  #normalize(): void {
    if (this.#range < TOP) {
      // Reading past the end gives zeros here and is found out at the chunk's end.
      this.#range = this.#range * 256;
      this.#code = (this.#code << 8 | this.#input[this.#next++]) >>> 0;
    }
  }

  #bit(model: Uint16Array, index: number): number {
    const probability = model[index];
    const bound = (this.#range >>> PROBABILITY_BITS) * probability;
    let bit: number;
    if (this.#code < bound) {
      this.#range = bound;
      model[index] = probability + ((1 << PROBABILITY_BITS) - probability >> ADAPT_SHIFT);
      bit = 0;
    } else {
      this.#range -= bound;
      this.#code -= bound;
      model[index] = probability - (probability >> ADAPT_SHIFT);
      bit = 1;
    }
    this.#normalize();
    return bit;
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

  #tree(model: Uint16Array, start: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = node << 1 | this.#bit(model, start + node);
    return node - (1 << bits);
  }

  #reverseTree(model: Uint16Array, start: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(model, start + node);
      node = node << 1 | bit;
      value |= bit << i;
    }
    return value;
  }

  #length(coder: LengthCoder, positionState: number): number {
    if (!this.#bit(coder.choice, 0)) return SHORTEST_MATCH + this.#tree(coder.low, positionState << 3, 3);
    if (!this.#bit(coder.choice, 1)) {
      return SHORTEST_MATCH + 8 + this.#tree(coder.middle, positionState << 3, 3);
    }
    return SHORTEST_MATCH + 16 + this.#tree(coder.high, 0, 8);
  }

  #distance(model: ReturnType<typeof freshModel>, length: number): number {
    const slot = this.#tree(model.slots, Math.min(length - SHORTEST_MATCH, LENGTH_STATES - 1) << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | slot & 1) * 2 ** bits;
    if (slot < DIRECT_SLOT) return base + this.#reverseTree(model.special, base - slot, bits);
    return base + this.#directBits(bits - ALIGN_BITS) * 2 ** ALIGN_BITS +
      this.#reverseTree(model.align, 0, ALIGN_BITS);
  }

  #literal(model: ReturnType<typeof freshModel>, position: number): void {
    const window = this.#window;
    const previous = this.#reach > 0 ? window[this.#at - 1] : 0;
    const start = LITERAL_CODER *
      (((position & (1 << this.#literalPosition) - 1) << this.#literalContext) +
        (previous >> 8 - this.#literalContext));
    let symbol = 1;
    if (model.state >= 7) {
      let matched = window[this.#at - model.distances[0] - 1];
      while (symbol < 0x100) {
        const matchedBit = matched >> 7 & 1;
        matched <<= 1;
        const bit = this.#bit(model.literals, start + (1 + matchedBit << 8) + symbol);
        symbol = symbol << 1 | bit;
        if (matchedBit !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = symbol << 1 | this.#bit(model.literals, start + symbol);
    window[this.#at] = symbol;
    this.#advance(1);
    model.state = model.state < 4 ? 0 : model.state < 10 ? model.state - 3 : model.state - 6;
  }

  #decode(length: number, model: ReturnType<typeof freshModel>): void {
    const { distances } = model;
    const end = this.#at + length;
    while (this.#at < end) {
      // The position counts from the last reset of the dictionary.
      const positionState = this.#reach & this.#positionMask;
      const place = model.state * POSITION_STATES + positionState;
      if (!this.#bit(model.isMatch, place)) {
        this.#literal(model, this.#reach);
        continue;
      }
      let matchLength: number;
      if (!this.#bit(model.isRepeat, model.state)) {
        matchLength = this.#length(model.match, positionState);
        model.state = model.state < 7 ? 7 : 10;
        distances.unshift(this.#distance(model, matchLength));
        distances.length = 4;
      } else {
        let short = false;
        if (!this.#bit(model.isRepeat0, model.state)) {
          short = !this.#bit(model.isLongRepeat0, place);
        } else {
          const which = !this.#bit(model.isRepeat1, model.state)
            ? 1
            : 2 + this.#bit(model.isRepeat2, model.state);
          distances.unshift(...distances.splice(which, 1));
        }
        if (short) {
          matchLength = 1;
          model.state = model.state < 7 ? 9 : 11;
        } else {
          matchLength = this.#length(model.repeat, positionState);
          model.state = model.state < 7 ? 8 : 11;
        }
      }
      this.#copy(distances[0] + 1, matchLength, end);
    }
  }

  #copy(distance: number, length: number, end: number): void {
    if (distance > this.#reach || distance > this.#dictionarySize) {
      throw corruptError("LZMA", "a match refers to before the data");
    }
    if (this.#at + length > end) throw corruptError("LZMA", "a match goes on beyond its chunk");
    const window = this.#window;
    for (let to = this.#at, from = to - distance, i = 0; i < length; i++) window[to + i] = window[from + i];
    this.#advance(length);
  }
}
