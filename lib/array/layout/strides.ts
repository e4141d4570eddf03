/**
 * Shapes and strides: the arithmetic of where items lie. Strides count items, not bytes as numpy's do.
 *
 * @module
 */
import { shown } from "../../error_context.ts";
import { InvalidArgumentError } from "../../errors.ts";

/** Numpy's limit on the number of axes. */
export const MAX_NDIM = 64;

/**
 * How many items a shape has.
 *
 * @throws {InvalidArgumentError} when a length is no whole number, there are more than 64 axes, or the product is more than 2⁵³ - 1.
 */
export function itemCount(shape: readonly number[]): number {
  if (!Array.isArray(shape)) {
    throw new InvalidArgumentError(`a shape is a list of lengths, not ${shown(shape)}`);
  }
  if (shape.length > MAX_NDIM) {
    throw new InvalidArgumentError(`${shape.length} axes: more than numpy's ${MAX_NDIM}`);
  }
  let count = 1;
  let empty = false;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new InvalidArgumentError(`[${shape}] is no shape: each axis has a length of 0 or more`);
    }
    // As in numpy, the other axes of an empty array must not overflow either.
    if (length === 0) empty = true;
    else count *= length;
    if (!Number.isSafeInteger(count)) {
      throw new InvalidArgumentError(`a shape of [${shape}] has too many items to count`);
    }
  }
  return empty ? 0 : count;
}

/** All indices of a shape, in C order; each is the same list, changed. */
export function* indicesOf(shape: readonly number[]): Iterable<readonly number[]> {
  if (shape.includes(0)) return;
  const index = shape.map(() => 0);
  for (let axis = 0; axis >= 0;) {
    yield index;
    axis = shape.length - 1;
    while (axis >= 0 && ++index[axis] === shape[axis]) index[axis--] = 0;
  }
}

/** Strides, in items, of an array whose last axis lies together. */
export function cStride(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    stride[axis] = step;
    step *= Math.max(shape[axis], 1);
  }
  return stride;
}

/** Strides, in items, of an array whose first axis lies together. */
export function fStride(shape: readonly number[]): number[] {
  return cStride(shape.toReversed()).reverse();
}

/** Whether the items lie in C order without gaps. Axes of one item have no say, and an empty array always does: as numpy's flags. */
export function isCContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== step) return false;
    step *= shape[axis];
  }
  return true;
}

/** Whether the items lie in Fortran order without gaps. */
export function isFContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  return isCContiguous(shape.toReversed(), stride.toReversed());
}

/** The lowest and highest item that an array reaches, relative to its first; of an empty array `undefined`. */
export function reach(
  shape: readonly number[],
  stride: readonly number[],
): { low: number; high: number } | undefined {
  let low = 0;
  let high = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 0) return undefined;
    const last = (shape[axis] - 1) * stride[axis];
    if (last < 0) low += last;
    else high += last;
  }
  return { low, high };
}

/**
 * The strides that give `to` over the same memory, in C order of the items, or `undefined` when only a copy can. Axes that
 * lie together as one are taken as groups, and each group is cut anew.
 */
export function reshapedStride(
  shape: readonly number[],
  stride: readonly number[],
  to: readonly number[],
): number[] | undefined {
  if (isCContiguous(shape, stride)) return cStride(to);
  const axes = shape.map((length, axis) => ({ length, step: stride[axis] })).filter(({ length }) =>
    length !== 1
  );
  const result = new Array<number>(to.length);
  let next = 0;
  let group = 0;
  while (group < axes.length || next < to.length) {
    if (group >= axes.length) {
      // Only axes of one item are left; their stride has no effect.
      result[next++] = 1;
      continue;
    }
    const begin = next;
    const first = group;
    let have = axes[group++].length;
    let want = next < to.length ? to[next++] : 1;
    while (have !== want) {
      if (have < want) have *= axes[group++].length;
      else want *= to[next++];
    }
    for (let axis = first; axis < group - 1; axis++) {
      if (axes[axis].step !== axes[axis + 1].step * axes[axis + 1].length) return undefined;
    }
    let step = axes[group - 1].step;
    for (let axis = next - 1; axis >= begin; axis--) {
      result[axis] = step;
      step *= to[axis];
    }
  }
  return result;
}

/** Items at equal distances, and the cells of another array that they belong to. */
export interface Run {
  /** The first item. */
  readonly item: number;
  /** Items from one to the next. */
  readonly step: number;
  readonly length: number;
  /** The first one's cell. */
  readonly cell: number;
  /** Cells from one to the next; 0 where all belong to one. */
  readonly cellStep: number;
}

/** All items of an array with their cells, in runs as long as they can be. */
export function* runsOf(
  shape: readonly number[],
  stride: readonly number[],
  cellStride: readonly number[],
  item: number,
  cell: number,
): Iterable<Run> {
  // Neighbouring axes that lie together are one.
  const axes: { length: number; step: number; cellStep: number }[] = [];
  shape.forEach((length, axis) => {
    const outer = axes.at(-1);
    const [step, cellStep] = [stride[axis], cellStride[axis]];
    if (outer && outer.step === step * length && outer.cellStep === cellStep * length) {
      axes[axes.length - 1] = { length: outer.length * length, step, cellStep };
    } else if (length !== 1) axes.push({ length, step, cellStep });
  });
  const inner = axes.reduce((best, axis) => axis.length > best.length ? axis : best, {
    length: 1,
    step: 0,
    cellStep: 0,
  });
  const outer = axes.filter((axis) => axis !== inner);
  for (const index of indicesOf(outer.map(({ length }) => length))) {
    yield {
      ...inner,
      item: index.reduce((sum, place, axis) => sum + place * outer[axis].step, item),
      cell: index.reduce((sum, place, axis) => sum + place * outer[axis].cellStep, cell),
    };
  }
}
