/**
 * Half precision numbers (IEEE 754 binary16) where the runtime has no `Float16Array`.
 *
 * @module
 */

/** Whether the runtime has `Float16Array`. */
export const HAS_FLOAT16: boolean = "Float16Array" in globalThis;

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** The number that 16 bits stand for. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The 16 bits nearest to a number, ties to even. */
export function toFloat16(value: number): number {
  float64[0] = value;
  const sign = (words[1] >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  // Halfway between the largest half, 65504, and what would follow it; the tie goes to the even neighbour, infinity.
  if (magnitude >= 65520) return sign | 0x7c00;
  // Adding a power of two shifts the bits below the last place of the half out of the double, which rounds them as IEEE 754 says.
  const exponent = Math.max(((words[1] >>> 20) & 0x7ff) - 1023, -14);
  const shift = 2 ** (exponent + 42);
  const rounded = magnitude + shift - shift;
  const steps = rounded * 2 ** (10 - exponent);
  return sign | (((exponent + 14) << 10) + steps);
}
