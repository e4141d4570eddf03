/**
 * The parts of an array that were read: tiles, which are its chunks where it has some. What is wanted of it is read tile by tile, each once, and kept for a while.
 *
 * @module
 */
import { type AxisRange, Grid, planBlocks } from "../../../lib/array/chunks/mod.ts";
import { partsOf } from "../../../lib/array/dtype/mod.ts";
import { arrayFromBytes, type NDArray, type Selection } from "../../../lib/array/mod.ts";
import { copyItems, cStride, itemCount, layoutOf } from "../../../lib/array/layout/mod.ts";
import { abortable } from "../../../lib/async.ts";
import { allocate } from "../../../lib/bytes.ts";
import { forEachConcurrent } from "../../../lib/concurrent.ts";
import type { ArrayView } from "../view.ts";

const MiB = 2 ** 20;
/** How many bytes of tiles are kept. */
const KEPT = 64 * MiB;
/** How large a tile is of an array that is one object: what a connection moves while it would wait for the next answer. */
const TILE = MiB;
/** The library reads unwanted bytes up to so many, rather than ask twice. */
const GAP = MiB;
const LONGEST_READ = 8 * MiB;
/** Smaller chunks are read whole, and kept: the next slice may lie in the same. */
const LARGE_CHUNK = 4 * MiB;
/** Beyond so many tiles they are not looked at one by one to tell what they cost. */
const MOST_COUNTED = 256;
const CONCURRENCY = 6;

/** What is wanted of each axis. */
export type Box = readonly AxisRange[];

/** What reading takes of the store. */
export interface Cost {
  readonly bytes: number;
  readonly requests: number;
}

/** Requests and bytes as one number: a connection moves so many bytes while it would wait for another answer, several being on their way. */
export function weightOf({ bytes, requests }: Cost): number {
  return Math.max(bytes, requests * 64 * 1024);
}

/** A tile that a box needs. */
interface Want {
  readonly key: string;
  readonly selection: readonly Selection[];
  /** Bytes in memory. */
  readonly size: number;
  readonly cost: Cost;
  /** What is wanted of it. */
  readonly inside: readonly AxisRange[];
  /** Where that goes, counted in wanted items. */
  readonly origin: readonly number[];
}

/** How a box is cut into tiles. */
interface Tiling {
  readonly grid: Grid;
  /** Items from one that tiles have to the next, along each axis. */
  readonly steps: readonly number[];
  /** Where the grid begins, counted so. */
  readonly first: readonly number[];
}

/** Options of a read. */
export interface TileReadOptions {
  /** Ends it; tiles that nobody else waits for are not loaded any further. */
  readonly signal: AbortSignal;
  /** Is told what share of the bytes has come. */
  readonly onShare?: (share: number) => void;
}

/** A tile on its way, for as many as wait for it. */
interface Pending {
  readonly tile: Promise<NDArray>;
  readonly controller: AbortController;
  waiting: number;
}

/** Reads parts of an array. */
export class TileSource {
  readonly #array: ArrayView;
  readonly #itemsize: number;
  readonly #limit: number;
  // A Map keeps the order in which entries came.
  readonly #kept = new Map<string, NDArray>();
  readonly #pending = new Map<string, Pending>();
  #grid: Grid | undefined;
  #used = 0;

  /** Parts of an array, of which `limit` bytes are kept. */
  constructor(array: ArrayView, limit: number = KEPT) {
    this.#array = array;
    this.#itemsize = partsOf(array.dtype).itemsize;
    this.#limit = limit;
  }

  /** Bytes that are kept. */
  get used(): number {
    return this.#used;
  }

  /** What reading a box takes, about: what is kept costs nothing. Where a step is more than 1, the box begins at a multiple of it. */
  cost(box: Box): Cost {
    const tiling = this.#tilingOf(box);
    const lattice = latticeOf(box, tiling.steps, tiling.first);
    const count = tiling.grid.chunks.reduce(
      (product, lengths, axis) => product * touchedOf(lengths, lattice[axis]).count,
      1,
    );
    const { chunks } = this.#array;
    if (count <= MOST_COUNTED) {
      let [bytes, requests] = [0, 0];
      for (const want of this.#wants(box, tiling)) {
        if (this.#kept.has(want.key)) continue;
        bytes += want.cost.bytes;
        requests += want.cost.requests;
      }
      return { bytes, requests };
    }
    if (chunks) {
      const items = chunks.reduce(
        (product, lengths, axis) => product * touchedOf(lengths, lattice[axis]).items,
        1,
      );
      return { bytes: items * this.#itemsize * this.#storedShare(), requests: count };
    }
    const { bytes, requests } = this.#runsOf(
      tiling.grid.chunks.map(([length], axis) => ({ start: 0, step: tiling.steps[axis], count: length })),
    );
    return { bytes: bytes * count, requests: requests * count };
  }

  /** A box of the array. Not to be changed: it may be a view of what is kept. */
  async read(box: Box, options: TileReadOptions): Promise<NDArray> {
    const { dtype, fields } = this.#array;
    const wants = this.#wants(box, this.#tilingOf(box))[Symbol.iterator]();
    const [first, second] = [wants.next(), wants.next()];
    if (!first.done && second.done) return await this.#part(first.value, options);
    const shape = box.map(({ count }) => count);
    const stride = cStride(shape);
    const bytes = allocate(itemCount(shape) * this.#itemsize);
    await this.each(box, options, (part, origin) => {
      const offset = origin.reduce((sum, place, axis) => sum + place * stride[axis], 0);
      copyItems(layoutOf(part), { bytes, stride, offset });
    });
    return arrayFromBytes(bytes, { dtype, fields, shape });
  }

  /**
   * The parts of a box one by one, as they come.
   *
   * @param take Is given a part, and where it is in the box, counted in its items.
   */
  async each(
    box: Box,
    { signal, onShare }: TileReadOptions,
    take: (part: NDArray, origin: readonly number[]) => void | Promise<void>,
  ): Promise<void> {
    signal.throwIfAborted();
    const wants = [...this.#wants(box, this.#tilingOf(box))];
    const all = wants.reduce((sum, { size }) => sum + size, 0);
    let come = 0;
    await forEachConcurrent(wants, async (want, _, ended) => {
      await take(await this.#part(want, { signal: ended }), want.origin);
      come += want.size;
      onShare?.(all === 0 ? 1 : come / all);
    }, { concurrency: CONCURRENCY, signal });
  }

  /** What is wanted of a tile. */
  async #part(want: Want, { signal, onShare }: TileReadOptions): Promise<NDArray> {
    const tile = await this.#tile(want, signal);
    signal.throwIfAborted();
    onShare?.(1);
    return tile.slice(...want.inside.map(selectionOf));
  }

  /** A tile that is kept, on its way, or asked for. */
  async #tile(want: Want, signal: AbortSignal): Promise<NDArray> {
    const kept = this.#kept.get(want.key);
    if (kept) {
      this.#kept.delete(want.key);
      this.#kept.set(want.key, kept);
      return kept;
    }
    const pending = this.#pending.get(want.key) ?? this.#ask(want);
    pending.waiting++;
    try {
      return await abortable(pending.tile, signal);
    } finally {
      // Who moves on to what needs the same tile has asked for it by now.
      if (--pending.waiting === 0 && this.#pending.get(want.key) === pending) {
        this.#pending.delete(want.key);
        pending.controller.abort();
      }
    }
  }

  #ask({ key, selection }: Want): Pending {
    const controller = new AbortController();
    const tile = this.#array.slice(selection, { signal: controller.signal });
    const pending = { tile, controller, waiting: 0 };
    this.#pending.set(key, pending);
    tile.then(
      (array) => this.#keep(key, array),
      () => {},
    ).finally(() => {
      if (this.#pending.get(key) === pending) this.#pending.delete(key);
    });
    return pending;
  }

  #keep(key: string, tile: NDArray): void {
    if (tile.nbytes > this.#limit || this.#kept.has(key)) return;
    this.#kept.set(key, tile);
    this.#used += tile.nbytes;
    for (const [oldest, { nbytes }] of this.#kept) {
      if (this.#used <= this.#limit) return;
      this.#kept.delete(oldest);
      this.#used -= nbytes;
    }
  }

  *#wants(box: Box, { grid, steps, first }: Tiling): Iterable<Want> {
    const { chunks, sliceable, hasPlainChunks = false, storedSize = this.#wholeSize() } = this.#array;
    for (const { cell, inside, origin } of grid.touched(latticeOf(box, steps, first))) {
      const size = itemCount(cell.shape) * this.#itemsize;
      const wanted = itemCount(inside.map(({ count }) => count)) * this.#itemsize;
      // What is too large to be kept is read for this box alone; so is little of a large chunk, where that is less to read.
      const isRanged = hasPlainChunks && size > LARGE_CHUNK && wanted * 2 <= size;
      const isPart = (chunks || !sliceable) && (size > this.#limit || isRanged);
      const ranges = cell.shape.map((count, axis): AxisRange => {
        const part = isPart ? inside[axis] : { start: 0, step: 1, count };
        return {
          start: (first[axis] + cell.origin[axis] + part.start) * steps[axis],
          step: part.step * steps[axis],
          count: part.count,
        };
      });
      yield {
        key: ranges.map(({ start, step, count }) => `${start}:${step}:${count}`).join(),
        selection: ranges.map(selectionOf),
        size: itemCount(ranges.map(({ count }) => count)) * this.#itemsize,
        cost: isRanged
          ? runsOf(cell.shape, inside, this.#itemsize, "C")
          : chunks || !sliceable
          ? { bytes: chunks ? size * this.#storedShare() : storedSize, requests: 1 }
          : this.#runsOf(ranges),
        inside: isPart ? inside.map(({ count }) => ({ start: 0, step: 1, count })) : inside,
        origin,
      };
    }
  }

  /** Chunks where there are some; what can only be read whole is one tile; else about a megabyte each, along what lies together. */
  #tilingOf(box: Box): Tiling {
    const { shape, chunks, sliceable } = this.#array;
    if (chunks || !sliceable) {
      this.#grid ??= new Grid(chunks ?? shape.map((length) => [length]));
      return { grid: this.#grid, steps: shape.map(() => 1), first: shape.map(() => 0) };
    }
    const steps = box.map(({ step, count }) => count > 1 ? step : 1);
    const tile = this.#tileShape(box, steps);
    const wanted = latticeOf(box, steps, shape.map(() => 0));
    const first = wanted.map(({ start }, axis) => Math.floor(start / tile[axis]) * tile[axis]);
    // Those around the box alone: there may be more than could be listed.
    const lengths = wanted.map(({ start, step, count }, axis) => {
      const end = start + (count - 1) * step + 1;
      const tiles = Math.ceil((end - first[axis]) / tile[axis]);
      const all = Math.ceil(shape[axis] / steps[axis]);
      return Array.from(
        { length: tiles },
        (_, i) => Math.min(tile[axis], all - first[axis] - i * tile[axis]),
      );
    });
    return { grid: new Grid(lengths), steps, first };
  }

  /** How many wanted items a tile has along each axis. */
  #tileShape(box: Box, steps: readonly number[]): number[] {
    const { shape, order } = this.#array;
    const tile = box.map(() => 1);
    const axes = shape.map((_, axis) => axis);
    const inward = order === "C" ? axes.toReversed() : axes;
    // Bytes from one index to the next, and what has to be read of each.
    let pitch = this.#itemsize;
    let read = this.#itemsize;
    const [, outer] = inward.filter((axis) => box[axis].count > 1);
    for (const axis of inward) {
      if (box[axis].count > 1) {
        const apart = pitch * steps[axis];
        const each = apart - read <= GAP ? apart : read;
        // Of rows that lie far apart only about as much is read as is seen.
        const isFar = outer !== undefined && axis !== outer && this.#pitch(outer) * steps[outer] > GAP + TILE;
        const most = isFar ? 2 ** Math.ceil(Math.log2(box[axis].count)) : Infinity;
        tile[axis] = Math.min(
          Math.ceil(shape[axis] / steps[axis]),
          most,
          Math.max(1, Math.floor(TILE / each)),
        );
        read = each * tile[axis];
      }
      pitch *= shape[axis];
    }
    return tile;
  }

  /** Bytes from one index of an axis to the next. */
  #pitch(axis: number): number {
    const { shape, order } = this.#array;
    return itemCount(order === "C" ? shape.slice(axis + 1) : shape.slice(0, axis)) * this.#itemsize;
  }

  /** What reading a box of one object takes: it comes in runs of bytes. */
  #runsOf(box: Box): Cost {
    return runsOf(this.#array.shape, box, this.#itemsize, this.#array.order);
  }

  #wholeSize(): number {
    return itemCount(this.#array.shape) * this.#itemsize;
  }

  /** How many bytes of the store make one in memory. */
  #storedShare(): number {
    const { storedSize } = this.#array;
    return storedSize === undefined ? 1 : storedSize / Math.max(1, this.#wholeSize());
  }
}

function runsOf(shape: readonly number[], box: Box, itemsize: number, order: "C" | "F"): Cost {
  const inOrder = <T>(list: readonly T[]) => order === "F" ? list.toReversed() : list;
  const ranges = inOrder(box);
  const stride = cStride(ranges.map(({ count }) => count));
  let [bytes, requests] = [0, 0];
  const bounds = { longest: LONGEST_READ, gap: GAP };
  for (const { length } of planBlocks(inOrder(shape), ranges, itemsize, stride, bounds)) {
    bytes += length;
    requests++;
  }
  return { bytes, requests };
}

/** Which part of an axis is drawn, so that there are at least as many items as pixels, and fewer than twice as many. */
export function samplesOf(
  { from, to }: { readonly from: number; readonly to: number },
  length: number,
  pixels: number,
): AxisRange {
  const first = Math.min(Math.max(0, Math.floor(from)), Math.max(0, length - 1));
  const end = Math.max(Math.min(length, Math.ceil(to)), Math.min(length, first + 1));
  let step = 1;
  while ((end - first) / (step * 2) >= Math.max(1, pixels)) step *= 2;
  const start = Math.floor(first / step) * step;
  return { start, step, count: Math.ceil((end - start) / step) };
}

/** What `slice` takes for a range. */
export function selectionOf({ start, step, count }: AxisRange): [start: number, stop: number, step: number] {
  return [start, start + (count - 1) * step + 1, step];
}

/** A box in the items that tiles have. */
function latticeOf(box: Box, steps: readonly number[], first: readonly number[]): AxisRange[] {
  return box.map(({ start, step, count }, axis) => ({
    start: start / steps[axis] - first[axis],
    step: step / steps[axis],
    count,
  }));
}

/** How many chunks a range touches, and how many items those have along the axis. */
function touchedOf(
  lengths: readonly number[],
  { start, step, count }: AxisRange,
): { count: number; items: number } {
  const end = start + (count - 1) * step + 1;
  let [touched, items, from] = [0, 0, 0];
  for (const length of lengths) {
    const to = from + length;
    const next = from <= start ? start : start + Math.ceil((from - start) / step) * step;
    if (length > 0 && next < Math.min(to, end)) {
      touched++;
      items += length;
    }
    from = to;
  }
  return { count: touched, items };
}
