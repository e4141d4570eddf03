/**
 * Selections in the order in which storage has items: upwards.
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
