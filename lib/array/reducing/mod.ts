/**
 * Minimum, maximum, sum, mean and standard deviation: of an array in memory at once, of a stored one block by block, in any order. Who loads this gives every array these methods.
 *
 * Sums are 64-bit floats with what each addition rounds away beside them: those of integers are exact, those of floats as good as numpy's or better, wherever an array is cut. The
 * standard deviation is Welford's, in one pass.
 *
 * Source: the documentation of `numpy.sum`, `numpy.std` and their like, and running them; D. E. Knuth, "The Art of Computer Programming", 4.2.2, for both.
 *
 * @module
 */
import { allocate } from "../../bytes.ts";
import { shown } from "../../error_context.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import {
  type DType,
  type DTypeKind,
  type DTypeParts,
  fromFloat16,
  itemTypeOf,
  NaT,
  parseDType,
  partsOf,
  type Scalar,
  type TypedArray,
} from "../dtype/mod.ts";
import { arrayFromBytes } from "../from_bytes.ts";
import { cStride, itemCount, type Run, runsOf } from "../layout/mod.ts";
import { EXTRAS, type NDArray, type Statistic, type StdOptions } from "../ndarray.ts";

/** So many numbers are taken out of an array at a time. */
const PIECE = 4096;
const TWO_32 = 2n ** 32n;

const STATISTIC_OPTIONS: OptionTable<StdOptions> = { axis: true, keepdims: true, ddof: true };

/** Works out a statistic of an array that comes in blocks. */
export class Reducer {
  readonly #statistic: Statistic;
  readonly #dtype: DType;
  /** The result's axes; none where it is one value. */
  readonly #shape: readonly number[] | undefined;
  /** Cells of the result from one index of an axis to the next: 0 along axes that go. */
  readonly #cellStride: readonly number[];
  readonly #cells: Cells;

  /**
   * Nothing worked out yet.
   *
   * @throws {InvalidArgumentError} when there is no such axis or option, or no item to take the minimum or maximum of.
   * @throws {UnsupportedError} when items of this dtype have no such statistic.
   */
  constructor(
    statistic: Statistic,
    { dtype, shape, fields }: Pick<NDArray, "dtype" | "shape" | "fields">,
    options: StdOptions = {},
  ) {
    checkOptions(options, STATISTIC_OPTIONS);
    const { axis, keepdims = false, ddof = 0 } = options;
    if (typeof ddof !== "number") throw new InvalidArgumentError(`ddof is a number, not ${shown(ddof)}`);
    const parts = partsOf(dtype);
    const isExtreme = statistic === "min" || statistic === "max";
    if (fields || !(isExtreme ? "biufMm" : "biufc").includes(parts.kind)) {
      const what = isExtreme ? "real numbers and times" : "numbers";
      throw new UnsupportedError(`there is a ${statistic} of ${what}, and none of dtype ${dtype}`);
    }
    const gone = axis === undefined ? shape.map((_, index) => index) : checkedAxes(axis, shape.length);
    const kept = shape.map((length, index) => gone.includes(index) ? 1 : length);
    const stride = cStride(kept);
    this.#statistic = statistic;
    this.#dtype = dtype;
    this.#shape = axis === undefined
      ? undefined
      : keepdims
      ? kept
      : kept.filter((_, index) => !gone.includes(index));
    this.#cellStride = stride.map((step, index) => gone.includes(index) ? 0 : step);
    const count = gone.reduce((product, index) => product * shape[index], 1);
    const cells = itemCount(kept);
    if (count === 0 && cells > 0 && isExtreme) {
      throw new InvalidArgumentError(`there is no ${statistic} of no items: the shape is [${shape}]`);
    }
    this.#cells = cellsFor(statistic, parts, cells, count, ddof);
  }

  /**
   * Takes a part of the array into account; each item must come once.
   *
   * @param origin Where the part begins in the array.
   */
  add(block: NDArray, origin: readonly number[]): void {
    const { data, shape, stride, offset, size } = block.toNative();
    if (size === 0) return;
    const cell = origin.reduce((sum, place, axis) => sum + place * this.#cellStride[axis], 0);
    for (const run of runsOf(shape, stride, this.#cellStride, offset, cell)) this.#cells.add(data, run);
  }

  /**
   * The statistic of all that came: a value, or an array where axes were named.
   *
   * @throws {InvalidArgumentError} when a sum does not fit into the 64 bits that an item of the array has.
   */
  result(): Scalar | NDArray {
    if (this.#shape === undefined) return this.#cells.value(0);
    const type = itemTypeOf(resultDType(this.#statistic, this.#dtype));
    const size = itemCount(this.#shape);
    const bytes = allocate(size * type.parts.itemsize);
    const array = arrayFromBytes(bytes, { dtype: type.dtype, shape: this.#shape });
    for (let cell = 0; cell < size; cell++) {
      type.write(array.data, cell * type.itemLength, this.#cells.value(cell));
    }
    return array;
  }
}

/** An array's statistic at once; see {@linkcode Reducer}. */
function reduced(array: NDArray, statistic: Statistic, options?: StdOptions): Scalar | NDArray {
  const reducer = new Reducer(statistic, array, options);
  reducer.add(array, array.shape.map(() => 0));
  return reducer.result();
}

EXTRAS.reduced = reduced;

function checkedAxes(axis: number | readonly number[], axes: number): number[] {
  const named = typeof axis === "number" ? [axis] : axis;
  const places = named.map((each) => each < 0 ? each + axes : each);
  if (!places.every((place) => Number.isInteger(place) && place >= 0 && place < axes)) {
    throw new InvalidArgumentError(`there is no axis ${shown(axis)} in an array of ${axes} axes`);
  }
  if (new Set(places).size < places.length) {
    throw new InvalidArgumentError(`an axis comes twice in ${shown(axis)}`);
  }
  return places;
}

/** The dtype that numpy gives the result. */
function resultDType(statistic: Statistic, dtype: DType): DType {
  const { kind, itemsize } = partsOf(dtype);
  const native = parseDType(dtype.replace(">", "<"));
  if (statistic === "min" || statistic === "max" || kind === "f") return native;
  if (kind === "c") return statistic === "std" ? parseDType(`<f${itemsize / 2}`) : native;
  return statistic === "sum" ? (kind === "u" ? "<u8" : "<i8") : "<f8";
}

/** What has been worked out of each cell. */
interface Cells {
  add(data: TypedArray, run: Run): void;
  value(cell: number): Scalar;
}

function cellsFor(
  statistic: Statistic,
  parts: DTypeParts,
  cells: number,
  count: number,
  ddof: number,
): Cells {
  const { kind, itemsize } = parts;
  const isWide = "iuMm".includes(kind) && itemsize === 8;
  if (statistic === "min" || statistic === "max") {
    if (isWide) return new WideExtremes(statistic, kind, cells);
    const extremes = new Extremes(statistic, cells);
    const value = (cell: number) => kind === "b" ? extremes.value(cell) !== 0 : extremes.value(cell);
    return cellsOf([extremes], [numbersOf(parts)], value);
  }
  if (statistic === "std") {
    const views = kind === "c" ? [halfOf(0), halfOf(1)] : [numbersOf(parts)];
    const deviations = views.map(() => new Deviations(cells));
    const divisor = Math.max(count - ddof, 0);
    return cellsOf(deviations, views, (cell) => {
      return Math.sqrt(deviations.reduce((sum, { squares }) => sum + squares[cell], 0) / divisor);
    });
  }
  const divisor = statistic === "mean" ? count : 1;
  if (kind === "c") {
    const [re, im] = [new Sums(cells), new Sums(cells)];
    const value = (cell: number) => ({ re: re.total(cell) / divisor, im: im.total(cell) / divisor });
    return cellsOf([re, im], [halfOf(0), halfOf(1)], value);
  }
  if (kind === "f") {
    const sums = new Sums(cells);
    return cellsOf([sums], [numbersOf(parts)], (cell) => sums.total(cell) / divisor);
  }
  // The halves of 64-bit integers are added up apart: floats hold them and their sums.
  const halves = isWide
    ? [halfOf(0, "unsigned"), halfOf(1, kind === "u" ? "unsigned" : "signed")]
    : [numbersOf(parts)];
  const sums = halves.map(() => new Sums(cells));
  const exact = (cell: number) => sums.reduceRight((sum, half) => sum * TWO_32 + half.exact(cell), 0n);
  return cellsOf(sums, halves, (cell) => statistic === "sum" ? exact(cell) : Number(exact(cell)) / count);
}

/** Where in the memory of an array's items their numbers are. */
interface NumberView {
  readonly numbers: TypedArray;
  /** Numbers an item, and which of them is meant. */
  readonly perItem: number;
  readonly first: number;
  /** What a number in memory stands for, where that is another one. */
  readonly meaning?: (number: number) => number;
}

type ViewNumbers = (data: TypedArray) => NumberView;

function numbersOf({ kind, itemsize }: DTypeParts): ViewNumbers {
  return (numbers) => ({
    numbers,
    perItem: 1,
    first: 0,
    meaning: kind === "b"
      ? (byte) => byte === 0 ? 0 : 1
      : kind === "f" && itemsize === 2 && numbers instanceof Uint16Array
      ? fromFloat16
      : undefined,
  });
}

/** One of the two numbers that an item is made of; `words` says how the halves of an integer are read. */
function halfOf(first: 0 | 1, words?: "signed" | "unsigned"): ViewNumbers {
  return (data) => {
    const place = [data.buffer, data.byteOffset, data.byteLength / 4] as const;
    const halves = words === "signed" ? new Int32Array(...place) : new Uint32Array(...place);
    return { numbers: words ? halves : data, perItem: 2, first };
  };
}

/** What takes numbers in: the first `count` of `values`, the first one for a cell, the others each `cellStep` cells on. */
interface Accumulator {
  take(values: Float64Array, count: number, cell: number, cellStep: number): void;
}

function cellsOf(
  accumulators: readonly Accumulator[],
  views: readonly ViewNumbers[],
  value: (cell: number) => Scalar,
): Cells {
  const values = new Float64Array(PIECE);
  return {
    value,
    add(data, { item, step, length, cell, cellStep }) {
      for (const [index, accumulator] of accumulators.entries()) {
        const { numbers, perItem, first, meaning } = views[index](data);
        const slots = step * perItem;
        for (let done = 0; done < length; done += PIECE) {
          const count = Math.min(PIECE, length - done);
          let slot = (item + done * step) * perItem + first;
          if (slots === 1 && !isBig(numbers)) values.set(numbers.subarray(slot, slot + count));
          else for (let i = 0; i < count; i++, slot += slots) values[i] = Number(numbers[slot]);
          if (meaning) { for (let i = 0; i < count; i++) values[i] = meaning(values[i]); }
          accumulator.take(values, count, cell + done * cellStep, cellStep);
        }
      }
    },
  };
}

function isBig(data: TypedArray): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

function floats(count: number): Float64Array {
  return new Float64Array(allocate(count * 8).buffer);
}

class Extremes implements Accumulator {
  readonly #sign: 1 | -1;
  readonly #least: Float64Array;

  constructor(statistic: "min" | "max", cells: number) {
    this.#sign = statistic === "max" ? -1 : 1;
    this.#least = floats(cells).fill(Infinity);
  }

  take(values: Float64Array, count: number, cell: number, cellStep: number): void {
    const [least, sign] = [this.#least, this.#sign];
    for (let i = 0; i < count; i++, cell += cellStep) {
      const value = sign * values[i];
      // What is not a number stays: nothing is less.
      if (value < least[cell] || value !== value) least[cell] = value;
    }
  }

  value(cell: number): number {
    return this.#sign * this.#least[cell];
  }
}

/** Extremes of 64-bit integers and times; "not a time" is both. */
class WideExtremes implements Cells {
  readonly #isMax: boolean;
  readonly #notATime: bigint | undefined;
  readonly #found: (bigint | undefined)[];

  constructor(statistic: "min" | "max", kind: DTypeKind, cells: number) {
    this.#isMax = statistic === "max";
    this.#notATime = kind === "M" || kind === "m" ? NaT : undefined;
    this.#found = new Array(cells);
  }

  add(data: TypedArray, { item, step, length, cell, cellStep }: Run): void {
    if (!isBig(data)) return;
    for (let i = 0; i < length; i++, item += step, cell += cellStep) {
      const value = data[item];
      const best = this.#found[cell];
      if (best !== undefined && best === this.#notATime) continue;
      const isBetter = best === undefined || (this.#isMax ? value > best : value < best);
      if (isBetter || value === this.#notATime) this.#found[cell] = value;
    }
  }

  value(cell: number): bigint {
    return this.#found[cell] ?? 0n;
  }
}

class Sums implements Accumulator {
  readonly #sums: Float64Array;
  /** What additions have rounded away. */
  readonly #lost: Float64Array;

  constructor(cells: number) {
    this.#sums = floats(cells);
    this.#lost = floats(cells);
  }

  take(values: Float64Array, count: number, cell: number, cellStep: number): void {
    const [sums, lost] = [this.#sums, this.#lost];
    for (let i = 0; i < count; i++, cell += cellStep) {
      const before = sums[cell];
      const value = values[i];
      const sum = before + value;
      const part = sum - before;
      sums[cell] = sum;
      lost[cell] += (before - (sum - part)) + (value - part);
    }
  }

  total(cell: number): number {
    const sum = this.#sums[cell];
    return Number.isFinite(sum) ? sum + this.#lost[cell] : sum;
  }

  /** The sum of whole numbers, exactly. */
  exact(cell: number): bigint {
    return BigInt(this.#sums[cell]) + BigInt(this.#lost[cell]);
  }
}

/** Sums of squared distances from the mean. */
class Deviations implements Accumulator {
  readonly squares: Float64Array;
  readonly #means: Float64Array;
  readonly #counts: Float64Array;

  constructor(cells: number) {
    this.squares = floats(cells);
    this.#means = floats(cells);
    this.#counts = floats(cells);
  }

  take(values: Float64Array, count: number, cell: number, cellStep: number): void {
    const [squares, means, counts] = [this.squares, this.#means, this.#counts];
    for (let i = 0; i < count; i++, cell += cellStep) {
      const distance = values[i] - means[cell];
      means[cell] += distance / ++counts[cell];
      squares[cell] += distance * (values[i] - means[cell]);
    }
  }
}
