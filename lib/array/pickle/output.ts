/**
 * A pickle's bytes as they are written, gathered in frames as Python does. Large values are not copied: they stand between frames, as the bytes that
 * they are.
 *
 * Source: PEP 3154, "Framing".
 *
 * @module
 */
import { unshared } from "../../bytes.ts";
import { Op } from "./opcodes.ts";

/** How many bytes Python gathers into a frame; larger values stand outside of frames. */
const FRAME_TARGET = 64 * 1024;
/** Shorter frames have no header. */
const SHORTEST_FRAME = 4;

/** Gathers a pickle of protocol 4. */
export class PickleOutput {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  #frame = new Uint8Array(1024);
  #view = new DataView(this.#frame.buffer);
  #length = 0;

  /** Writes what stands before the first frame. */
  head(protocol: number): void {
    this.uint8(Op.PROTO);
    this.uint8(protocol);
    this.#flush();
  }

  /** Writes an instruction, or a number of one byte. */
  uint8(value: number): void {
    const at = this.#advance(1);
    this.#view.setUint8(at, value);
  }

  /** Writes a number in two bytes, little-endian. */
  uint16(value: number): void {
    const at = this.#advance(2);
    this.#view.setUint16(at, value, true);
  }

  /** Writes a number in four bytes, little-endian; negative ones in two's complement. */
  uint32(value: number): void {
    const at = this.#advance(4);
    this.#view.setUint32(at, value, true);
  }

  /** Writes a float, big-endian. */
  float64(value: number): void {
    const at = this.#advance(8);
    this.#view.setFloat64(at, value);
  }

  /** Writes bytes with an instruction for their length: those for up to 2⁸ − 1, 2³² − 1 and 2⁶⁴ − 1. */
  sized([short, medium, long]: readonly [number, number, number], bytes: Uint8Array): void {
    const { byteLength: length } = bytes;
    const isLarge = length >= FRAME_TARGET;
    if (isLarge) this.#endFrame();
    if (length < 2 ** 8) {
      this.uint8(short);
      this.uint8(length);
    } else if (length < 2 ** 32) {
      this.uint8(medium);
      this.uint32(length);
    } else {
      this.uint8(long);
      const at = this.#advance(8);
      this.#view.setBigUint64(at, BigInt(length), true);
    }
    if (isLarge) {
      this.#flush();
      // Memory that another thread may write to is copied.
      this.#parts.push(unshared(bytes));
    } else {
      const at = this.#advance(length);
      this.#frame.set(bytes, at);
    }
  }

  /** Between two values: begins another frame if this one is full. */
  between(): void {
    if (this.#length >= FRAME_TARGET) this.#endFrame();
  }

  /** All that was written, in pieces. */
  end(): readonly Uint8Array<ArrayBuffer>[] {
    this.#endFrame();
    return this.#parts;
  }

  #endFrame(): void {
    if (this.#length >= SHORTEST_FRAME) {
      const header = new Uint8Array(9);
      header[0] = Op.FRAME;
      new DataView(header.buffer).setBigUint64(1, BigInt(this.#length), true);
      this.#parts.push(header);
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#length > 0) this.#parts.push(this.#frame.slice(0, this.#length));
    this.#length = 0;
  }

  /** Makes room; the memory may be another after that. */
  #advance(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#frame.byteLength) {
      const larger = new Uint8Array(Math.max(this.#length, this.#frame.byteLength * 2));
      larger.set(this.#frame.subarray(0, at));
      this.#frame = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
