import { GrowingBuffer } from "../lib/bytes.ts";
import type { ByteIterable } from "../lib/streams/mod.ts";
import { trailingError, truncatedError } from "./codec.ts";

/** Reads runs of a given length from pieces of any length. Views are valid until the next call; they may be the caller's own bytes. */
export class ByteReader {
  readonly #name: string;
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  /** What has come after that, in other memory. */
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  /** Reads `source`; `name` is the format's, for messages. */
  constructor(name: string, source: ByteIterable) {
    this.#name = name;
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Whether nothing is left. */
  async atEnd(): Promise<boolean> {
    return await this.#gather(1) === 0;
  }

  /** The next bytes without taking them: `length` of them, or what there is before the end. */
  async peek(length: number): Promise<Uint8Array> {
    await this.#gather(length);
    return this.#held.subarray(0, length);
  }

  /**
   * Takes exactly `length` bytes.
   *
   * @throws {IntegrityError} when the data end before.
   */
  async take(length: number): Promise<Uint8Array> {
    if (await this.#gather(length) < length) throw truncatedError(this.#name);
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  /** Takes `length` bytes without holding them. */
  async skip(length: number): Promise<void> {
    while (length > 0) {
      const held = await this.#gather(1);
      if (held === 0) throw truncatedError(this.#name);
      const skipped = Math.min(held, length);
      this.#held = this.#held.subarray(skipped);
      length -= skipped;
    }
  }

  /** Takes whatever the next piece holds; empty at the end. */
  async takeAny(): Promise<Uint8Array> {
    await this.#gather(1);
    const taken = this.#held;
    this.#held = new Uint8Array(0);
    return taken;
  }

  /** Gives back the end of what {@linkcode takeAny} took. */
  giveBack(rest: Uint8Array): void {
    this.#held = rest;
  }

  /**
   * At the end of a stream of the format: whether another one begins, perhaps behind zero bytes, with which some writers fill a last block up.
   *
   * @param magic What a stream begins with; nothing where there can be only one.
   * @throws {IntegrityError} when something else follows.
   */
  async another(magic: readonly number[] = []): Promise<boolean> {
    if (await this.#skipZeros()) return false;
    const start = await this.peek(magic.length);
    if (start.byteLength === 0 || start.some((byte, i) => byte !== magic[i])) throw trailingError(this.#name);
    return true;
  }

  /** Passes over zero bytes; says whether that was all. */
  async #skipZeros(): Promise<boolean> {
    while (await this.#gather(1) > 0) {
      const place = this.#held.findIndex((byte) => byte !== 0);
      this.#held = place < 0 ? this.#held.subarray(this.#held.byteLength) : this.#held.subarray(place);
      if (place >= 0) return false;
    }
    return true;
  }

  /** Sees to it that `length` bytes are held where the source has them, and says how many are. */
  async #gather(length: number): Promise<number> {
    let joined: GrowingBuffer | undefined;
    while (this.#held.byteLength < length && await this.#arrive()) {
      if (this.#held.byteLength === 0) {
        this.#held = this.#rest;
        this.#rest = this.#rest.subarray(this.#rest.byteLength);
        continue;
      }
      // Of a piece that only begins in what is asked for, no more is copied. No memory is taken before its bytes are there: the length may be a lie in a header, and the source may come byte by byte.
      const missing = this.#rest.subarray(0, length - this.#held.byteLength);
      if (!joined) {
        joined = new GrowingBuffer({ first: this.#held.byteLength + missing.byteLength, most: length });
        joined.append(this.#held);
      }
      joined.append(missing);
      this.#held = joined.bytes;
      this.#rest = this.#rest.subarray(missing.byteLength);
    }
    return this.#held.byteLength;
  }

  /** Sees to it that something follows what is held, and says whether it does. */
  async #arrive(): Promise<boolean> {
    while (this.#rest.byteLength === 0) {
      if (this.#ended) return false;
      const { done, value } = await this.#source.next();
      if (done) this.#ended = true;
      else this.#rest = value;
    }
    return true;
  }
}
