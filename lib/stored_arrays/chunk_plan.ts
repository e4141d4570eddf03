/**
 * Arrays in memory, or in slabs as they come, cut into the chunks that are to be stored.
 *
 * @module
 */
import { type Grid, normaliseAxis } from "../array/chunks/mod.ts";
import { type Chunk, cutArray, recutSlabs } from "../array/cutting/mod.ts";
import { itemCount } from "../array/layout/mod.ts";
import { type ArrayInput, asNDArray, type NDArray, parseDType, partsOf, type Slabs } from "../array/mod.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { ByteBudget } from "../streams/mod.ts";

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
 * @throws {InvalidArgumentError} when slabs are none, or have no such axis.
 */
export function planChunks(
  source: ArrayInput | SlabSource,
  gridOf: (shape: readonly number[], dtype: NDArray["dtype"]) => Grid,
  cut: number | null,
): ChunkPlan {
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

function isSlabSource(source: ArrayInput | SlabSource): source is SlabSource {
  return typeof source === "object" && source !== null && "slabs" in source;
}
