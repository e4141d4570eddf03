import { IntegrityError, UnsupportedError } from "../../errors.ts";

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
