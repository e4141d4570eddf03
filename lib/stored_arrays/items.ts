/**
 * The items of stored arrays as streams, in bounded memory: in the order in which they are stored, or in C order.
 *
 * @module
 */
import type { RequestOptions } from "../../backends/backend.ts";
import type { Cell } from "../array/chunks/mod.ts";
import { partsOf } from "../array/dtype/mod.ts";
import { arrayFromBytes } from "../array/formats/mod.ts";
import { indicesOf, itemCount } from "../array/layout/mod.ts";
import { bytesOf, type NDArray, type Selection } from "../array/mod.ts";
import { UnsupportedError } from "../errors.ts";
import { chunk, streamFrom } from "../streams/mod.ts";
import { LazyArray } from "./lazy_array.ts";
import type { LazyBlock, StoredArray } from "./stored_array.ts";

/** How many bytes of items are read at once. */
const MAX_BOX = 16 * 1024 * 1024;
/** How many bytes of chunks that lie side by side are read at once, so that none is read twice. */
const MAX_BAND = 64 * 1024 * 1024;
/** What can't be read in parts and not as it is stored either is taken into memory up to this size. */
const MAX_WHOLE = 256 * 1024 * 1024;

/** Bytes of all items. */
export function byteLengthOf({ dtype, shape }: Pick<StoredArray, "dtype" | "shape">): number {
  return itemCount(shape) * partsOf(dtype).itemsize;
}

/** In which order an array's items come without going back and forth. */
export function storedOrder(array: StoredArray): "C" | "F" {
  // With fewer than two axes of more than one item the orders are one.
  const axes = array.shape.filter((length) => length !== 1).length;
  return array instanceof LazyArray && axes > 1 ? array.order : "C";
}

/**
 * The bytes of an array's items in an order.
 *
 * @throws {UnsupportedError} when that is none that they can be had in without having all in memory.
 */
export function itemBytes(
  array: StoredArray,
  order: "C" | "F",
  options: RequestOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return streamFrom(piecesOf(array, order, options));
}

async function* piecesOf(
  array: StoredArray,
  order: "C" | "F",
  options: RequestOptions,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  for await (const box of boxesOf(array, order, options)) {
    yield* bytesOf(order === "F" ? box.transpose() : box);
  }
}

/** Boxes of an array, each a run of its items in the order. */
async function* boxesOf(
  array: StoredArray,
  order: "C" | "F",
  options: RequestOptions,
): AsyncIterable<NDArray> {
  if (!array.sliceable) {
    if (storedOrder(array) === order) {
      // Blocks come as the items do.
      for await (const { array: block } of array.blocks(options)) yield block;
      return;
    }
    if (byteLengthOf(array) > MAX_WHOLE) {
      throw new UnsupportedError(
        `"${array.key}" is compressed in ${
          storedOrder(array) === "F" ? "Fortran" : "C"
        } order, and more than can be turned round in memory: convert it to npy first`,
      );
    }
    yield await array.toArray(options);
    return;
  }
  for await (const { array: box } of readRuns(array, order, options)) yield box;
}

/** Reads an array in boxes, each a run of its items in the order. */
export async function* readRuns(
  array: StoredArray,
  order: "C" | "F",
  options: RequestOptions,
): AsyncIterable<LazyBlock> {
  for (const { index, origin, shape } of runsOf(array, order)) {
    const selection = origin.map((start, axis): Selection => [start, start + shape[axis]]);
    yield { index, origin, array: await array.read(selection, options) };
  }
}

/** Boxes of an array that follow each other in an order, each of at most so many bytes. */
function* runsOf(array: StoredArray, order: "C" | "F"): Iterable<Omit<Cell, "number">> {
  const { shape, chunks } = array;
  if (itemCount(shape) === 0) return;
  // In Fortran order everything is the mirror image.
  const mirrored = <T>(list: readonly T[]) => order === "F" ? list.toReversed() : list;
  const lengths = mirrored(shape);
  let each = byteLengthOf(array);
  let limit = MAX_BOX;
  // From the axis on that varies slowest: one index of each, until a run of the next one is small enough.
  const sides = mirrored(chunks).map((along, axis) => {
    each /= lengths[axis];
    const chunk = along.reduce((most, length) => Math.max(most, length), 1);
    // Whole chunks where they fit; of raw ones only what is wanted is read anyway.
    if (each * chunk <= MAX_BAND) limit = Math.max(limit, each * chunk);
    const most = Math.max(1, Math.floor(limit / each));
    const side = most >= chunk ? most - most % chunk : most;
    limit = MAX_BOX;
    return Math.min(lengths[axis], side);
  });
  const counts = lengths.map((length, axis) => Math.ceil(length / sides[axis]));
  for (const index of indicesOf(counts)) {
    const origin = index.map((place, axis) => place * sides[axis]);
    const shape = origin.map((start, axis) => Math.min(sides[axis], lengths[axis] - start));
    yield { index: mirrored(index), origin: mirrored(origin), shape: mirrored(shape) };
  }
}

/** An array as slabs, in the order in which it is stored: along the first axis, or in Fortran order the last. Each is done with before the next one is asked for. */
export async function* itemSlabs(
  array: StoredArray,
  options: RequestOptions,
  order: "C" | "F" = storedOrder(array),
): AsyncIterable<NDArray> {
  const { shape, dtype, fields } = array;
  const [length, ...rest] = order === "F" ? shape.toReversed() : shape;
  const each = itemCount(rest) * partsOf(dtype).itemsize;
  if (length === undefined) {
    yield await array.toArray(options);
    return;
  }
  if (each === 0 || length === 0) {
    yield arrayFromBytes(new Uint8Array(), { dtype, fields, shape });
    return;
  }
  const thickness = Math.max(1, Math.floor(MAX_BOX / each));
  for await (const bytes of itemBytes(array, order, options).pipeThrough(chunk(thickness * each))) {
    const slab = arrayFromBytes(bytes, { dtype, fields, shape: [bytes.byteLength / each, ...rest] });
    yield order === "F" ? slab.transpose() : slab;
  }
}
