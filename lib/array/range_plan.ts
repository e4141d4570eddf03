/**
 * Which bytes of a contiguous array a slice needs, as few reads as make sense.
 *
 * @module
 */

import type { AxisSelection, Selection } from "./slice.ts";

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
export function ascending(axis: AxisSelection): AxisRange {
  if (axis.kind === "index") return { start: axis.start, step: 1, count: 1 };
  const { start, step, length } = axis;
  if (step > 0 || length === 0) return { start, step: Math.abs(step), count: length };
  return { start: start + (length - 1) * step, step: -step, count: length };
}

/** What makes the selection of what was read in ascending order. */
export function restored(axis: AxisSelection): Selection {
  if (axis.kind === "index") return 0;
  return axis.step < 0 ? [null, null, -1] : null;
}

/** One read, and where its pieces go. */
export interface PlannedRead {
  /** Where to read, in bytes from the array's first item. */
  readonly offset: number;
  /** How many bytes to read. */
  readonly length: number;
  /** Where wanted pieces begin within the bytes read, in ascending order. */
  readonly pieces: readonly number[];
  /** Bytes a piece. */
  readonly pieceLength: number;
  /** Where the first piece goes in the result; the others follow it without gaps. */
  readonly target: number;
}

/** Bounds on planned reads. */
export interface PlanOptions {
  /** Neighbours with no more than so many unwanted bytes between them are read together. */
  readonly gap: number;
  /** No read is longer. */
  readonly longest: number;
}

/**
 * Plans the reads of a selection from an array that lies in C order. The pieces, one after the other, are the selected items in C order.
 *
 * @param shape Items along each axis; for an array in Fortran order, give shape and selection reversed.
 * @param selection One range an axis.
 * @param itemsize Bytes an item.
 */
export function* planReads(
  shape: readonly number[],
  selection: readonly AxisRange[],
  itemsize: number,
  options: PlanOptions,
): Iterable<PlannedRead> {
  if (itemsize === 0 || selection.some(({ count }) => count === 0)) return;
  // Axes from `inner` on are wanted whole: what lies under one index before them is contiguous.
  let inner = shape.length;
  let block = itemsize;
  while (inner > 0 && selection[inner - 1].count === shape[inner - 1] && selection[inner - 1].step === 1) {
    block *= shape[--inner];
  }
  let outer = inner;
  let run = block;
  let first = 0;
  if (inner > 0 && selection[inner - 1].step === 1) {
    outer = inner - 1;
    run = block * selection[outer].count;
    first = block * selection[outer].start;
  }
  const strides: number[] = new Array(inner);
  for (let axis = inner - 1, bytes = block; axis >= 0; axis--) {
    strides[axis] = bytes;
    bytes *= shape[axis];
  }
  yield* merge(runOffsets(selection.slice(0, outer), strides, first), run, options);
}

/** Offsets of all runs, ascending: an odometer over the outer axes. */
function* runOffsets(
  outer: readonly AxisRange[],
  strides: readonly number[],
  first: number,
): Iterable<number> {
  const counters = outer.map(() => 0);
  let offset = outer.reduce((sum, { start }, axis) => sum + start * strides[axis], first);
  while (true) {
    yield offset;
    let axis = outer.length - 1;
    for (; axis >= 0; axis--) {
      const { step, count } = outer[axis];
      if (++counters[axis] < count) {
        offset += step * strides[axis];
        break;
      }
      offset -= (count - 1) * step * strides[axis];
      counters[axis] = 0;
    }
    if (axis < 0) return;
  }
}

function* merge(
  offsets: Iterable<number>,
  run: number,
  { gap, longest }: PlanOptions,
): Iterable<PlannedRead> {
  let target = 0;
  let start = 0;
  let end = 0;
  let pieces: number[] = [];
  const read = (): PlannedRead => {
    const planned = { offset: start, length: end - start, pieces, pieceLength: run, target };
    target += pieces.length * run;
    pieces = [];
    return planned;
  };
  for (const offset of offsets) {
    if (pieces.length > 0 && (offset - end > gap || offset + run - start > longest)) yield read();
    if (run > longest) {
      for (let done = 0; done < run; done += longest) {
        const length = Math.min(longest, run - done);
        yield { offset: offset + done, length, pieces: [0], pieceLength: length, target: target + done };
      }
      target += run;
      continue;
    }
    if (pieces.length === 0) start = offset;
    pieces.push(offset - start);
    end = offset + run;
  }
  if (pieces.length > 0) yield read();
}
