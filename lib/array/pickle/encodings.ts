/**
 * What stands in a pickle's bytes: numbers, lines, text and integers of any size.
 *
 * @module
 */
import { toHex } from "../../base64.ts";
import { decodeLatin1, encodeLatin1 } from "../../bytes.ts";
import { type IntegrityError, UnsupportedError } from "../../errors.ts";
import { damagedError } from "./nodes.ts";

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
    return this.#bytes.byteLength - this.#at;
  }

  /** The next bytes: a view. */
  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** What comes before the next line feed, which is read as well. */
  line(): Uint8Array {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#cutOffError("a line without an end");
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
      throw this.#cutOffError(`${length} bytes at byte ${this.#at}`);
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }

  #cutOffError(expected: string): IntegrityError {
    return damagedError(`it ends after ${this.#bytes.byteLength} bytes, within ${expected}`);
  }
}

// A byte order mark is a character like any other here.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Longer text than JavaScript engines hold in a string. */
const MAX_STRING_BYTES = 2 ** 29;

/**
 * Text from UTF-8 in which lone surrogates may stand, encoded as if they were characters: Python's error handler `surrogatepass`, with which all
 * its pickles are written.
 *
 * @throws {IntegrityError} when it is no such text.
 * @throws {UnsupportedError} when it is too long for a string.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.byteLength >= MAX_STRING_BYTES) {
    throw new UnsupportedError(
      `a str of ${bytes.byteLength} bytes is too long for JavaScript: in Python, store it as an object of its own`,
    );
  }
  try {
    return utf8.decode(bytes);
  } catch {
    return decodeSurrogates(bytes);
  }
}

function decodeSurrogates(bytes: Uint8Array): string {
  let text = "";
  let begin = 0;
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    const [, middle, last] = bytes.subarray(at, at + 3);
    if (!(middle >= 0xa0 && middle <= 0xbf && last >= 0x80 && last <= 0xbf)) continue;
    text += decodeStrictly(bytes.subarray(begin, at)) +
      String.fromCharCode(0xd000 | ((middle & 0x3f) << 6) | (last & 0x3f));
    begin = at + 3;
  }
  return text + decodeStrictly(bytes.subarray(begin));
}

function decodeStrictly(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw damagedError("it has a str that is no UTF-8", cause);
  }
}

/** The UTF-8 of any text, lone surrogates included, as {@linkcode decodeText} reads it. */
export function encodeText(text: string): Uint8Array {
  const encoder = new TextEncoder();
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes: number[] = [];
  text.split(/(\p{Surrogate})/u).forEach((piece, index) => {
    if (index % 2 === 0) {
      for (const byte of encoder.encode(piece)) bytes.push(byte);
    } else {
      const unit = piece.charCodeAt(0);
      bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
    }
  });
  return Uint8Array.from(bytes);
}

/**
 * Text in Python's codec `raw-unicode-escape`, of which protocol 0 is made: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
 *
 * @throws {IntegrityError} when an escape is malformed.
 */
export function decodeRawUnicodeEscape(bytes: Uint8Array): string {
  // A backslash before anything but u and U is no escape, and takes the character after it along.
  const escapes = /\\(?:u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|([^]))/g;
  return decodeLatin1(bytes).replace(escapes, (escape, short, long, other) => {
    if (other !== undefined && other !== "u" && other !== "U") return escape;
    const codePoint = Number.parseInt(short ?? long, 16);
    if (!(codePoint <= 0x10ffff)) throw malformedTextError(escape);
    return String.fromCodePoint(codePoint);
  });
}

/**
 * The bytes that Python 2's `repr` of a str stands for, as protocol 0 has them: `'a\xff'`.
 *
 * @throws {IntegrityError} when the quotes are missing or an escape is malformed.
 */
export function decodeStringLiteral(line: Uint8Array): Uint8Array {
  const text = decodeLatin1(line).trimEnd();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
    throw malformedTextError(text);
  }
  const escapes = /\\(?:x([\dA-Fa-f]{2})|([0-7]{1,3})|([^x])|)/g;
  const plain = text.slice(1, -1).replace(escapes, (escape, hex, octal, letter) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    if (letter === undefined) throw malformedTextError(text);
    return ESCAPES.get(letter) ?? escape;
  });
  const bytes = encodeLatin1(plain);
  if (!bytes) throw malformedTextError(text);
  return bytes;
}

/** The characters of Python's escapes. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", ""],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

function malformedTextError(text: string): IntegrityError {
  return damagedError(`its text ${JSON.stringify(text.slice(0, 40))} is malformed`);
}

/** Longer integers are not read: they would take far more memory than their bytes, and nobody means them. */
const MAX_INTEGER_BYTES = 2 ** 20;
/** Decimal digits are read in a time that grows faster than their number. */
const MAX_INTEGER_DIGITS = 100_000;

/** An integer of Python's as it is here: a `number` where that is exact, else a `bigint`. */
export function numberOrBigInt(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * The integer in two's complement, lowest byte first, that `LONG1` and `LONG4` hold.
 *
 * @throws {UnsupportedError} when it has more than 2²³ bits.
 */
export function decodeLong(bytes: Uint8Array): number | bigint {
  if (bytes.byteLength === 0) return 0;
  if (bytes.byteLength > MAX_INTEGER_BYTES) throw tooLargeError(`${bytes.byteLength} bytes`);
  return numberOrBigInt(BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${toHex(bytes.toReversed())}`)));
}

/** The shortest two's complement of an integer, lowest byte first. */
export function encodeLong(value: bigint): Uint8Array {
  let length = Math.ceil((value < 0n ? -value : value).toString(16).length / 2);
  // The highest bit is the sign's.
  if (BigInt.asIntN(length * 8, value) !== value) length++;
  const digits = BigInt.asUintN(length * 8, value).toString(16).padStart(length * 2, "0");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).reverse();
}

/**
 * The integer that a line of protocol 0 holds, with Python 2's final `L` or without.
 *
 * @throws {IntegrityError} when it is none.
 */
export function parsePythonInteger(line: string): number | bigint {
  const digits = /^\s*([+-]?\d+)L?\s*$/.exec(line)?.[1];
  if (digits === undefined) {
    throw damagedError(`${JSON.stringify(line.slice(0, 40))} is no integer`);
  }
  if (digits.length > MAX_INTEGER_DIGITS) throw tooLargeError(`${digits.length} digits`);
  return numberOrBigInt(BigInt(digits.replace(/^\+/, "")));
}

function tooLargeError(size: string): UnsupportedError {
  return new UnsupportedError(`an integer of ${size} is too large to be read`);
}

/**
 * The number that a line of protocol 0 holds.
 *
 * @throws {IntegrityError} when it is none.
 */
export function parsePythonFloat(line: string): number {
  const [, sign, word] = /^\s*([+-]?)(nan|inf|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*$/.exec(line) ?? [];
  if (word === undefined) {
    throw damagedError(`${JSON.stringify(line.slice(0, 40))} is no number`);
  }
  const magnitude = word === "nan" ? NaN : word === "inf" ? Infinity : Number(word);
  return sign === "-" ? -magnitude : magnitude;
}
