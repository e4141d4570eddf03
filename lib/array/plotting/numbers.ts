/**
 * Items as plain numbers, which is what charts and colours are made of.
 *
 * @module
 */
import { allocate, lengthOf } from "../../bytes.ts";
import { shown } from "../../error_context.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { fromFloat16, NaT, partsOf, type TypedArray } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";

/** What of complex numbers is taken: the magnitude, the phase in radians from -π to π, or one of the two parts. */
export type ComplexPart = "magnitude" | "phase" | "real" | "imaginary";

/** Options of {@linkcode toNumbers}. */
export interface NumbersOptions {
  /** What is taken of complex items, which are no numbers for a chart without it; of real ones nothing else than themselves. */
  readonly part?: ComplexPart;
}

const NUMBERS_OPTIONS: OptionTable<NumbersOptions> = { part: true };

const PARTS: Readonly<Record<ComplexPart, (re: number, im: number) => number>> = {
  magnitude: Math.hypot,
  phase: (re, im) => Math.atan2(im, re),
  real: (re) => re,
  imaginary: (_, im) => im,
};

/**
 * An array's items as one flat list of numbers, in C order, which Observable Plot, uPlot and other libraries take: truth values as 0 and 1, 64-bit integers as the nearest number, times
 * as counts of their unit, `NaT` as NaN.
 *
 * @throws {UnsupportedError} when the items are no real numbers: use a field, or `part` of complex ones.
 * @throws {InvalidArgumentError} when there is no such part.
 *
 * @example
 * ```ts
 * import { asNDArray, ndarray } from "@cottoncandy/cottoncandy/array";
 * import { toNumbers } from "@cottoncandy/cottoncandy/plot";
 *
 * console.assert(toNumbers(asNDArray([[1n, 2n], [3n, 4n]])).join() === "1,2,3,4");
 * const complex = ndarray(Float32Array.of(3, 4), [1], { dtype: "<c8" });
 * console.assert(toNumbers(complex, { part: "magnitude" })[0] === 5);
 * ```
 */
export function toNumbers(array: NDArray, options: NumbersOptions = {}): Float64Array<ArrayBuffer> {
  checkOptions(options, NUMBERS_OPTIONS);
  const { kind } = partsOf(array.dtype);
  const { part } = options;
  if (part !== undefined && !Object.hasOwn(PARTS, part)) {
    throw new InvalidArgumentError(`a part is one of ${Object.keys(PARTS).join(", ")}, not ${shown(part)}`);
  }
  if (array.fields || !"biufMmc".includes(kind) || kind === "c" && part === undefined) {
    throw new UnsupportedError(
      `only real numbers are plotted, not dtype ${array.dtype}: take a field or a part of it`,
    );
  }
  const numbers = new Float64Array(allocate(array.size * 8).buffer);
  // One copy into C order is faster than reading items one by one, whatever the strides are.
  const { data, offset } = array.toNative().toContiguous();
  if (kind === "c" && part !== undefined) takePart(data, offset * 2, PARTS[part], numbers);
  else take(data, offset, kind, numbers);
  return numbers;
}

/** Numbers of either precision. */
export type Floats = Float32Array | Float64Array;

/** The items themselves, in C order, where they are floats as this machine has them; they are only to be read. */
export function ownNumbers(array: NDArray): Floats | undefined {
  if (array.dtype !== "<f4" && array.dtype !== "<f8") return undefined;
  const { data, offset, size } = array.toContiguous();
  return data instanceof Float32Array || data instanceof Float64Array
    ? data.subarray(offset, offset + size)
    : undefined;
}

function takePart(
  data: TypedArray,
  from: number,
  part: (re: number, im: number) => number,
  numbers: Float64Array,
): void {
  const items = lengthOf(numbers);
  for (let i = 0, slot = from; i < items; i++, slot += 2) {
    numbers[i] = part(Number(data[slot]), Number(data[slot + 1]));
  }
}

function take(data: TypedArray, from: number, kind: string, numbers: Float64Array): void {
  const items = lengthOf(numbers);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const none = kind === "M" || kind === "m" ? NaT : undefined;
    for (let i = 0; i < items; i++) {
      const count = data[from + i];
      numbers[i] = count === none ? NaN : Number(count);
    }
  } else if (kind === "f" && data instanceof Uint16Array) {
    for (let i = 0; i < items; i++) numbers[i] = fromFloat16(data[from + i]);
  } else if (kind === "b") {
    for (let i = 0; i < items; i++) numbers[i] = data[from + i] === 0 ? 0 : 1;
  } else numbers.set(data.subarray(from, from + items));
}
