import { InvalidArgumentError } from "../errors.ts";

/**
 * What to take along one axis, as in numpy: a number takes one index and drops the axis (negative ones count from the end); `[start, stop, step?]`
 * takes a range, `null` standing for what Python leaves out; `null` takes all.
 */
export type Selection =
  | number
  | null
  | readonly [start: number | null, stop: number | null, step?: number | null];

/** A selection of one axis, worked out. */
export type AxisSelection =
  /** One index; the axis is dropped. */
  | { readonly kind: "index"; readonly start: number }
  /** `length` indices from `start` on, `step` apart. */
  | { readonly kind: "range"; readonly start: number; readonly step: number; readonly length: number };

/**
 * Works out selections for a shape with the rules of Python's slices: ranges are cut to what exists, indices are not. Axes without a selection
 * are taken whole.
 *
 * @param shape The array's shape.
 * @param selection One for each axis, from the first on.
 * @throws {InvalidArgumentError} when there are more selections than axes, an index is out of range, a number is not whole, or a step is 0.
 *
 * @example
 * ```ts
 * import { resolveSelection } from "@cottoncandy/cottoncandy/array";
 *
 * const [rows, column] = resolveSelection([10, 4], [[null, null, -3], -1]);
 * console.assert(rows.kind === "range" && rows.start === 9 && rows.step === -3 && rows.length === 4);
 * console.assert(column.kind === "index" && column.start === 3);
 * ```
 */
export function resolveSelection(shape: readonly number[], selection: readonly Selection[]): AxisSelection[] {
  if (selection.length > shape.length) {
    throw new InvalidArgumentError(`${selection.length} selections for an array of ${shape.length} axes`);
  }
  return shape.map((length, axis) => resolveAxis(length, axis, selection[axis] ?? null));
}

function resolveAxis(length: number, axis: number, selection: Selection): AxisSelection {
  if (selection === null) return { kind: "range", start: 0, step: 1, length };
  if (typeof selection === "number") return { kind: "index", start: resolveIndex(length, axis, selection) };
  if (!Array.isArray(selection) || selection.length < 2 || selection.length > 3) {
    throw new InvalidArgumentError(
      `a selection is a number, [start, stop, step?] or null, not ${JSON.stringify(selection)}`,
    );
  }
  const step = whole(selection[2] ?? 1);
  if (step === 0) throw new InvalidArgumentError("the step of a slice can't be 0");
  // Going down, the range may end before index 0, which -1 stands for.
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (value: number | null | undefined, otherwise: number) => {
    if (value === null || value === undefined) return otherwise;
    const index = whole(value);
    return Math.min(Math.max(index < 0 ? index + length : index, low), high);
  };
  const start = bound(selection[0], step > 0 ? low : high);
  const stop = bound(selection[1], step > 0 ? high : low);
  return { kind: "range", start, step, length: Math.max(0, Math.ceil((stop - start) / step)) };
}

/**
 * An index along an axis, negative ones counted from the end.
 *
 * @throws {InvalidArgumentError} when it is out of range or not whole.
 */
export function resolveIndex(length: number, axis: number, index: number): number {
  const place = index < 0 ? index + length : index;
  if (!Number.isInteger(index) || place < 0 || place >= length) {
    throw new InvalidArgumentError(`index ${index} is out of bounds for axis ${axis} with ${length} items`);
  }
  return place;
}

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`a slice takes whole numbers, not ${value}`);
  }
  return value;
}
