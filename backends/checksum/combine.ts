/** A CRC's arithmetic: its reflected polynomial and width in bits. */
export interface CrcField {
  /** The reflected polynomial, without the leading one. */
  readonly polynomial: bigint;
  /** Bits. */
  readonly width: 32 | 64;
}

/**
 * The CRC of two pieces of data from the CRCs of each: so the parts of an object are summed where they arrive, in any order. Appending n bytes
 * multiplies a CRC by x^8n modulo the polynomial; the leading and final inversions cancel out.
 */
export function combineCrc(field: CrcField, first: bigint, second: bigint, secondLength: number): bigint {
  return multiply(field, first, shift(field, secondLength)) ^ second;
}

/** x^(8 · length) modulo the polynomial, by squaring. */
function shift(field: CrcField, length: number): bigint {
  const { width } = field;
  // Reflected: the highest bit is x^0.
  let result = 1n << BigInt(width - 1);
  let square = result >> 8n;
  for (let n = BigInt(length); n > 0n; n >>= 1n) {
    if (n & 1n) result = multiply(field, result, square);
    square = multiply(field, square, square);
  }
  return result;
}

function multiply(field: CrcField, a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let bit = 1n << BigInt(field.width - 1); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= b;
    b = b & 1n ? (b >> 1n) ^ field.polynomial : b >> 1n;
  }
  return product;
}
