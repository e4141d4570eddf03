import { IntegrityError, UnsupportedError } from "../../errors.ts";
import type { Node } from "./nodes.ts";
import { Op } from "./opcodes.ts";

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
  if (bytes.length >= MAX_STRING_BYTES) {
    throw new UnsupportedError(
      `a str of ${bytes.length} bytes is too long for JavaScript: in Python, store it as an object of its own`,
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
    throw new IntegrityError("the pickle has a str that is no UTF-8: it is damaged", { cause });
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

/** Each byte as the character of that number. (Not `TextDecoder("latin1")`, which is windows-1252.) */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  // In pieces that fit the call stack.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/** Each character as the byte of its number; `undefined` if one is beyond 255. */
export function encodeLatin1(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}

/**
 * Text in Python's codec `raw-unicode-escape`, of which protocol 0 is made: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
 *
 * @throws {IntegrityError} when an escape is malformed.
 */
export function decodeRawUnicodeEscape(bytes: Uint8Array): string {
  // A backslash before anything but u and U is no escape, and takes the character after it along.
  return decodeLatin1(bytes).replace(/\\(?:u(.{0,4})|U(.{0,8})|[^])/gs, (whole, short, long) => {
    const digits: string | undefined = short ?? long;
    if (digits === undefined) return whole;
    const codePoint = Number.parseInt(digits, 16);
    const isWhole = /^[0-9a-fA-F]+$/.test(digits) && digits.length === (short === undefined ? 8 : 4);
    if (!isWhole || codePoint > 0x10ffff) throw malformed(whole);
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
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) throw malformed(text);
  const plain = text.slice(1, -1).replace(
    /\\(?:x(.{0,2})|([0-7]{1,3})|([^])|$)/gs,
    (whole, hex, octal, letter) => {
      if (hex !== undefined) {
        if (!/^[0-9a-fA-F]{2}$/.test(hex)) throw malformed(whole);
        return String.fromCharCode(Number.parseInt(hex, 16));
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      if (letter === undefined) throw malformed(whole);
      return ESCAPES.get(letter) ?? whole;
    },
  );
  const bytes = encodeLatin1(plain);
  if (!bytes) throw malformed(text);
  return bytes;
}

const ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    a: "\x07",
    b: "\b",
    f: "\f",
    n: "\n",
    r: "\r",
    t: "\t",
    v: "\v",
  }),
);

function malformed(text: string): IntegrityError {
  return new IntegrityError(
    `the pickle has malformed text (${JSON.stringify(text.slice(0, 40))}): it is damaged`,
  );
}

/** Longer integers are not read: they would take far more memory than their bytes, and nobody means them. */
const MAX_BYTES = 2 ** 20;
/** Decimal digits are read in a time that grows faster than their number. */
const MAX_DIGITS = 100_000;

/** An integer as this library has Python's: a `number` where that is exact, else a `bigint`. */
export function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * The integer in two's complement, lowest byte first, that `LONG1` and `LONG4` hold.
 *
 * @throws {UnsupportedError} when it has more than 2²³ bits.
 */
export function decodeLong(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  if (bytes.length > MAX_BYTES) throw tooLarge(`${bytes.length} bytes`);
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).reverse().join("");
  return integer(BigInt.asIntN(bytes.length * 8, BigInt(`0x${digits}`)));
}

/** The shortest two's complement of an integer, lowest byte first. */
export function encodeLong(value: bigint): Uint8Array {
  // A negative number is the complement of one that isn't.
  let digits = (value < 0n ? ~value : value).toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  // The highest bit is the sign's.
  if (digits >= "8") digits = `00${digits}`;
  const flip = value < 0n ? 0xff : 0;
  const { length } = digits;
  return Uint8Array.from(
    { length: length / 2 },
    (_, i) => Number.parseInt(digits.slice(length - 2 * i - 2, length - 2 * i), 16) ^ flip,
  );
}

/**
 * The integer that a line of protocol 0 holds, with Python 2's final `L` or without.
 *
 * @throws {IntegrityError} when it is none.
 */
export function parseInteger(line: string): number | bigint {
  const digits = /^\s*([+-]?\d+)L?\s*$/.exec(line)?.[1];
  if (digits === undefined) {
    throw new IntegrityError(`${JSON.stringify(line.slice(0, 40))} in the pickle is no integer`);
  }
  if (digits.length > MAX_DIGITS) throw tooLarge(`${digits.length} digits`);
  return integer(BigInt(digits.replace(/^\+/, "")));
}

function tooLarge(size: string): UnsupportedError {
  return new UnsupportedError(`an integer of ${size} is too large to be read`);
}

/**
 * The number that a line of protocol 0 holds.
 *
 * @throws {IntegrityError} when it is none.
 */
export function parseFloatLine(line: string): number {
  const [, sign, word] = /^\s*([+-]?)(nan|inf|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*$/.exec(line) ?? [];
  if (word === undefined) {
    throw new IntegrityError(`${JSON.stringify(line.slice(0, 40))} in the pickle is no number`);
  }
  const magnitude = word === "nan" ? NaN : word === "inf" ? Infinity : Number(word);
  return sign === "-" ? -magnitude : magnitude;
}

/**
 * The value that an instruction brings along; `undefined` for instructions of other kinds.
 *
 * @throws {IntegrityError} when it is cut off or malformed.
 */
export function readLiteral(opcode: number, reader: PickleReader): Node | undefined {
  switch (opcode) {
    case Op.NONE:
      return null;
    case Op.NEWTRUE:
      return true;
    case Op.NEWFALSE:
      return false;
    case Op.INT: {
      const line = reader.textLine();
      // How protocols 0 and 1 write truth values.
      return line === "01" ? true : line === "00" ? false : parseInteger(line);
    }
    case Op.BININT:
      return reader.int32();
    case Op.BININT1:
      return reader.uint8();
    case Op.BININT2:
      return reader.uint16();
    case Op.LONG:
      return parseInteger(reader.textLine());
    case Op.LONG1:
      return decodeLong(reader.bytes(reader.uint8()));
    case Op.LONG4:
      return decodeLong(reader.bytes(reader.int32()));
    case Op.FLOAT:
      return parseFloatLine(reader.textLine());
    case Op.BINFLOAT:
      return reader.float64();
    case Op.UNICODE:
      return decodeRawUnicodeEscape(reader.line());
    case Op.SHORT_BINUNICODE:
      return decodeText(reader.bytes(reader.uint8()));
    case Op.BINUNICODE:
      return decodeText(reader.bytes(reader.uint32()));
    case Op.BINUNICODE8:
      return decodeText(reader.bytes(reader.length64()));
    case Op.STRING:
      return { kind: "str2", bytes: decodeStringLiteral(reader.line()) };
    case Op.SHORT_BINSTRING:
      return { kind: "str2", bytes: reader.bytes(reader.uint8()) };
    case Op.BINSTRING:
      return { kind: "str2", bytes: reader.bytes(reader.int32()) };
    case Op.SHORT_BINBYTES:
      return { kind: "bytes", bytes: reader.bytes(reader.uint8()), used: false };
    case Op.BINBYTES:
      return { kind: "bytes", bytes: reader.bytes(reader.uint32()), used: false };
    case Op.BINBYTES8:
    case Op.BYTEARRAY8:
      return { kind: "bytes", bytes: reader.bytes(reader.length64()), used: false };
  }
  return undefined;
}

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
