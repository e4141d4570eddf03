/**
 * Arrays in memory, or in slabs as they come, cut into the chunks that are to be stored.
 *
 * @module
 */
import { type Grid, normaliseAxis } from "../array/chunks/mod.ts";
import { type Chunk, cutArray, recutSlabs } from "../array/cutting/mod.ts";
import { itemCount } from "../array/layout/mod.ts";
import {
  type ArrayInput,
  asNDArray,
  type NDArray,
  parseDType,
  partsOf,
  type Selection,
  type Slabs,
} from "../array/mod.ts";
import { InvalidArgumentError, UnsupportedError } from "../errors.ts";
import type { ByteBudget } from "../streams/mod.ts";
import { byteLengthOf, itemSlabs, storedOrder } from "./items.ts";
import { StoredArray } from "./stored_array.ts";

/** Bytes of chunks side by side that are collected at once. */
const MAX_BAND = 256 * 1024 * 1024;

/** An array that comes in slabs, one after the other along an axis; it may be larger than memory. */
export interface SlabSource extends Slabs {
  /** The axis along which the slabs follow each other; default: the `axis` of the options, and the first one where that is `null`. */
  readonly axis?: number;
}

/** What is to be stored: chunks of an array, as they come. */
export interface ChunkPlan {
  /** What the items are. */
  readonly dtype: NDArray["dtype"];
  /** The fields of a structured dtype, where they are known before the first slab. */
  readonly fields?: NDArray["fields"];
  /** The chunks. */
  readonly grid: Grid;
  /** Bytes of all items. */
  readonly byteLength: number;
  /** The chunks' items; `budget` bounds what is held of them. */
  chunks(budget: ByteBudget): AsyncIterable<Chunk>;
}

/**
 * Plans the chunks of an array in memory, or of one that comes in slabs.
 *
 * @param gridOf Gives the chunks of an array of a shape and dtype.
 * @param cut The axis that is cut, along which slabs come where they don't say otherwise; `null` for all axes.
 * @param maxBand Bytes of chunks side by side that are collected at once; of a stored array with more each chunk is read by itself.
 * @throws {InvalidArgumentError} when slabs are none, or have no such axis.
 */
export function planChunks(
  source: ArrayInput | SlabSource | StoredArray,
  gridOf: (shape: readonly number[], dtype: NDArray["dtype"]) => Grid,
  cut: number | null,
  maxBand: number = MAX_BAND,
): ChunkPlan {
  if (source instanceof StoredArray) {
    return planStored(source, gridOf(source.shape, source.dtype), maxBand);
  }
  if (!isSlabSource(source)) {
    const array = asNDArray(source);
    const { dtype, fields, shape } = array;
    const grid = gridOf(shape, dtype);
    return {
      dtype,
      fields,
      grid,
      byteLength: array.nbytes,
      chunks: (budget) => cutArray(array, grid, budget),
    };
  }
  const { shape, slabs, fields } = source;
  if (!(Symbol.asyncIterator in Object(slabs) || Symbol.iterator in Object(slabs))) {
    throw new InvalidArgumentError("slabs must be an iterable, or an async one, of arrays");
  }
  const dtype = parseDType(source.dtype);
  const grid = gridOf(shape, dtype);
  const axis = normaliseAxis(
    shape.length,
    source.axis ?? (cut === null ? Math.min(0, shape.length - 1) : cut),
  );
  return {
    dtype,
    fields,
    grid,
    byteLength: itemCount(shape) * partsOf(dtype).itemsize,
    chunks: (budget) => recutSlabs({ shape, dtype, fields, slabs }, grid, axis, budget),
  };
}

/** Plans the chunks of a stored array: what comes in slabs is read once; where the chunks that lie side by side are too much for memory, chunk by chunk. */
function planStored(source: StoredArray, grid: Grid, maxBand: number): ChunkPlan {
  const { dtype, fields, shape } = source;
  const byteLength = byteLengthOf(source);
  const plan = { dtype, fields, grid, byteLength };
  const order = storedOrder(source);
  const axis = normaliseAxis(shape.length, order === "F" ? -1 : Math.min(0, shape.length - 1));
  const longest = axis === undefined ? 1 : grid.chunks[axis].reduce((a, b) => Math.max(a, b), 0);
  const band = axis === undefined || shape[axis] === 0 ? 0 : byteLength / shape[axis] * longest;
  if (band <= maxBand) {
    const chunks = (budget: ByteBudget) =>
      recutSlabs({ shape, dtype, fields, slabs: itemSlabs(source, {}) }, grid, axis, budget);
    return { ...plan, chunks };
  }
  if (source.sliceable) return { ...plan, chunks: (budget) => readChunks(source, grid, budget) };
  throw new UnsupportedError(
    `"${source.key}" is compressed as one object, and chunks that lie side by side have ${band} bytes, more than are taken into memory: cut it along ${
      order === "F" ? "the last axis" : "the first axis"
    } into shorter chunks`,
    { committed: "no" },
  );
}

async function* readChunks(
  source: StoredArray,
  grid: Grid,
  budget: ByteBudget,
): AsyncGenerator<Chunk, void, void> {
  const { itemsize } = partsOf(source.dtype);
  for (const cell of grid.cells()) {
    const release = await budget.acquire(itemCount(cell.shape) * itemsize);
    const box = cell.origin.map((start, axis): Selection => [start, start + cell.shape[axis]]);
    yield { cell, array: await source.read(box), release };
  }
}

function isSlabSource(source: ArrayInput | SlabSource): source is SlabSource {
  return typeof source === "object" && source !== null && "slabs" in source;
}
