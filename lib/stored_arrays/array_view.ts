import type { RequestOptions } from "../../backends/backend.ts";
import { type AxisRange, type Chunks, resolveSelection } from "../array/chunks/mod.ts";
import { arrayFromBytes } from "../array/formats/mod.ts";
import type { AxisSelection, NDArray, Selection } from "../array/mod.ts";
import { readRuns } from "./items.ts";
import { type LazyBlock, StoredArray } from "./stored_array.ts";

/**
 * A slice of a stored array as a stored array: nothing is read before a part of it is asked for.
 * @category Arrays
 */
export class ArrayView extends StoredArray {
  readonly #source: StoredArray;
  readonly #axes: readonly AxisSelection[];

  /**
   * Takes a part of an array.
   *
   * @throws {InvalidArgumentError} when there is no such part.
   */
  constructor(source: StoredArray, selection: readonly Selection[]) {
    const axes = resolveSelection(source.shape, selection);
    const shape = axes.flatMap((axis) =>
      axis.kind === "index" ? [] : [axis.kind === "range" ? axis.length : 1]
    );
    super(source.key, { dtype: source.dtype, fields: source.fields, shape }, undefined);
    this.#source = source;
    this.#axes = axes;
  }

  /** Whether parts are read without the rest: as of the array that this is a slice of. */
  override get sliceable(): boolean {
    return this.#source.sliceable;
  }

  /** One chunk. */
  override get chunks(): Chunks {
    return this.shape.map((length) => [length]);
  }

  /** All of it. */
  override toArray(options: RequestOptions = {}): Promise<NDArray> {
    return this.read([], options);
  }

  /** Blocks of at most 16 MiB in C order; all of it at once where parts can't be read. */
  override async *blocks(options: RequestOptions = {}): AsyncIterable<LazyBlock> {
    if (this.sliceable) return yield* readRuns(this, "C", options);
    const index = this.shape.map(() => 0);
    yield { index, origin: index, array: await this.toArray(options) };
  }

  /** What it is: `ArrayView("sub01/bold", shape=(3,), dtype=float32)`. */
  override toString(): string {
    return `ArrayView(${JSON.stringify(this.key)}, shape=[${this.shape}], dtype=${this.dtype})`;
  }

  /**
   * A box of it, in ascending order.
   *
   * @internal
   */
  protected override async readBox(
    ranges: readonly AxisRange[],
    signal: AbortSignal | undefined,
  ): Promise<NDArray> {
    const { dtype, fields } = this;
    const shape = ranges.map(({ count }) => count);
    if (shape.includes(0)) return arrayFromBytes(new Uint8Array(), { dtype, fields, shape });
    let at = 0;
    const selection = this.#axes.map((axis): Selection => {
      if (axis.kind === "index") return axis.start;
      const { start, step, count } = ranges[at++];
      if (axis.kind === "newaxis") return "newaxis";
      const first = axis.start + axis.step * start;
      const each = axis.step * step;
      const stop = first + each * count;
      return [first, stop < 0 ? null : stop, each];
    });
    return await this.#source.read(selection, { signal });
  }
}
