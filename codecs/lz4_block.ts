import { corruptError, trailingError, truncatedError } from "./codec.ts";

/** How far back a match may reach: offsets are 16 bits. */
const HISTORY = 64 * 1024;
/** Bytes of output a piece. */
const PIECE = 1024 * 1024;
const MIN_MATCH = 4;
/** Most bytes of a sequence without further length bytes: token, 14 literals, offset; and of what it gives. */
const SHORT_SEQUENCE = 1 + 14 + 2;
const SHORT_OUTPUT = 14 + 14 + MIN_MATCH;

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
  #output = new Uint8Array(PIECE);
  #origin = 0;
  #at = 0;
  #token = 0;
  #length = 0;
  #offset = 0;
  #input: Uint8Array = new Uint8Array(0);
  #next = 0;
  /** Whether the block may end here: after literals, and only there. */
  #complete = false;

  /** A block that decodes to `announced` bytes; `name` is the format's, for messages. */
  constructor(name: string, announced: number) {
    this.#name = name;
    this.#announced = announced;
    if (announced < PIECE) this.#output = new Uint8Array(announced);
  }

  /** Decodes until a piece is full, which is given, or the input is used up. Call it without input to go on. */
  write(input?: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    if (input) {
      this.#input = input;
      this.#next = 0;
    }
    while (true) {
      if (this.#at === this.#output.length && this.#at > this.#origin && this.#decoded < this.#announced) {
        return this.#turnOver();
      }
      if (this.#state === "match") {
        this.#copyMatch();
        continue;
      }
      if (this.#state === "token") this.#shortSequences();
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
    this.#output = new Uint8Array(history.length + Math.min(PIECE, this.#announced - this.#before));
    this.#output.set(history);
    this.#origin = this.#at = history.length;
    return piece;
  }

  /** Decodes whole sequences while they have short literals and a short match, and both input and output have room for such. */
  #shortSequences(): void {
    const input = this.#input;
    const output = this.#output;
    const inputEnd = input.length - SHORT_SEQUENCE;
    const outputEnd = output.length - SHORT_OUTPUT;
    let next = this.#next;
    let at = this.#at;
    while (next < inputEnd && at < outputEnd) {
      const token = input[next];
      const literals = token >> 4;
      const match = token & 15;
      if (literals === 15 || match === 15) break;
      const offsetAt = next + 1 + literals;
      const offset = input[offsetAt] | input[offsetAt + 1] << 8;
      let from = at + literals - offset;
      if (offset === 0 || from < 0) throw corruptError(this.#name, "a match refers to before the data");
      for (next += 1; next < offsetAt;) output[at++] = input[next++];
      for (const end = at + match + MIN_MATCH; at < end;) output[at++] = output[from++];
      next += 2;
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
    while (this.#next < this.#input.length) {
      const more = this.#input[this.#next++];
      this.#length += more;
      if (this.#length > this.#announced) throw this.#tooLong();
      if (more !== 255) return true;
    }
    return false;
  }

  #copyLiterals(): void {
    const taken = Math.min(this.#length, this.#input.length - this.#next, this.#output.length - this.#at);
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
    const taken = Math.min(this.#length, output.length - this.#at);
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
