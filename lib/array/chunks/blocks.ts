/**
 * How to read a selection of a contiguous array from a stream of its bytes, upwards and a block at a time.
 *
 * @module
 */
import { cStride, indicesOf, isCContiguous } from "../layout/mod.ts";
import type { AxisSelection, Selection, TakenAxis } from "../slice.ts";

/** Indices taken along one axis: `start`, `start + step`, …, `count` of them; `step` is positive. */
export interface AxisRange {
  /** The first index. */
  readonly start: number;
  /** The distance between indices; at least 1. */
  readonly step: number;
  /** How many. */
  readonly count: number;
}

/** The indices that a selection needs of an axis, upwards: storage has no other direction. */
export function ascendingRange(axis: TakenAxis): AxisRange {
  if (axis.kind === "index") return { start: axis.start, step: 1, count: 1 };
  const { start, step, length } = axis;
  if (step > 0 || length === 0) return { start, step: Math.abs(step), count: length };
  return { start: start + (length - 1) * step, step: -step, count: length };
}

/** What makes the selection of what was read in ascending order. */
export function restoredOrder(axis: AxisSelection): Selection {
  if (axis.kind === "newaxis") return "newaxis";
  if (axis.kind === "index") return 0;
  return axis.step < 0 ? [null, null, -1] : null;
}

/** A block of an array's bytes, and which items of it go where. */
export interface Block {
  /** Where it begins, in bytes from the array's first item. Its first byte is wanted, and so is its last. */
  readonly offset: number;
  /** How many bytes it has. */
  readonly length: number;
  /** Wanted items along each axis. */
  readonly shape: readonly number[];
  /** Items from one wanted item to the next along each axis, within the block. */
  readonly stride: readonly number[];
  /** Where the block's first item goes, in items from where the selection's first goes. */
  readonly target: number;
  /** Whether all bytes are wanted, and lie in the target as they lie here. */
  readonly direct: boolean;
}

/** Bounds on blocks. */
export interface BlockOptions {
  /** Bytes a block, at most, unless a single item is longer. */
  readonly longest: number;
  /** What lies apart by more unwanted bytes comes in blocks of its own; default: nothing does. */
  readonly gap?: number;
}

/**
 * Cuts the bytes that a selection needs from an array in C order into blocks that follow each other, so that memory for one block is all
 * that reading takes.
 *
 * @param shape Items along each axis.
 * @param selection One range an axis.
 * @param itemsize Bytes an item.
 * @param targetStride Items from one to the next where they go, along each axis. For an array in Fortran order, give shape, selection and strides
 * reversed.
 */
export function* planBlocks(
  shape: readonly number[],
  selection: readonly AxisRange[],
  itemsize: number,
  targetStride: readonly number[],
  { longest, gap = Infinity }: BlockOptions,
): Iterable<Block> {
  if (itemsize === 0 || selection.some(({ count }) => count === 0)) return;
  const stride = cStride(shape);
  const steps = stride.map((step, i) => step * selection[i].step);
  // What is wanted under one index of the axes up to `axis` lies within `span` items, which are one block, and so are `perBlock` indices of
  // that axis. Without such an axis everything is.
  let axis = shape.length - 1;
  let span = 1;
  const near = () => selection[axis].count === 1 || (steps[axis] - span) * itemsize <= gap;
  for (; axis >= 0 && near(); axis--) {
    const all = (selection[axis].count - 1) * steps[axis] + span;
    if (all * itemsize > longest) break;
    span = all;
  }
  const perBlock = axis >= 0 && near()
    ? Math.max(1, Math.floor((longest / itemsize - span) / steps[axis]) + 1)
    : 1;
  const first = selection.reduce((sum, { start }, i) => sum + start * stride[i], 0);
  for (const index of indicesOf(selection.slice(0, Math.max(0, axis)).map(({ count }) => count))) {
    const from = index.reduce((sum, n, i) => sum + n * steps[i], first);
    const to = index.reduce((sum, n, i) => sum + n * targetStride[i], 0);
    for (let taken = 0; taken < (axis < 0 ? 1 : selection[axis].count); taken += perBlock) {
      const counts = selection.map(({ count }, i) =>
        i < axis ? 1 : i === axis ? Math.min(perBlock, count - taken) : count
      );
      const items = counts.reduce((product, count) => product * count, 1);
      const reach = counts.reduce((sum, count, i) => sum + (count - 1) * steps[i], 1);
      yield {
        offset: (from + (axis < 0 ? 0 : taken * steps[axis])) * itemsize,
        length: reach * itemsize,
        shape: counts,
        stride: steps,
        target: to + (axis < 0 ? 0 : taken * targetStride[axis]),
        direct: reach === items && isCContiguous(counts, steps) && isCContiguous(counts, targetStride),
      };
    }
  }
}
