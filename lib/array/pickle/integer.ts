import { IntegrityError, UnsupportedError } from "../../errors.ts";

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
