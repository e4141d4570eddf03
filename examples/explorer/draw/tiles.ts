/**
 * The parts of an array that were read: tiles, which are its chunks where it has some. What is wanted of it is read tile by tile, each once, and kept for a while.
 *
 * @module
 */
import { type AxisRange, type Chunks, chunksFrom, Grid, planBlocks } from "../../../lib/array/chunks/mod.ts";
import { partsOf } from "../../../lib/array/dtype/mod.ts";
import { arrayFromBytes, type NDArray, type Selection } from "../../../lib/array/mod.ts";
import { copyItems, cStride, itemCount, layoutOf } from "../../../lib/array/layout/mod.ts";
import { abortable } from "../../../lib/async.ts";
import { allocate } from "../../../lib/bytes.ts";
import { forEachConcurrent } from "../../../lib/concurrent.ts";
import type { ArrayView } from "../view.ts";

const MiB = 2 ** 20;
/** How many bytes of tiles are kept. */
const KEPT = 96 * MiB;
/** How large a tile is of an array that is one object: what a connection moves while it would wait for the next answer. */
const TILE = MiB;
/** Chunks beyond that are not read whole for a part of them. */
const LARGEST_CHUNK = 32 * MiB;
/** The library reads unwanted bytes up to so many, rather than ask twice. */
const GAP = MiB;
const LONGEST_READ = 8 * MiB;
/** Beyond so many tiles they are not looked at one by one to tell what they cost. */
const MOST_COUNTED = 4096;
const CONCURRENCY = 6;

/** What is wanted of each axis. */
export type Box = readonly AxisRange[];

/** A tile that a box needs. */
interface Want {
  readonly key: string;
  readonly selection: readonly Selection[];
  /** Bytes in memory. */
  readonly size: number;
  /** Bytes of the store. */
  readonly cost: number;
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
  readonly key: string;
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
  readonly #tilings = new Map<string, Tiling>();
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

  /** How many bytes the store will send for a box, about: what is kept costs nothing. Where a step is more than 1, the box begins at a multiple of it. */
  cost(box: Box): number {
    const tiling = this.#tilingOf(box);
    const lattice = latticeOf(box, tiling.steps);
    const count = tiling.grid.chunks.reduce(
      (product, lengths, axis) => product * touchedOf(lengths, lattice[axis]).count,
      1,
    );
    let cost = 0;
    if (count <= MOST_COUNTED) {
      for (const want of this.#wants(box, tiling)) if (!this.#kept.has(want.key)) cost += want.cost;
    } else if (this.#array.chunks) {
      const items = tiling.grid.chunks.reduce(
        (product, lengths, axis) => product * touchedOf(lengths, lattice[axis]).items,
        1,
      );
      cost = items * this.#itemsize * this.#storedShare();
    } else cost = this.#bytesOf(box);
    return cost;
  }

  /** A box of the array, in memory of its own. */
  async read(box: Box, options: TileReadOptions): Promise<NDArray> {
    const { dtype, fields } = this.#array;
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
      const tile = await this.#tile(want, ended);
      ended.throwIfAborted();
      await take(tile.slice(...want.inside.map(selectionOf)), want.origin);
      come += want.size;
      onShare?.(all === 0 ? 1 : come / all);
    }, { concurrency: CONCURRENCY, signal });
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

  *#wants(box: Box, { grid, steps, key }: Tiling): Iterable<Want> {
    const { chunks, shape, sliceable, storedSize = this.#wholeSize() } = this.#array;
    for (const { cell, inside, origin } of grid.touched(latticeOf(box, steps))) {
      const size = itemCount(cell.shape) * this.#itemsize;
      // What is too large to be kept is read for this box alone.
      const isPart = chunks ? size > LARGEST_CHUNK : !sliceable && size > this.#limit;
      const tile = isPart
        ? inside.map(({ start, step, count }, axis) => ({ start: cell.origin[axis] + start, step, count }))
        : cell.shape.map((count, axis) => ({ start: cell.origin[axis], step: 1, count }));
      const ranges = tile.map(({ start, step, count }, axis): AxisRange => ({
        start: start * steps[axis],
        step: step * steps[axis],
        count: Math.min(count, Math.ceil(shape[axis] / steps[axis])),
      }));
      yield {
        key: isPart
          ? ranges.map(({ start, step, count }) => `${start}:${step}:${count}`).join()
          : `${key}#${cell.number}`,
        selection: ranges.map(selectionOf),
        size: itemCount(ranges.map(({ count }) => count)) * this.#itemsize,
        cost: !sliceable ? storedSize : chunks ? size * this.#storedShare() : this.#bytesOf(ranges),
        inside: isPart ? inside.map(({ count }) => ({ start: 0, step: 1, count })) : inside,
        origin,
      };
    }
  }

  /** Chunks where there are some; what can only be read whole is one tile; else about a megabyte each, along what lies together. */
  #tilingOf(box: Box): Tiling {
    const { shape, chunks, sliceable } = this.#array;
    const isRuns = !chunks && sliceable;
    const steps = box.map(({ step, count }) => isRuns && count > 1 ? step : 1);
    const lattice = shape.map((length, axis) => Math.ceil(length / steps[axis]));
    const cutAt = isRuns ? this.#tileShape(box, steps) : lattice.map(() => null);
    const key = isRuns ? cutAt.map((length, axis) => `${steps[axis]}x${length}`).join() : "";
    const known = this.#tilings.get(key);
    if (known) return known;
    const cut: Chunks = chunks ?? chunksFrom(lattice, cutAt);
    const tiling = { grid: new Grid(cut), steps, key };
    this.#tilings.set(key, tiling);
    return tiling;
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

  /** Bytes of the object that reading a box moves. */
  #bytesOf(box: Box): number {
    const { shape, order } = this.#array;
    const inOrder = <T>(list: readonly T[]) => order === "F" ? list.toReversed() : list;
    const ranges = inOrder(box);
    const stride = cStride(ranges.map(({ count }) => count));
    let bytes = 0;
    for (
      const { length } of planBlocks(inOrder(shape), ranges, this.#itemsize, stride, {
        longest: LONGEST_READ,
        gap: GAP,
      })
    ) {
      bytes += length;
    }
    return bytes;
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
function latticeOf(box: Box, steps: readonly number[]): AxisRange[] {
  return box.map(({ start, step, count }, axis) => ({
    start: start / steps[axis],
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
