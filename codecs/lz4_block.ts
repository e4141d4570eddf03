import { corruptError, trailingError, truncatedError } from "./codec.ts";

/** How far back a match may reach: offsets are 16 bits. */
const HISTORY = 64 * 1024;
/** Bytes of output a piece. */
const PIECE = 1024 * 1024;
const MIN_MATCH = 4;
/** Most bytes that are read of a sequence without further length bytes, and written for it: copies go in words, beyond the end of what is copied. */
const SHORT_SEQUENCE = 1 + 14 + 2;
const SHORT_OUTPUT = 14 + 20;

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
  #output: Uint8Array<ArrayBuffer>;
  #outputWords: DataView;
  #origin = 0;
  #at = 0;
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
    this.#output = new Uint8Array(Math.min(PIECE, announced));
    this.#outputWords = new DataView(this.#output.buffer);
  }

  /** Decodes until a piece is full, which is given, or the input is used up. Call it without input to go on. */
  write(input?: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    if (input) {
      this.#input = input;
      this.#inputWords = new DataView(input.buffer, input.byteOffset, input.byteLength);
      this.#next = 0;
    }
    while (true) {
      if (
        this.#at === this.#output.byteLength && this.#at > this.#origin && this.#decoded < this.#announced
      ) {
        return this.#turnOver();
      }
      if (this.#state === "match") {
        this.#copyMatch();
        continue;
      }
      if (this.#state === "token") this.#shortSequences();
      if (this.#next >= this.#input.byteLength) return undefined;
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
    this.#before += piece.byteLength;
    const history = full.subarray(Math.max(0, this.#at - HISTORY), this.#at);
    this.#output = new Uint8Array(history.byteLength + Math.min(PIECE, this.#announced - this.#before));
    this.#outputWords = new DataView(this.#output.buffer);
    this.#output.set(history);
    this.#origin = this.#at = history.byteLength;
    return piece;
  }

  /**
   * Decodes whole sequences while they have short literals and a short match, and both input and output have room for such. Of numbers and of text most have no literals and a match of at
   * most 8 bytes: one word is read of such a sequence, and two are copied whatever they are worth, without a branch that goes wrong. Words are signed, since V8 has those in registers before it has optimised.
   */
  #shortSequences(): void {
    const input = this.#inputWords;
    const output = this.#outputWords;
    const inputEnd = this.#input.byteLength - SHORT_SEQUENCE;
    const outputEnd = this.#output.byteLength - SHORT_OUTPUT;
    let next = this.#next;
    let at = this.#at;
    while (next < inputEnd && at < outputEnd) {
      const head = input.getInt32(next, true);
      const literals = head >> 4 & 15;
      const match = head & 15;
      if (literals === 15 || match === 15) break;
      next += 1;
      let offset = head >> 8 & 0xFFFF;
      if (literals > 0) {
        for (let i = 0; i < literals; i += 4) output.setInt32(at + i, input.getInt32(next + i, true), true);
        next += literals;
        at += literals;
        offset = input.getUint16(next, true);
      }
      next += 2;
      let from = at - offset;
      if (offset === 0 || from < 0) throw corruptError(this.#name, "a match refers to before the data");
      const end = at + match + MIN_MATCH;
      if (offset < 4) {
        // It repeats what it has just written.
        while (at < end) output.setUint8(at++, output.getUint8(from++));
      } else {
        output.setInt32(at, output.getInt32(from, true), true);
        output.setInt32(at + 4, output.getInt32(from + 4, true), true);
        for (at += 8, from += 8; at < end; at += 4, from += 4) {
          output.setInt32(at, output.getInt32(from, true), true);
        }
        at = end;
      }
      this.#complete = false;
    }
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
    const { byteLength } = this.#input;
    while (this.#next < byteLength) {
      const more = this.#input[this.#next++];
      this.#length += more;
      if (this.#length > this.#announced) throw this.#tooLong();
      if (more !== 255) return true;
    }
    return false;
  }

  #copyLiterals(): void {
    const taken = Math.min(
      this.#length,
      this.#input.byteLength - this.#next,
      this.#output.byteLength - this.#at,
    );
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
    const output = this.#output;
    const taken = Math.min(this.#length, output.byteLength - this.#at);
    if (taken === 0) throw this.#tooLong();
    const from = this.#at - this.#offset;
    if (this.#offset >= taken && taken > 32) output.copyWithin(this.#at, from, from + taken);
    else if (this.#offset === 1) output.fill(output[from], this.#at, this.#at + taken);
    else for (let i = 0; i < taken; i++) output[this.#at + i] = output[from + i];
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
