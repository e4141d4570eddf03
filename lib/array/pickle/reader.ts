import { IntegrityError } from "../../errors.ts";
import { decodeLatin1 } from "./text.ts";

/** Reads numbers and bytes one after the other. Nothing is read, and no memory taken, beyond the end of the bytes. */
export class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  /** Begins at the first byte. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes have been read. */
  get offset(): number {
    return this.#at;
  }

  /** How many bytes are left. */
  get rest(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next bytes: a view. */
  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** What comes before the next line feed, which is read as well. */
  line(): Uint8Array {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw cutOff(this.#bytes.length, "a line without an end");
    return this.bytes(end + 1 - this.#at).subarray(0, -1);
  }

  /** The next line, in ASCII or Latin-1. */
  textLine(): string {
    return decodeLatin1(this.line());
  }

  /** The next byte. */
  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** The next two bytes, little-endian. */
  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  /** The next four bytes, little-endian. */
  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** The next four bytes, little-endian and signed. */
  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** The next eight bytes, little-endian: a length, never exact beyond 2⁵³, and then beyond the end of the bytes. */
  length64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** The next eight bytes, big-endian, as protocol 1 began to write floats. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  #advance(length: number): number {
    if (length < 0 || length > this.rest) {
      throw cutOff(this.#bytes.length, `${length} bytes at byte ${this.#at}`);
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

function cutOff(length: number, expected: string): IntegrityError {
  return new IntegrityError(
    `the pickle ends after ${length} bytes, within ${expected}: it is cut off or damaged`,
  );
}
