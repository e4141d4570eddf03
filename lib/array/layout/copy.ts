/**
 * Copying items from one layout to another, as fast as their strides allow.
 *
 * @module
 */
import { cStride } from "./strides.ts";

/** Where an array's items lie, in bytes. */
export interface MemoryLayout {
  /** The memory. */
  readonly bytes: Uint8Array;
  /** Bytes an item. */
  readonly itemsize: number;
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Items from one to the next along each axis. */
  readonly stride: readonly number[];
  /** The first item, counted from the beginning of `bytes`. */
  readonly offset: number;
}

/** What has items in a typed array, as arrays have. */
export interface Strided {
  /** The memory. */
  readonly data: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number };
  /** Slots of `data` an item takes. */
  readonly itemLength: number;
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Items from one to the next along each axis. */
  readonly stride: readonly number[];
  /** The first item, counted from the beginning of `data`. */
  readonly offset: number;
}

/** Where an array's items lie. */
export function layoutOf({ data, itemLength, shape, stride, offset }: Strided): MemoryLayout {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { bytes, itemsize: itemLength * data.BYTES_PER_ELEMENT, shape, stride, offset };
}

/** Words that numbers are copied as: never as floats, since a float that is loaded and stored may lose the bits of a NaN. */
type Words = Uint8Array | Uint16Array | Uint32Array;

interface Axis {
  readonly length: number;
  /** Words from one to the next in the source. */
  readonly from: number;
  /** Words from one to the next in the target. */
  readonly to: number;
}

/** Side of the squares in which a transposed array is copied, so that the lines of both sides stay in the processor's cache. */
const BLOCK = 32;

/** Runs of at least this many words are copied by the runtime's own copy. */
const LONG_RUN = 64;

/**
 * Copies an array's items into `target` in C order.
 *
 * @param source Where the items lie: any strides, also negative or 0.
 * @param target Bytes to fill; exactly as many as the items have.
 */
export function gatherItems(source: MemoryLayout, target: Uint8Array): void {
  if (target.byteLength === 0) return;
  copyItems(source, { bytes: target, stride: cStride(source.shape), offset: 0 });
}

/**
 * Copies an array's items to where those of another one lie, as numpy's `target[...] = source` does for two arrays of one dtype and shape.
 *
 * @param source Where the items lie: any strides, also negative or 0.
 * @param target Where they go; its shape and item size are the source's. Must not overlap the source.
 */
export function copyItems(
  source: MemoryLayout,
  target: Pick<MemoryLayout, "bytes" | "stride" | "offset">,
): void {
  const { bytes, itemsize, shape, stride, offset } = source;
  if (itemsize === 0 || shape.includes(0)) return;
  const size = wordSize(itemsize | bytes.byteOffset | target.bytes.byteOffset);
  const perItem = itemsize / size;
  const axes = axesOf(shape, stride, target.stride, perItem);
  const from = wordsOf(bytes, size);
  const to = wordsOf(target.bytes, size);
  const last = axes.at(-1);
  const run = last?.from === 1 && last.to === 1 ? last.length : 1;
  const outer = run === 1 ? axes : axes.slice(0, -1);
  const start = { from: offset * perItem, to: target.offset * perItem };
  if (run >= LONG_RUN || outer.length === 0) {
    forEach(outer, start, (p, q) => to.set(from.subarray(p, p + run), q));
  } else {
    copyShortRuns(outer, start, rowCopier(from, to, run));
  }
}

function wordSize(bits: number): 1 | 2 | 4 {
  return bits & 1 ? 1 : bits & 2 ? 2 : 4;
}

function wordsOf(bytes: Uint8Array, size: 1 | 2 | 4): Words {
  const length = Math.floor(bytes.byteLength / size);
  switch (size) {
    case 1:
      return bytes;
    case 2:
      return new Uint16Array(bytes.buffer, bytes.byteOffset, length);
    case 4:
      return new Uint32Array(bytes.buffer, bytes.byteOffset, length);
  }
}

/** The axes in words, the words of an item being the last; axes of one item are left out, and neighbours that lie together are one. */
function axesOf(
  shape: readonly number[],
  stride: readonly number[],
  toStride: readonly number[],
  perItem: number,
): Axis[] {
  const axes: Axis[] = [];
  const add = (length: number, from: number, to: number) => {
    const inner = axes[0];
    if (inner && from === inner.from * inner.length && to === inner.to * inner.length) {
      axes[0] = { ...inner, length: inner.length * length };
    } else axes.unshift({ length, from, to });
  };
  if (perItem > 1) add(perItem, 1, 1);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) add(shape[axis], stride[axis] * perItem, toStride[axis] * perItem);
  }
  return axes;
}

/** A place in the source and one in the target, in words. */
interface Place {
  readonly from: number;
  readonly to: number;
}

/** Copies `length` runs that are `fromStep` words apart to places that are `toStep` words apart. */
type CopyRow = (from: number, to: number, length: number, fromStep: number, toStep: number) => void;

function copyShortRuns(axes: readonly Axis[], start: Place, copyRow: CopyRow): void {
  // The two innermost loops: the target's last axis, and the axis along which the source's items lie closest.
  const row = axes[axes.length - 1];
  const others = axes.slice(0, -1);
  const column = others.filter(({ from }) => from !== 0).sort((a, b) => Math.abs(a.from) - Math.abs(b.from))
    .at(0);
  if (!column || Math.abs(column.from) >= Math.abs(row.from)) {
    return forEach(others, start, (from, to) => copyRow(from, to, row.length, row.from, row.to));
  }
  const rest = others.filter((axis) => axis !== column);
  forEach(rest, start, (from, to) => copyTransposed(from, to, column, row, copyRow));
}

/** Calls `work` with the source's and the target's place at each index. */
function forEach(axes: readonly Axis[], start: Place, work: (from: number, to: number) => void): void {
  const index = new Array<number>(axes.length).fill(0);
  let { from, to } = start;
  while (true) {
    work(from, to);
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      from += axes[axis].from;
      to += axes[axis].to;
      if (++index[axis] < axes[axis].length) break;
      from -= axes[axis].from * axes[axis].length;
      to -= axes[axis].to * axes[axis].length;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

function copyTransposed(from: number, to: number, column: Axis, row: Axis, copyRow: CopyRow): void {
  for (let c = 0; c < column.length; c += BLOCK) {
    const columns = Math.min(BLOCK, column.length - c);
    for (let r = 0; r < row.length; r += BLOCK) {
      const rows = Math.min(BLOCK, row.length - r);
      for (let i = c; i < c + columns; i++) {
        const p = from + i * column.from + r * row.from;
        copyRow(p, to + i * column.to + r * row.to, rows, row.from, row.to);
      }
    }
  }
}

/** The loop for words and runs of one kind. Each is written out, since a loop that has seen several typed arrays runs three to six times slower. */
function rowCopier(source: Words, target: Words, run: number): CopyRow {
  if (source instanceof Uint32Array && target instanceof Uint32Array) {
    if (run === 1) {
      return (from, to, length, fromStep, toStep) => {
        for (let i = 0; i < length; i++, from += fromStep, to += toStep) target[to] = source[from];
      };
    }
    return (from, to, length, fromStep, toStep) => {
      for (let i = 0; i < length; i++, from += fromStep, to += toStep) {
        target[to] = source[from];
        target[to + 1] = source[from + 1];
        for (let word = 2; word < run; word++) target[to + word] = source[from + word];
      }
    };
  }
  if (source instanceof Uint16Array && target instanceof Uint16Array && run === 1) {
    return (from, to, length, fromStep, toStep) => {
      for (let i = 0; i < length; i++, from += fromStep, to += toStep) target[to] = source[from];
    };
  }
  if (source instanceof Uint8Array && target instanceof Uint8Array && run === 1) {
    return (from, to, length, fromStep, toStep) => {
      for (let i = 0; i < length; i++, from += fromStep, to += toStep) target[to] = source[from];
    };
  }
  return (from, to, length, fromStep, toStep) => {
    for (let i = 0; i < length; i++, from += fromStep, to += toStep) {
      for (let word = 0; word < run; word++) target[to + word] = source[from + word];
    }
  };
}
