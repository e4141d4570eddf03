/**
 * Arrays that numpy made, with their text and statistics as numpy has them: those of `tests/vectors/arrays.py`.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { arrayFromBytes, type Field, isNDArray, type NDArray, parseDType } from "../../lib/array/mod.ts";
import { Reducer } from "../../lib/array/reducing/mod.ts";
import { arrayRepr } from "../../lib/array/repr/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";

/** An array as Python describes it. */
export interface ArrayVector extends TypeVector {
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** The items in C order, in base64. */
  readonly bytes: string;
}

/** A dtype as Python describes it. */
interface TypeVector {
  readonly dtype: string;
  readonly fields?: readonly FieldVector[];
}

interface FieldVector extends TypeVector {
  readonly name: string;
  readonly offset: number;
  readonly shape?: readonly number[];
  readonly title?: string;
}

/** What numpy makes of an array. */
export interface ArrayCase extends ArrayVector {
  /** Its text. */
  readonly repr: string;
  /** Its statistics; `result` is null where numpy raises an error. */
  readonly statistics?: readonly {
    readonly name: string;
    readonly options: {
      readonly axis?: number | readonly number[];
      readonly keepdims?: boolean;
      readonly ddof?: number;
    };
    readonly result: ArrayVector | null;
  }[];
}

/** The array that was described. */
export function arrayOf({ dtype, fields, shape, bytes }: ArrayVector): NDArray {
  return arrayFromBytes(Uint8Array.fromBase64(bytes), {
    dtype: parseDType(dtype),
    shape,
    fields: fields?.map(fieldOf),
  });
}

function fieldOf({ dtype, fields, ...rest }: FieldVector): Field {
  return { ...rest, dtype: parseDType(dtype), fields: fields?.map(fieldOf) };
}

/** Holds an array's text against numpy's, to the character. */
export function assertRepr(found: ArrayCase): void {
  assertEquals(arrayRepr(arrayOf(found)), found.repr);
}

/** Holds an array's statistics against numpy's: the same dtypes, shapes and integers, and floats that differ by no more than numpy's own rounding; gives how many there were. */
export function assertStatistics({ statistics = [], ...found }: ArrayCase): number {
  const array = arrayOf(found);
  for (const { name, options, result } of statistics) {
    const work = () => {
      const reducer = new Reducer(statisticOf(name), array, options);
      // In two parts, as stored arrays come in blocks.
      const length = array.shape[0] ?? 0;
      const cut = Math.floor(length / 2);
      if (array.shape.length === 0) reducer.add(array, []);
      else {
        const rest = array.shape.slice(1).map(() => 0);
        reducer.add(array.slice([cut, null]), [cut, ...rest]);
        reducer.add(array.slice([0, cut]), [0, ...rest]);
      }
      return reducer.result();
    };
    const told = `${name}(${JSON.stringify(options)}) of ${found.repr}`;
    if (result === null) {
      assertThrows(work, InvalidArgumentError, undefined, told);
      continue;
    }
    const expected = arrayOf(result);
    const actual = work();
    if (options.axis !== undefined) {
      if (!isNDArray(actual)) throw new Error(`${told} is no array`);
      assertEquals([actual.dtype, actual.shape], [expected.toNative().dtype, expected.shape], told);
    }
    const items = isNDArray(actual) ? [...actual] : [actual];
    // Numpy's sums lose a little with each addition; along an axis the result is rounded to the dtype.
    const digits = options.axis === undefined ? 2 ** -52 : precisionOf(found.dtype);
    const scale = Math.max(0, ...[...array].map(sizeOf).filter(Number.isFinite)) * Math.max(1, array.size) *
      digits;
    for (const [index, item] of [...expected].entries()) {
      assertAlmost(items[index], item, scale, `${told}: ${index}`);
    }
  }
  return statistics.length;
}

function statisticOf(name: string): "min" | "max" | "sum" | "mean" | "std" {
  if (name === "min" || name === "max" || name === "sum" || name === "mean" || name === "std") return name;
  throw new Error(name);
}

function precisionOf(dtype: string): number {
  return /f2$/.test(dtype) ? 2 ** -10 : /f4$|c8$/.test(dtype) ? 2 ** -23 : 2 ** -52;
}

function sizeOf(item: unknown): number {
  if (typeof item === "object" && item !== null && "re" in item && "im" in item) {
    return Math.max(Math.abs(Number(item.re)), Math.abs(Number(item.im)));
  }
  return Math.abs(Number(item));
}

function assertAlmost(actual: unknown, expected: unknown, scale: number, told: string): void {
  if (typeof expected === "object" && typeof actual === "object") {
    const parts = (value: unknown) => [Reflect.get(Object(value), "re"), Reflect.get(Object(value), "im")];
    const [left, right] = [parts(actual), parts(expected)];
    // Numpy divides by a complex number, which makes NaN of both parts where one is infinite or NaN.
    if (right.some((part) => !Number.isFinite(part))) {
      assert(left.some((part) => !Number.isFinite(part)), told);
    } else right.forEach((part, index) => assertAlmost(left[index], part, scale, told));
  } else if (typeof expected === "number" && typeof actual === "number" && Number.isFinite(expected)) {
    assert(Math.abs(actual - expected) <= scale, `${told}: ${actual} instead of ${expected}`);
  } else assertEquals(actual, expected, told);
}
