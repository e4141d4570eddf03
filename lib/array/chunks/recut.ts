/**
 * Cuts an array into the chunks of a grid: one in memory, or one that comes in slabs and is larger than memory.
 *
 * @module
 */
import { IteratorReader } from "../../async.ts";
import { allocate } from "../../bytes.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { ByteBudget } from "../../streams/mod.ts";
import { arrayFromBytes, type ArrayInput, asNDArray } from "../creation.ts";
import { descrOf, type DType, type Field, partsOf } from "../dtype/mod.ts";
import { copyItems, cStride, itemCount, layoutOf } from "../layout/mod.ts";
import type { NDArray } from "../ndarray.ts";
import type { Selection } from "../slice.ts";
import type { Band, Cell, Grid } from "./grid.ts";

/** The items of one chunk. */
export interface Chunk {
  /** Where it belongs. */
  readonly cell: Cell;
  /** Its items. They stay as they are until `release` is called. */
  readonly array: NDArray;
  /** Gives its memory back; to be called once it is not needed any more. */
  readonly release: () => void;
}

/** An array that comes in slabs, and what all of them have in common. */
export interface Slabs {
  /** Items of the whole array along each axis. */
  readonly shape: readonly number[];
  /** What the items are. */
  readonly dtype: DType;
  /** The fields of a structured dtype; default: those of the first slab. */
  readonly fields?: readonly Field[];
  /** The slabs, one after the other along the axis: each has the whole array's lengths along the other axes. */
  readonly slabs: AsyncIterable<ArrayInput> | Iterable<ArrayInput>;
}

/** The chunks of an array in memory, in C order, as views of it. */
export async function* cutArray(
  array: NDArray,
  grid: Grid,
  budget: ByteBudget,
): AsyncGenerator<Chunk, void, void> {
  for (const cell of grid.cells()) {
    const part = array.slice(
      ...cell.origin.map((start, axis): Selection => [start, start + cell.shape[axis]]),
    );
    const release = await budget.acquire(part.nbytes);
    yield { cell, array: part, release };
  }
}

/**
 * The chunks of an array that comes in slabs, wherever those are cut along the axis. A slab is copied at once and may be reused by who made
 * it; memory is taken for the chunks that lie side by side across the axis, and no more than the budget has.
 *
 * @param axis The axis along which the slabs follow each other; `undefined` for an array without axes, which is one slab.
 * @throws {InvalidArgumentError} when a slab doesn't fit, or they are too few or too many.
 */
export async function* recutSlabs(
  source: Slabs,
  grid: Grid,
  axis: number | undefined,
  budget: ByteBudget,
): AsyncGenerator<Chunk, void, void> {
  const { itemsize } = partsOf(source.dtype);
  const slabs = new SlabReader(source, axis);
  try {
    for (const band of grid.bands(axis)) {
      const sizes = band.cells.map(({ shape }) => itemCount(shape) * itemsize);
      const release = await budget.acquire(sizes.reduce((sum, size) => sum + size, 0));
      const buffers = sizes.map(allocate);
      await fillBand(slabs, axis, band, buffers);
      let held = band.cells.length;
      for (const [i, cell] of band.cells.entries()) {
        yield {
          cell,
          array: arrayFromBytes(buffers[i], { dtype: source.dtype, fields: slabs.fields, shape: cell.shape }),
          release: () => {
            // At once, and not when it is collected: one band's chunks follow the other's.
            buffers[i].buffer.transfer(0);
            if (--held === 0) release();
          },
        };
      }
    }
    await slabs.expectEnd();
  } finally {
    await slabs.close();
  }
}

async function fillBand(
  slabs: SlabReader,
  axis: number | undefined,
  band: Band,
  buffers: readonly Uint8Array[],
): Promise<void> {
  for (let filled = 0; filled < band.length;) {
    const part = await slabs.next(band.length - filled);
    const length = axis === undefined ? 1 : part.shape[axis];
    for (const [i, { origin, shape }] of band.cells.entries()) {
      const box = part.slice(
        ...origin.map((start, n): Selection => n === axis ? null : [start, start + shape[n]]),
      );
      const stride = cStride(shape);
      copyItems(layoutOf(box), {
        bytes: buffers[i],
        stride,
        offset: axis === undefined ? 0 : filled * stride[axis],
      });
    }
    filled += length;
  }
}

/** Reads slabs, in pieces as they are asked for. */
class SlabReader {
  readonly #source: Slabs;
  readonly #axis: number | undefined;
  readonly #slabs: IteratorReader<ArrayInput>;
  #fields: readonly Field[] | undefined;
  #slab: NDArray | undefined;
  #used = 0;
  /** How many items along the axis have come. */
  #seen = 0;

  constructor(source: Slabs, axis: number | undefined) {
    this.#source = source;
    this.#axis = axis;
    this.#fields = source.fields;
    this.#slabs = new IteratorReader(source.slabs);
  }

  /** The fields of a structured dtype, once the first slab has come. */
  get fields(): readonly Field[] | undefined {
    return this.#fields;
  }

  /** The next items along the axis, as many as lie together in one slab, and at most `length`. */
  async next(length: number): Promise<NDArray> {
    const axis = this.#axis;
    while (!this.#slab || (axis !== undefined && this.#used === this.#slab.shape[axis])) {
      const slab = await this.#pull();
      if (!slab) throw this.#lengthError("end");
      this.#slab = slab;
      this.#used = 0;
    }
    const slab = this.#slab;
    if (axis === undefined) {
      this.#slab = undefined;
      return slab;
    }
    const start = this.#used;
    this.#used = Math.min(slab.shape[axis], start + length);
    return slab.slice(...slab.shape.map((_, i): Selection => i === axis ? [start, this.#used] : null));
  }

  /** Makes sure that nothing more comes. */
  async expectEnd(): Promise<void> {
    while (await this.#pull());
  }

  /** Ends the slabs, where they have not ended. */
  close(): Promise<void> {
    return this.#slabs.end();
  }

  async #pull(): Promise<NDArray | undefined> {
    const step = await this.#slabs.next();
    if (step.done) return undefined;
    const slab = asNDArray(step.value);
    this.#check(slab);
    return slab;
  }

  #check(slab: NDArray): void {
    const { shape, dtype } = this.#source;
    const axis = this.#axis;
    if (slab.dtype !== dtype) {
      throw new InvalidArgumentError(`a slab is of dtype ${slab.dtype}, and the array of ${dtype}`);
    }
    this.#fields ??= slab.fields;
    if (JSON.stringify(descrOf(slab)) !== JSON.stringify(descrOf({ dtype, fields: this.#fields }))) {
      throw new InvalidArgumentError("a slab has other fields than the array");
    }
    if (
      slab.shape.length !== shape.length || slab.shape.some((length, i) => i !== axis && length !== shape[i])
    ) {
      throw new InvalidArgumentError(
        `a slab of shape [${slab.shape}] doesn't fit into an array of shape [${shape}], cut along axis ${axis}`,
      );
    }
    this.#seen += axis === undefined ? 1 : slab.shape[axis];
    if (this.#seen > this.#total) throw this.#lengthError("go on");
  }

  get #total(): number {
    return this.#axis === undefined ? 1 : this.#source.shape[this.#axis];
  }

  #lengthError(what: "end" | "go on"): InvalidArgumentError {
    return new InvalidArgumentError(
      `the slabs ${what} after ${this.#seen} of ${this.#total} items along axis ${this.#axis}: their lengths must add up to the shape`,
    );
  }
}
