import { InvalidArgumentError } from "../../errors.ts";
import { hashable, type Key, Keys } from "./nodes.ts";
import { Op } from "./opcodes.ts";

/** How many bytes Python gathers into a frame; larger values stand outside of frames. */
const FRAME_TARGET = 64 * 1024;
/** Shorter frames have no header. */
const SHORTEST_FRAME = 4;

/**
 * Gathers a pickle of protocol 4 in frames, as Python does. Large values are not copied: they stand between frames, as the bytes that they are.
 *
 * Source: PEP 3154, "Framing".
 */
export class PickleOutput {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  #frame = new Uint8Array(1024);
  #view = new DataView(this.#frame.buffer);
  #length = 0;

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

  /** Writes a few bytes. */
  bytes(bytes: Uint8Array): void {
    const at = this.#advance(bytes.length);
    this.#frame.set(bytes, at);
  }

  /** Writes text or bytes with an instruction for their length: those for up to 2⁸ − 1, 2³² − 1 and 2⁶⁴ − 1. */
  sized([short, medium, long]: readonly [number, number, number], bytes: Uint8Array): void {
    const { length } = bytes;
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
    if (!isLarge) return this.bytes(bytes);
    this.#flush();
    // Memory that another thread may write to is copied.
    this.#parts.push(
      bytes.buffer instanceof ArrayBuffer ? asPlain(bytes, bytes.buffer) : new Uint8Array(bytes),
    );
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

  /** Ends the head of a pickle, which stands outside of frames. */
  #flush(): void {
    if (this.#length > 0) this.#parts.push(this.#frame.slice(0, this.#length));
    this.#length = 0;
  }

  /** Writes what stands before the first frame. */
  head(protocol: number): void {
    this.uint8(Op.PROTO);
    this.uint8(protocol);
    this.#flush();
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

  /** Makes room; the memory may be another after that. */
  #advance(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#frame.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#frame.length * 2));
      larger.set(this.#frame.subarray(0, at));
      this.#frame = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

function asPlain(bytes: Uint8Array, buffer: ArrayBuffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, bytes.byteOffset, bytes.byteLength);
}

/** Looks through the keys of dicts and the items of sets that are to be written. */
export class KeyCheck {
  readonly #keys = new Keys(hashable);

  /**
   * Checks the keys of one dict.
   *
   * @throws {InvalidArgumentError} when Python can't hash one, or would take two for the same.
   */
  check(values: Iterable<unknown>): void {
    const seen = new Map<Key, unknown>();
    for (const value of values) {
      const key = this.#keys.of(value);
      if (key === undefined) {
        throw new InvalidArgumentError(
          `Python can't hash this ${
            nameOf(value)
          }, so it is no key of a dict and no item of a set: use text, a number or a Tuple of them`,
        );
      }
      if (seen.has(key)) {
        throw new InvalidArgumentError(
          `${show(seen.get(key))} and ${
            show(value)
          } are equal in Python, so that a dict or set can't hold both`,
        );
      }
      seen.set(key, value);
    }
  }
}

/** What a value is called here, for messages. */
export function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  return value.constructor?.name || "object";
}

function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, 40));
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : `a ${nameOf(value)}`;
  }
  return String(value);
}
