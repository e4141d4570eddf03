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
import type { NDArray, Selection } from "../array/mod.ts";
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
