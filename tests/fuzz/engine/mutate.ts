/** Makes inputs of other inputs. */
import { concat } from "../../../lib/bytes.ts";
import type { Input } from "./target.ts";

/** A whole number from 0 to below `below`, which is at least 1. */
export type Random = (below: number) => number;

/** Numbers at which code goes wrong. */
const NUMBERS = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  15,
  16,
  31,
  32,
  63,
  64,
  127,
  128,
  255,
  256,
  1000,
  4095,
  4096,
  32767,
  32768,
]
  .concat(
    65535,
    65536,
    2 ** 24,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 40,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 62,
  );
/** The same, as text, where a number stands. */
const DIGITS = [
  "-1",
  "-0",
  "0.5",
  "1e400",
  "1e21",
  "-9223372036854775809",
  "18446744073709551616",
  "00",
  "１",
  "NaN",
]
  .concat(NUMBERS.map(String));
/** What means something in most texts. */
const WORDS = [
  "\0",
  "\n",
  "\r\n",
  " ",
  "\t",
  '"',
  "'",
  "\\",
  "/",
  "//",
  "..",
  "%",
  "%00",
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
]
  .concat(
    "<",
    ">",
    "&",
    ";",
    ",",
    ":",
    "=",
    "#",
    "*",
    "?",
    "!",
    "-",
    "\u00e9",
    "\u2028",
    "\ufeff",
    "\ud83d\ude00",
  );
const WORD_BYTES = WORDS.map((word) => new TextEncoder().encode(word));

/** What mutations draw on. */
export interface Material {
  /** At least one. */
  readonly pool: readonly Input[];
  readonly dictionary: readonly Input[];
  readonly longest: number;
}

/** One of the pool, changed in one place or, ever more seldom, in more. */
export function mutated({ pool, dictionary, longest }: Material, random: Random): Input {
  const pick = <T>(list: readonly T[]) => list[random(list.length)];
  const words = dictionary.length > 0 ? [...dictionary] : WORD_BYTES;
  const base = pick(pool);
  let bytes = base.slice(0, longest);
  const isSame = () => bytes.length === base.length && bytes.every((byte, i) => byte === base[i]);
  for (let more = true; more; more = isSame() ? random(16) > 0 : random(5) < 2) {
    bytes = pick(MUTATIONS)(bytes, {
      other: () => pick(pool),
      word: () => pick(random(4) ? words : WORD_BYTES),
      random,
      longest,
    });
    if (bytes.length > longest) bytes = bytes.slice(0, longest);
  }
  return bytes;
}

interface Help {
  readonly other: () => Input;
  readonly word: () => Input;
  readonly random: Random;
  readonly longest: number;
}

type Mutation = (bytes: Input, help: Help) => Input;

/** Bytes `from` to `end` replaced by others. */
function replaced(bytes: Input, from: number, end: number, by: Uint8Array): Input {
  return concat(bytes.subarray(0, from), by, bytes.subarray(end));
}

/** Somewhere within the bytes, and how many from there: mostly few. */
function range(bytes: Input, random: Random): [start: number, end: number] {
  const start = random(bytes.length + 1);
  const most = random(3) ? Math.min(bytes.length - start, 16) : bytes.length - start;
  return [start, start + random(most + 1)];
}

const setByte = (value: (byte: number, random: Random) => number): Mutation => (bytes, { random }) => {
  if (bytes.length === 0) return bytes;
  const at = random(bytes.length);
  const changed = bytes.slice();
  changed[at] = value(bytes[at], random);
  return changed;
};

const MUTATIONS: readonly Mutation[] = [
  setByte((byte, random) => byte ^ 1 << random(8)),
  setByte((_byte, random) => random(256)),
  setByte((_byte, random) => [0, 1, 0x7f, 0x80, 0xff][random(5)]),
  setByte((byte, random) => byte + 1 - 2 * random(2)),
  // A number that code may go wrong at, of 2, 4 or 8 bytes.
  (bytes, { random }) => {
    const width = 2 << random(3);
    if (bytes.length < width) return bytes;
    const changed = bytes.slice();
    const view = new DataView(changed.buffer, random(bytes.length - width + 1));
    const number = NUMBERS[random(NUMBERS.length)];
    const little = random(2) === 0;
    if (width === 2) view.setUint16(0, number, little);
    else if (width === 4) view.setUint32(0, number, little);
    else view.setBigUint64(0, BigInt(number), little);
    return changed;
  },
  // The same where digits stand.
  (bytes, { random }) => {
    const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
    const from = random(bytes.length + 1);
    const start = bytes.findIndex((byte, i) => i >= from && isDigit(byte));
    if (start < 0) return bytes;
    let end = start;
    while (end < bytes.length && isDigit(bytes[end])) end++;
    return replaced(bytes, start, end, new TextEncoder().encode(DIGITS[random(DIGITS.length)]));
  },
  (bytes, { random, word }) => {
    const at = random(bytes.length + 1);
    return replaced(bytes, at, at, word());
  },
  (bytes, { random, word }) => {
    const [start, end] = range(bytes, random);
    return replaced(bytes, start, end, word());
  },
  (bytes, { random }) => {
    const at = random(bytes.length + 1);
    return replaced(bytes, at, at, Uint8Array.from({ length: 1 + random(8) }, () => random(256)));
  },
  // Deleted, doubled, moved.
  (bytes, { random }) => replaced(bytes, ...range(bytes, random), new Uint8Array(0)),
  (bytes, { random }) => {
    const [start, end] = range(bytes, random);
    return replaced(bytes, end, end, bytes.subarray(start, end));
  },
  (bytes, { random }) => {
    const [start, end] = range(bytes, random);
    const taken = bytes.slice(start, end);
    const rest = replaced(bytes, start, end, new Uint8Array(0));
    const at = random(rest.length + 1);
    return replaced(rest, at, at, taken);
  },
  // Cut off, at either end.
  (bytes, { random }) => bytes.slice(0, random(bytes.length + 1)),
  (bytes, { random }) => random(8) ? bytes : bytes.slice(random(bytes.length + 1)),
  // The beginning of one and the end of another, or a piece of one within another.
  (bytes, { random, other }) => {
    const from = other();
    const [start, end] = range(from, random);
    if (random(2)) return concat(bytes.subarray(0, random(bytes.length + 1)), from.subarray(start));
    return replaced(bytes, ...range(bytes, random), from.subarray(start, end));
  },
  // As often as there is room: what takes time with the square of something shows.
  (bytes, { random, word, longest }) => {
    if (random(16)) return bytes;
    const [start, end] = range(bytes, random);
    const piece = random(2) || start === end ? word() : bytes.slice(start, end);
    const times = Math.floor(random(longest - bytes.length + 1) / Math.max(piece.length, 1));
    const many = new Uint8Array(times * piece.length);
    for (let i = 0; i < times; i++) many.set(piece, i * piece.length);
    return replaced(bytes, start, start, many);
  },
];
