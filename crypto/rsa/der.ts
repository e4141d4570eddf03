/**
 * As much of DER (ITU-T X.690) as keys need.
 *
 * @module
 */
import { fromHex, toHex } from "../../lib/base64.ts";
import { concat } from "../../lib/bytes.ts";

/** Tags. */
export const INTEGER = 0x02;
/** A string of bits. */
export const BIT_STRING = 0x03;
/** A string of bytes. */
export const OCTET_STRING = 0x04;
/** Nothing. */
export const NULL = 0x05;
/** The name of an algorithm. */
export const OBJECT_IDENTIFIER = 0x06;
/** Several elements. */
export const SEQUENCE = 0x30;

/** Reads elements one after the other; `undefined` is what it gives for whatever isn't there. */
export class DerReader {
  #rest: Uint8Array;

  /** Reads from the start of some bytes. */
  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  /** Whether everything has been read. */
  get ended(): boolean {
    return this.#rest.length === 0;
  }

  /** The next element's tag. */
  get tag(): number | undefined {
    return this.#rest[0];
  }

  /** The content of the next element, if it has this tag and is whole. */
  take(tag: number): Uint8Array | undefined {
    const bytes = this.#rest;
    if (bytes[0] !== tag || bytes.length < 2) return undefined;
    let start = 2;
    let length = bytes[1];
    if (length >= 0x80) {
      const count = length - 0x80;
      if (count < 1 || count > 4 || bytes.length < 2 + count) return undefined;
      length = bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
      start += count;
    }
    if (bytes.length < start + length) return undefined;
    this.#rest = bytes.subarray(start + length);
    return bytes.subarray(start, start + length);
  }

  /** A reader of the next element's content, if it is a sequence. */
  sequence(): DerReader | undefined {
    const content = this.take(SEQUENCE);
    return content && new DerReader(content);
  }

  /** The next element, if it is an algorithm's name, as hexadecimal digits of its content. */
  identifier(): string | undefined {
    const content = this.take(OBJECT_IDENTIFIER);
    return content && toHex(content);
  }

  /** The next element, if it is a whole number from 0 to 2^31 - 1. */
  smallInteger(): number | undefined {
    const content = this.take(INTEGER);
    if (!content || content.length === 0 || content.length > 4 || content[0] >= 0x80) return undefined;
    return content.reduce((sum, byte) => sum * 256 + byte, 0);
  }
}

/** Writes an element. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const inner = concat(...content);
  const digits: number[] = [];
  for (let rest = inner.length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  const length = inner.length < 0x80 ? [inner.length] : [0x80 + digits.length, ...digits];
  return concat(Uint8Array.of(tag, ...length), inner);
}

/** Writes the name of an algorithm that is given as hexadecimal digits. */
export function derIdentifier(hex: string): Uint8Array<ArrayBuffer> {
  return der(OBJECT_IDENTIFIER, fromHex(hex) ?? new Uint8Array());
}
