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
const OBJECT_IDENTIFIER = 0x06;
/** Several elements. */
export const SEQUENCE = 0x30;

/** An element that was read; what is asked of it and isn't there is `undefined`. */
export class DerElement {
  /** Of this tag and content. */
  constructor(readonly tag: number, readonly content: Uint8Array<ArrayBuffer>) {}

  /** The elements in bytes that follow each other, up to the first that is damaged. */
  static all(bytes: Uint8Array<ArrayBuffer>): DerElement[] {
    const elements: DerElement[] = [];
    for (let rest = bytes; rest.byteLength >= 2;) {
      // Lengths from 128 on follow as a number of their own, whose length is told.
      const digits = rest[1] < 0x80 ? 0 : rest[1] - 0x80;
      const start = 2 + digits;
      const length = digits === 0 ? rest[1] : unsigned(rest.subarray(2, start));
      const end = start + (length ?? Infinity);
      if (rest[1] === 0x80 || rest.byteLength < end) break;
      elements.push(new DerElement(rest[0], rest.subarray(start, end)));
      rest = rest.subarray(end);
    }
    return elements;
  }

  /** What is in a sequence; nothing is in others. */
  get items(): DerElement[] {
    return this.tag === SEQUENCE ? DerElement.all(this.content) : [];
  }

  /** The content of a string of bytes. */
  get bytes(): Uint8Array<ArrayBuffer> | undefined {
    return this.tag === OCTET_STRING ? this.content : undefined;
  }

  /** An algorithm's name, as hexadecimal digits of its content. */
  get identifier(): string | undefined {
    return this.tag === OBJECT_IDENTIFIER ? toHex(this.content) : undefined;
  }

  /** A whole number from 0 to 2^31 - 1. */
  get integer(): number | undefined {
    return this.tag === INTEGER && this.content[0] < 0x80 ? unsigned(this.content) : undefined;
  }
}

function unsigned(bytes: Uint8Array): number | undefined {
  if (bytes.byteLength < 1 || bytes.byteLength > 4) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Writes an element. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const inner = concat(...content);
  const digits: number[] = [];
  for (let rest = inner.byteLength; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  const length = inner.byteLength < 0x80 ? [inner.byteLength] : [0x80 + digits.length, ...digits];
  return concat(Uint8Array.of(tag, ...length), inner);
}

/** Writes the name of an algorithm that is given as hexadecimal digits. */
export function derIdentifier(hex: string): Uint8Array<ArrayBuffer> {
  return der(OBJECT_IDENTIFIER, fromHex(hex) ?? new Uint8Array());
}
