import { corruptError, trailingError, truncatedError } from "./codec.ts";

/** How far back a match may reach: offsets are 16 bits. */
const HISTORY = 64 * 1024;
/** Bytes of output a piece. */
const PIECE = 1024 * 1024;
const MIN_MATCH = 4;
/** A length of four bits that says that more of it follows. */
const LONG = 15;
/** Copies go in words, beyond the end of what is copied: the buffer has so many bytes more than are decoded into it. */
const SLACK = 32;
/** What is read at once of a sequence: its token and the literals of a short one. */
const SHORT_SEQUENCE = 1 + 16;
/** Matches longer than this are worth a call of `copyWithin`. */
const LONG_MATCH = 256;

/** What comes next in the block. */
type State = "token" | "literalLength" | "literals" | "offsetLow" | "offsetHigh" | "matchLength" | "match";

/** One block, decoded as its bytes come in. */
export class Lz4Block {
  readonly #name: string;
  readonly #announced: number;
  #state: State = "token";
  /** Bytes decoded before `#output`'s own. */
  #before = 0;
  /** The end of what was decoded before, up to `#origin`, and what is being decoded now. */
  #output = new Uint8Array(0);
  #outputWords = new DataView(this.#output.buffer);
  #origin = 0;
  #at = 0;
  /** Where `#output` is full. */
  #limit = 0;
  #token = 0;
  #length = 0;
  #offset = 0;
  #input: Uint8Array = new Uint8Array(0);
  #inputWords = new DataView(this.#input.buffer);
  #next = 0;
  /** Whether the block may end here: after literals, and only there. */
  #complete = false;

  /** A block that decodes to `announced` bytes; `name` is the format's, for messages. */
  constructor(name: string, announced: number) {
    this.#name = name;
    this.#announced = announced;
    this.#allocate(0);
  }

  /** Decodes until a piece is full, which is given, or the input is used up. Call it without input to go on. */
  write(input?: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    if (input) {
      this.#input = input;
      this.#inputWords = new DataView(input.buffer, input.byteOffset, input.length);
      this.#next = 0;
    }
    while (true) {
      if (this.#at === this.#limit && this.#at > this.#origin && this.#decoded < this.#announced) {
        return this.#turnOver();
      }
      if (this.#state === "match") {
        this.#copyMatch();
        continue;
      }
      if (this.#state === "token") this.#sequences();
      if (this.#next >= this.#input.length) return undefined;
      this.#step();
    }
  }

  /** The last piece. */
  end(): Uint8Array<ArrayBuffer> {
    if (!this.#complete) throw truncatedError(this.#name);
    if (this.#decoded !== this.#announced) {
      throw corruptError(
        this.#name,
        `the data decode to ${this.#decoded} of the ${this.#announced} bytes they announce`,
      );
    }
    return this.#output.subarray(this.#origin, this.#at);
  }

  get #decoded(): number {
    return this.#before + this.#at - this.#origin;
  }

  /** Gives the full buffer away and goes on in another that begins with its last 64 KiB. */
  #turnOver(): Uint8Array<ArrayBuffer> {
    const full = this.#output;
    const piece = full.subarray(this.#origin, this.#at);
    this.#before += piece.length;
    const history = full.subarray(Math.max(0, this.#at - HISTORY), this.#at);
    this.#allocate(history.length);
    this.#output.set(history);
    return piece;
  }

  /** Makes a buffer for the next piece, behind `history` bytes of what was decoded before. */
  #allocate(history: number): void {
    this.#limit = history + Math.min(PIECE, this.#announced - this.#before);
    this.#output = new Uint8Array(this.#limit + SLACK);
    this.#outputWords = new DataView(this.#output.buffer);
    this.#origin = this.#at = history;
  }

  /** Decodes sequences as long as they are in the input and fit into the output, each of them whole; what this leaves takes steps. */
  #sequences(): void {
    const input = this.#input;
    const inputWords = this.#inputWords;
    const output = this.#output;
    const outputWords = this.#outputWords;
    const limit = this.#limit;
    const inputLength = input.length;
    const inputEnd = inputLength - SHORT_SEQUENCE;
    let next = this.#next;
    let at = this.#at;
    while (next < inputEnd) {
      const token = input[next];
      let from = next + 1;
      let literals = token >>> 4;
      if (literals < LONG) {
        // The slack has room for it, whether the sequence fits or not.
        outputWords.setUint32(at, inputWords.getUint32(from, true), true);
        outputWords.setUint32(at + 4, inputWords.getUint32(from + 4, true), true);
        if (literals > 8) {
          outputWords.setUint32(at + 8, inputWords.getUint32(from + 8, true), true);
          outputWords.setUint32(at + 12, inputWords.getUint32(from + 12, true), true);
        }
      } else {
        let more = 255;
        while (more === 255 && from < inputLength) literals += more = input[from++];
        if (more === 255 || literals > limit - at || literals > inputLength - from) break;
        output.set(input.subarray(from, from + literals), at);
      }
      from += literals;
      if (from + 2 > inputLength) break;
      const offset = inputWords.getUint16(from, true);
      from += 2;
      let length = token & LONG;
      if (length === LONG) {
        let more = 255;
        while (more === 255 && from < inputLength) length += more = input[from++];
        if (more === 255) break;
      }
      let to = at + literals;
      const end = to + length + MIN_MATCH;
      if (end > limit) break;
      let source = to - offset;
      if (offset === 0 || source < 0) throw corruptError(this.#name, "a match refers to before the data");
      if (length > LONG_MATCH) {
        repeat(output, to, offset, length + MIN_MATCH);
      } else {
        if (offset < 8) {
          // The first eight bytes one by one; then what is copied repeats at a multiple of the offset that words don't overlap with.
          for (const first = to + 8; to < first;) output[to++] = output[source++];
          source = to - WORD_OFFSETS[offset];
        }
        do {
          outputWords.setUint32(to, outputWords.getUint32(source, true), true);
          outputWords.setUint32(to + 4, outputWords.getUint32(source + 4, true), true);
          outputWords.setUint32(to + 8, outputWords.getUint32(source + 8, true), true);
          outputWords.setUint32(to + 12, outputWords.getUint32(source + 12, true), true);
          to += 16;
          source += 16;
        } while (to < end);
      }
      at = end;
      next = from;
    }
    if (next > this.#next) this.#complete = false;
    this.#next = next;
    this.#at = at;
  }

  /** One step of the block's grammar; there is input. */
  #step(): void {
    switch (this.#state) {
      case "token":
        this.#token = this.#input[this.#next++];
        this.#length = this.#token >> 4;
        this.#complete = this.#length === 0;
        this.#state = this.#length === 15 ? "literalLength" : this.#length > 0 ? "literals" : "offsetLow";
        return;
      case "literalLength":
        if (this.#extend()) this.#state = "literals";
        return;
      case "literals":
        return this.#copyLiterals();
      case "offsetLow":
        // A block ends with literals: where all are there, no match can come.
        if (this.#decoded === this.#announced) throw trailingError(this.#name);
        this.#complete = false;
        this.#offset = this.#input[this.#next++];
        this.#state = "offsetHigh";
        return;
      case "offsetHigh":
        this.#offset |= this.#input[this.#next++] << 8;
        if (this.#offset === 0 || this.#offset > this.#decoded) {
          throw corruptError(this.#name, "a match refers to before the data");
        }
        this.#length = (this.#token & 15) + MIN_MATCH;
        this.#state = (this.#token & 15) === 15 ? "matchLength" : "match";
        return;
      case "matchLength":
        if (this.#extend()) this.#state = "match";
        return;
    }
  }

  /** Adds length bytes up to the first that isn't 255; says whether that was there. */
  #extend(): boolean {
    while (this.#next < this.#input.length) {
      const more = this.#input[this.#next++];
      this.#length += more;
      if (this.#length > this.#announced) throw this.#tooLong();
      if (more !== 255) return true;
    }
    return false;
  }

  #copyLiterals(): void {
    const taken = Math.min(this.#length, this.#input.length - this.#next, this.#limit - this.#at);
    if (taken === 0) throw this.#tooLong();
    if (taken < 32) {
      for (let i = 0; i < taken; i++) {
        this.#output[this.#at + i] = this.#input[this.#next + i];
      }
    } else this.#output.set(this.#input.subarray(this.#next, this.#next + taken), this.#at);
    this.#next += taken;
    this.#at += taken;
    this.#length -= taken;
    if (this.#length === 0) {
      this.#state = "offsetLow";
      this.#complete = true;
    }
  }

  #copyMatch(): void {
    const taken = Math.min(this.#length, this.#limit - this.#at);
    if (taken === 0) throw this.#tooLong();
    repeat(this.#output, this.#at, this.#offset, taken);
    this.#at += taken;
    this.#length -= taken;
    if (this.#length === 0) this.#state = "token";
  }

  #tooLong(): Error {
    return corruptError(
      this.#name,
      `the data decode to more than the ${this.#announced} bytes they announce`,
    );
  }
}

/** For each offset its least multiple of eight bytes or more. */
const WORD_OFFSETS = Uint8Array.from({ length: 8 }, (_, offset) => offset * Math.ceil(8 / offset));

/** Goes on at `at` for `length` bytes with what stands `offset` before; both may overlap, then it repeats. */
function repeat(bytes: Uint8Array, at: number, offset: number, length: number): void {
  const from = at - offset;
  if (offset === 1) {
    bytes.fill(bytes[from], at, at + length);
    return;
  }
  // Each turn doubles what there is to copy.
  for (let done = 0; done < length;) {
    const taken = Math.min(offset + done, length - done);
    bytes.copyWithin(at + done, from, from + taken);
    done += taken;
  }
}
