/**
 * Cuts an array into the chunks of a grid: one in memory, or one that comes in slabs and is larger than memory.
 *
 * @module
 */
import { allocate, detach } from "../../bytes.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { ByteBudget } from "../../streams/mod.ts";
import type { Band, Cell, Grid } from "../chunks/mod.ts";
import { type ArrayInput, asNDArray } from "../creation.ts";
import { arrayFromBytes } from "../from_bytes.ts";
import { descrOf, type DType, type Field, partsOf } from "../dtype/mod.ts";
import { copyItems, cStride, itemCount, layoutOf } from "../layout/mod.ts";
import type { NDArray } from "../ndarray.ts";
import type { Selection } from "../slice.ts";

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
  const { dtype } = source;
  const along = (shape: readonly number[]) => axis === undefined ? 1 : shape[axis];
  const total = along(source.shape);
  const lengthError = (what: "end" | "go on") =>
    new InvalidArgumentError(
      `the slabs ${what} after ${seen} of ${total} items along axis ${axis}: their lengths must add up to the shape`,
    );
  let { fields } = source;
  let seen = 0;
  const bands = grid.bands(axis)[Symbol.iterator]();
  let band = await openBand(bands.next(), dtype, budget);
  const completeChunks = async function* () {
    for (; band && band.filled === band.length; band = await openBand(bands.next(), dtype, budget)) {
      yield* chunksOf(band, dtype, fields);
    }
  };
  yield* completeChunks();
  for await (const value of source.slabs) {
    const slab = asNDArray(value);
    fields ??= slab.fields;
    checkSlab(slab, { ...source, fields }, axis);
    const length = along(slab.shape);
    seen += length;
    if (seen > total) throw lengthError("go on");
    for (let used = 0; band && used < length;) {
      const end = Math.min(length, used + band.length - band.filled);
      const part = slab.slice(...slab.shape.map((_, i): Selection => i === axis ? [used, end] : null));
      copyIntoBand(part, band, axis);
      band.filled += end - used;
      used = end;
      yield* completeChunks();
    }
  }
  if (band) throw lengthError("end");
}

/** A band with memory for its chunks, and how far along the axis that is filled. */
interface OpenBand extends Band {
  readonly buffers: readonly Uint8Array<ArrayBuffer>[];
  readonly release: () => void;
  filled: number;
}

async function openBand(
  { done, value: band }: IteratorResult<Band>,
  dtype: DType,
  budget: ByteBudget,
): Promise<OpenBand | undefined> {
  if (done) return undefined;
  const sizes = band.cells.map(({ shape }) => itemCount(shape) * partsOf(dtype).itemsize);
  const release = await budget.acquire(sizes.reduce((sum, size) => sum + size, 0));
  return { ...band, buffers: sizes.map(allocate), release, filled: 0 };
}

/** Copies what comes next along the axis to where it belongs in each chunk. */
function copyIntoBand(part: NDArray, { cells, buffers, filled }: OpenBand, axis: number | undefined): void {
  for (const [i, { origin, shape }] of cells.entries()) {
    const box = part.slice(
      ...origin.map((start, n): Selection => n === axis ? null : [start, start + shape[n]]),
    );
    const stride = cStride(shape);
    const offset = axis === undefined ? 0 : filled * stride[axis];
    copyItems(layoutOf(box), { bytes: buffers[i], stride, offset });
  }
}

function* chunksOf(
  { cells, buffers, release }: OpenBand,
  dtype: DType,
  fields: readonly Field[] | undefined,
): Iterable<Chunk> {
  let held = cells.length;
  for (const [i, cell] of cells.entries()) {
    yield {
      cell,
      array: arrayFromBytes(buffers[i], { dtype, fields, shape: cell.shape }),
      release: () => {
        // At once, and not when it is collected: one band's chunks follow the other's.
        detach(buffers[i].buffer);
        if (--held === 0) release();
      },
    };
  }
}

function checkSlab(slab: NDArray, { shape, dtype, fields }: Slabs, axis: number | undefined): void {
  if (slab.dtype !== dtype) {
    throw new InvalidArgumentError(`a slab is of dtype ${slab.dtype}, and the array of ${dtype}`);
  }
  if (JSON.stringify(descrOf(slab)) !== JSON.stringify(descrOf({ dtype, fields }))) {
    throw new InvalidArgumentError("a slab has other fields than the array");
  }
  if (
    slab.shape.length !== shape.length || slab.shape.some((length, i) => i !== axis && length !== shape[i])
  ) {
    throw new InvalidArgumentError(
      `a slab of shape [${slab.shape}] doesn't fit into an array of shape [${shape}], cut along axis ${axis}`,
    );
  }
}
