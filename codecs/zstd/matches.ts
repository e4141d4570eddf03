import { lengthOf } from "../../lib/bytes.ts";
import { BLOCK_LIMIT } from "./frame.ts";

/** Bytes that are hashed, and so the least length of a match with what was not just matched. */
const HASHED = 5;
/** The least length of a match at a recent offset. */
const LEAST = 4;
/** No match begins in the last bytes of a block: words are read there. */
const TAIL = 8;
/** After 2 to the power of this many bytes without a match, only every second place is looked at, and so on. */
const PATIENCE_LOG = 8;

/** How hard to search. */
export interface SearchPlan {
  /** Bytes of history, a power of two. */
  readonly window: number;
  /** Log of the number of places by hash. */
  readonly hashLog: number;
  /** How many earlier places of the same hash are compared. */
  readonly depth: number;
  /** Whether the next place is looked at before a match is taken, since a better one may begin there. */
  readonly lazy: boolean;
}

/**
 * Cuts blocks of bytes into sequences: literals, and a match with what came before. Places are found by a hash of five bytes, and a chain to the place
 * before of the same hash.
 */
export class MatchFinder {
  /** The literals of the block, one after the other. */
  readonly literals: Uint8Array<ArrayBuffer> = new Uint8Array(BLOCK_LIMIT);
  literalCount = 0;
  /** By sequence; the literals after the last one belong to none. */
  readonly literalLengths: Uint32Array<ArrayBuffer> = new Uint32Array(BLOCK_LIMIT / LEAST);
  readonly matchLengths: Uint32Array<ArrayBuffer> = new Uint32Array(BLOCK_LIMIT / LEAST);
  /** As they are stored: 1 to 3 are recent offsets, others are more by three. */
  readonly offsetValues: Uint32Array<ArrayBuffer> = new Uint32Array(BLOCK_LIMIT / LEAST);
  sequenceCount = 0;
  readonly #plan: SearchPlan;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  /** Places and one, by hash; 0 is none. */
  readonly #heads: Int32Array;
  /** The same of the place before, by place within the window. */
  readonly #chain: Int32Array;
  readonly #hashShift: number;
  /** How much of the bytes is filled. */
  #end = 0;
  /** The first place that is not in the tables. */
  #entered = 0;
  /** The recent offsets, the latest first. */
  readonly #recent: Uint32Array<ArrayBuffer> = Uint32Array.of(1, 4, 8);
  readonly #recentBefore: Uint32Array<ArrayBuffer> = new Uint32Array(3);
  /** What `#search` found. */
  #length = 0;
  #offset = 0;
  #gain = 0;

  /** For content of at most that length. */
  constructor(plan: SearchPlan, contentSize = Infinity) {
    this.#plan = plan;
    this.#bytes = new Uint8Array(Math.min(2 * plan.window + BLOCK_LIMIT, contentSize) + TAIL);
    this.#view = new DataView(this.#bytes.buffer);
    this.#heads = new Int32Array(2 ** plan.hashLog);
    this.#chain = new Int32Array(plan.depth > 1 ? plan.window : 0);
    this.#hashShift = 32 - plan.hashLog;
  }

  /** Takes the next block, and gives the same bytes. */
  take(block: Uint8Array): Uint8Array {
    if (this.#end + block.byteLength + TAIL > this.#bytes.byteLength) this.#slide();
    const start = this.#end;
    this.#end += block.byteLength;
    this.#bytes.set(block, start);
    this.#recentBefore.set(this.#recent);
    this.#parse(start, this.#end);
    return this.#bytes.subarray(start, this.#end);
  }

  /** The block is stored in another way than as sequences: the recent offsets are still those before it. */
  takeBack(): void {
    this.#recent.set(this.#recentBefore);
  }

  /** Moves the window to the front. */
  #slide(): void {
    const by = this.#end - Math.min(this.#end, this.#plan.window);
    // A multiple of the window, or places would change their entries in the chain.
    const whole = by - by % this.#plan.window;
    this.#bytes.copyWithin(0, whole, this.#end);
    this.#end -= whole;
    this.#entered -= whole;
    for (const table of [this.#heads, this.#chain]) {
      const items = lengthOf(table);
      for (let i = 0; i < items; i++) table[i] = Math.max(0, table[i] - whole);
    }
  }

  #parse(start: number, end: number): void {
    const { lazy, depth } = this.#plan;
    const bytes = this.#bytes;
    this.literalCount = this.sequenceCount = 0;
    const limit = end - TAIL;
    let anchor = start;
    let at = start;
    while (at < limit) {
      if (!this.#search(at, end)) {
        at += 1 + (at - anchor >> PATIENCE_LOG);
        continue;
      }
      let length = this.#length;
      let offset = this.#offset;
      while (lazy && at + 1 < limit) {
        const gain = this.#gain;
        // The one literal more has to be paid for.
        if (!this.#search(at + 1, end) || this.#gain <= gain + LEAST) break;
        at++;
        length = this.#length;
        offset = this.#offset;
      }
      let from = at;
      while (from > anchor && from > offset && bytes[from - 1] === bytes[from - 1 - offset]) from--;
      length += at - from;
      this.#emit(anchor, from, length, offset);
      anchor = from + length;
      const last = Math.min(anchor, limit);
      if (depth > 1) { for (at++; at < last; at++) this.#insert(at); }
      else if (anchor - 2 > at && anchor - 2 < limit) this.#insert(anchor - 2);
      at = anchor;
    }
    this.#addLiterals(anchor, end);
  }

  #hash(at: number): number {
    return (Math.imul(this.#view.getInt32(at, true), 0x9E3779B1) ^
      Math.imul(this.#bytes[at + 4], 0x85EBCA77)) >>>
      this.#hashShift;
  }

  #insert(at: number): void {
    if (at < this.#entered) return;
    this.#entered = at + 1;
    const hash = this.#hash(at);
    if (this.#plan.depth > 1) this.#chain[at & this.#plan.window - 1] = this.#heads[hash];
    this.#heads[hash] = at + 1;
  }

  /** Looks for a match that begins at a place, and enters the place. */
  #search(at: number, end: number): boolean {
    const { window, depth } = this.#plan;
    const view = this.#view;
    const word = view.getInt32(at, true);
    this.#length = this.#gain = 0;
    const recent = this.#recent[0];
    if (recent <= at && view.getInt32(at - recent, true) === word) {
      this.#length = this.#common(at, at - recent, end);
      this.#offset = recent;
      this.#gain = 4 * this.#length;
    }
    const hash = this.#hash(at);
    const chain = this.#chain;
    let candidate = this.#heads[hash];
    if (depth > 1) chain[at & window - 1] = candidate;
    this.#heads[hash] = at + 1;
    this.#entered = at + 1;
    const oldest = Math.max(0, at - window);
    for (let left = depth; candidate > oldest; left--) {
      const from = candidate - 1;
      // At the end of the longest match so far it must go on.
      if (
        view.getInt32(from, true) === word &&
        this.#bytes[from + this.#length] === this.#bytes[at + this.#length]
      ) {
        const length = this.#common(at, from, end);
        const gain = 4 * length - (32 - Math.clz32(at - from));
        if (length >= HASHED && gain > this.#gain) {
          this.#length = length;
          this.#offset = at - from;
          this.#gain = gain;
        }
      }
      if (left === 1) break;
      const next = chain[from & window - 1];
      // What comes later than where it stands was written over it.
      if (next >= candidate) break;
      candidate = next;
    }
    return this.#gain > LEAST;
  }

  /** How many bytes at two places are the same; four are known to be. */
  #common(at: number, from: number, end: number): number {
    const view = this.#view;
    let here = at + 4;
    let there = from + 4;
    while (here + 4 <= end) {
      const differing = view.getInt32(here, true) ^ view.getInt32(there, true);
      if (differing !== 0) return here - at + (31 - Math.clz32(differing & -differing) >> 3);
      here += 4;
      there += 4;
    }
    while (here < end && this.#bytes[here] === this.#bytes[there]) {
      here++;
      there++;
    }
    return here - at;
  }

  #emit(anchor: number, from: number, length: number, offset: number): void {
    this.#addLiterals(anchor, from);
    const n = this.sequenceCount++;
    this.literalLengths[n] = from - anchor;
    this.matchLengths[n] = length;
    const recent = this.#recent;
    // Without literals the latest can't go on, and the values mean those after it (RFC 8878, 3.1.1.5).
    const skipped = from > anchor ? 0 : 1;
    let used = skipped;
    while (used < 3 && recent[used] !== offset) used++;
    const beside = skipped === 1 && used === 3 && offset === recent[0] - 1;
    this.offsetValues[n] = used < 3 || beside ? used - skipped + 1 : offset + 3;
    if (used === 0) return;
    if (used > 1) recent[2] = recent[1];
    recent[1] = recent[0];
    recent[0] = offset;
  }

  #addLiterals(from: number, to: number): void {
    if (to - from > 32) this.literals.set(this.#bytes.subarray(from, to), this.literalCount);
    else for (let i = from; i < to; i++) this.literals[this.literalCount + i - from] = this.#bytes[i];
    this.literalCount += to - from;
  }
}
