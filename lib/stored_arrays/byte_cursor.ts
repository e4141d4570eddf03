/**
 * Streams of bytes that are read from place to place.
 *
 * @module
 */
import { IntegrityError } from "../errors.ts";

/** Reads a stream of bytes from place to place, upwards. */
export class ByteCursor {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();
  #place = 0;

  /** Takes over a stream; `end` or `cancel` gives it back. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** How many bytes have been passed. */
  get place(): number {
    return this.#place;
  }

  /** Fills `target` with the bytes from `place` on, which must not have been passed. */
  async fill(place: number, target: Uint8Array): Promise<void> {
    while (this.#place < place) this.#pass(await this.#some(place), place - this.#place);
    const end = place + target.byteLength;
    while (this.#place < end) {
      const piece = await this.#some(end);
      const count = Math.min(piece.byteLength, end - this.#place);
      target.set(piece.subarray(0, count), target.byteLength - (end - this.#place));
      this.#pass(piece, count);
    }
  }

  /** Reads to the end, so that whatever checks the bytes on their way has seen all; gives how many there are beyond `place`. */
  async end(place: number): Promise<number> {
    while (this.#place < place) this.#pass(await this.#some(place), place - this.#place);
    let excess = this.#piece.byteLength;
    while (true) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      excess += value.byteLength;
    }
    this.#reader.releaseLock();
    return excess;
  }

  /** Gives up what has not been read. */
  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason).catch(() => {});
    this.#reader.releaseLock();
  }

  /** Bytes from here on; `wanted` is where the caller has to get to. */
  async #some(wanted: number): Promise<Uint8Array> {
    while (this.#piece.byteLength === 0) {
      const { done, value } = await this.#reader.read();
      if (done) {
        throw new IntegrityError(
          `the data end after ${this.#place} bytes, and go on to byte ${wanted} at least: the object is truncated, or its metadata are wrong`,
        );
      }
      this.#piece = value;
    }
    return this.#piece;
  }

  #pass(piece: Uint8Array, count: number): void {
    const passed = Math.min(piece.byteLength, count);
    this.#piece = piece.subarray(passed);
    this.#place += passed;
  }
}
