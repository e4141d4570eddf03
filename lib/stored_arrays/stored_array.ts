/**
 * Stored arrays of which slices are read: what lazy and chunked ones have in common.
 *
 * @module
 */
import type { RequestOptions } from "../../backends/backend.ts";
import {
  ascendingRange,
  type AxisRange,
  type Chunks,
  resolveSelection,
  restoredOrder,
} from "../array/chunks/mod.ts";
import type {
  AxisOptions,
  Complex,
  NDArray,
  Scalar,
  Selection,
  StdOptions,
  WithoutAxis,
} from "../array/mod.ts";
import { anySignal } from "../async.ts";
import { withErrorKey } from "../error_context.ts";
import type { StoredLayout } from "./reading.ts";

/** One block of an array: `blocks` of {@linkcode LazyArray} and {@linkcode ChunkedArray}. */
export interface LazyBlock {
  /** Which block, along each axis. */
  readonly index: readonly number[];
  /** Where its first item lies in the whole array. */
  readonly origin: readonly number[];
  /** Its items. */
  readonly array: NDArray;
}

/** What `console.log` asks an object for, in Deno, Node and Bun. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/**
 * A stored array of which only the parts that are asked for are read.
 * @category Arrays
 */
export abstract class StoredArray {
  /** The full key: of the object, or of the folder. */
  readonly key: string;
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** numpy `dtype.str`. */
  readonly dtype: NDArray["dtype"];
  /** The fields of a structured dtype. */
  readonly fields: NDArray["fields"];
  readonly #signal: AbortSignal | undefined;

  /** An array of which nothing has been read; `signal` ends all reads. */
  constructor(
    key: string,
    { shape, dtype, fields }: Pick<StoredLayout, "shape" | "dtype" | "fields">,
    signal: AbortSignal | undefined,
  ) {
    this.key = key;
    this.shape = shape;
    this.dtype = dtype;
    this.fields = fields;
    this.#signal = signal;
  }

  /** Whether parts are read without the rest. */
  get sliceable(): boolean {
    return true;
  }

  /** Lengths of the blocks along each axis, as dask gives them. */
  abstract get chunks(): Chunks;

  /** The whole array. */
  abstract toArray(options?: RequestOptions): Promise<NDArray>;

  /** The whole array block by block, in C order. */
  abstract blocks(options?: RequestOptions): AsyncIterable<LazyBlock>;

  /**
   * A part of the array, by numpy's rules: a number takes one index and drops the axis, `[start, stop, step]` a range, `null` (or nothing) all.
   * Negative indices count from the end; `"..."` and `"newaxis"` are as in numpy.
   *
   * @throws {InvalidArgumentError} when there are more selections than axes, or an index is out of bounds.
   * @throws {PreconditionFailedError} when the array's one object has been replaced since it was opened.
   * @throws {IntegrityError} when a part isn't what `metadata.json` says, or corrupt.
   * @throws {NotFoundError} when a part is missing.
   */
  slice(...selection: Selection[]): Promise<NDArray> {
    return this.read(selection);
  }

  /** Like {@linkcode StoredArray.slice}, with options. */
  read(selection: readonly Selection[], options: RequestOptions = {}): Promise<NDArray> {
    return withErrorKey(this.key, async () => {
      const axes = resolveSelection(this.shape, selection);
      const taken = axes.filter((axis) => axis.kind !== "newaxis");
      const box = await this.readBox(taken.map(ascendingRange), this.signalOf(options));
      return box.slice(...axes.map(restoredOrder));
    });
  }

  /**
   * The least item, or with `axis` the least ones along it, read block by block in one pass: in memory are a few blocks and the result. Otherwise as of an `NDArray`.
   *
   * @throws {InvalidArgumentError} when there is no item, or no such axis.
   * @throws {UnsupportedError} for dtypes without an order: complex, text, bytes and structures.
   *
   * @example
   * ```ts
   * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://statistics-example");
   * await cci.uploadRawArray("runs", ndarray(Float32Array.of(1, 2, 3, 4, 5, 9), [2, 3]));
   * const runs = await cci.openRawArray("runs");
   * console.assert(await runs.max() === 9 && await runs.mean() === 4);
   * console.assert((await runs.mean({ axis: 0 })).toNested().toString() === "2.5,3.5,6");
   * ```
   */
  min(options?: RequestOptions & WithoutAxis): Promise<boolean | number | bigint>;
  /** Along axes. */
  min(options: RequestOptions & AxisOptions): Promise<NDArray>;
  min(options?: RequestOptions & StdOptions): Promise<unknown> {
    return this.#reduced("min", options);
  }

  /** The greatest item; see {@linkcode StoredArray.min}. */
  max(options?: RequestOptions & WithoutAxis): Promise<boolean | number | bigint>;
  /** Along axes. */
  max(options: RequestOptions & AxisOptions): Promise<NDArray>;
  max(options?: RequestOptions & StdOptions): Promise<unknown> {
    return this.#reduced("max", options);
  }

  /** The sum of all items, of integers exact, as of an `NDArray`; read as {@linkcode StoredArray.min} does. */
  sum(options?: RequestOptions & WithoutAxis): Promise<number | bigint | Complex>;
  /** Along axes. */
  sum(options: RequestOptions & AxisOptions): Promise<NDArray>;
  sum(options?: RequestOptions & StdOptions): Promise<unknown> {
    return this.#reduced("sum", options);
  }

  /** The mean, as of an `NDArray`; read as {@linkcode StoredArray.min} does. */
  mean(options?: RequestOptions & WithoutAxis): Promise<number | Complex>;
  /** Along axes. */
  mean(options: RequestOptions & AxisOptions): Promise<NDArray>;
  mean(options?: RequestOptions & StdOptions): Promise<unknown> {
    return this.#reduced("mean", options);
  }

  /** The standard deviation, as of an `NDArray`; read as {@linkcode StoredArray.min} does. */
  std(options?: RequestOptions & WithoutAxis & { readonly ddof?: number }): Promise<number>;
  /** Along axes. */
  std(options: RequestOptions & StdOptions & AxisOptions): Promise<NDArray>;
  std(options?: RequestOptions & StdOptions): Promise<unknown> {
    return this.#reduced("std", options);
  }

  async #reduced(
    statistic: "min" | "max" | "sum" | "mean" | "std",
    { signal, ...options }: RequestOptions & StdOptions = {},
  ): Promise<Scalar | NDArray> {
    const { Reducer } = await import("../array/reducing/mod.ts");
    const reducer = new Reducer(statistic, this, options);
    for await (const { array, origin } of this.blocks({ signal })) reducer.add(array, origin);
    return reducer.result();
  }

  /** What it is, without reading it: `ChunkedArray("sub01/bold", shape=(2, 3, 10), dtype=float32, chunksize=(2, 3, 4))`. What consoles show, too. */
  abstract toString(): string;

  /** What consoles show. */
  [INSPECT](): string {
    return this.toString();
  }

  /** What it is, without its items: those are what `await array.toArray()` gives. */
  toJSON(): { readonly key: string; readonly shape: readonly number[]; readonly dtype: string } {
    return { key: this.key, shape: this.shape, dtype: this.dtype };
  }

  /**
   * Reads a box of the array into memory of its own; no axis is dropped or turned round.
   *
   * @internal
   */
  protected abstract readBox(
    ranges: readonly AxisRange[],
    signal: AbortSignal | undefined,
  ): Promise<NDArray>;

  /** What ends a read: the array's own signal, or the call's. */
  protected signalOf({ signal }: RequestOptions): AbortSignal | undefined {
    return anySignal(this.#signal, signal);
  }
}
