/**
 * The grid of a chunked array: which chunk lies where, and which chunks a slice touches.
 *
 * @module
 */
import type { AxisRange } from "./blocks.ts";
import { indicesOf } from "../layout/mod.ts";

/** The lengths of the chunks along each axis, in their order: what dask calls an array's `chunks`. */
export type Chunks = readonly (readonly number[])[];

/** One chunk of a grid. */
export interface Cell {
  /** Its number, in C order: the last axis counts fastest. */
  readonly number: number;
  /** Which chunk it is along each axis. */
  readonly index: readonly number[];
  /** Where its first item lies in the array. */
  readonly origin: readonly number[];
  /** Its lengths. */
  readonly shape: readonly number[];
}

/** A chunk that a slice touches. */
export interface Touch {
  /** The chunk. */
  readonly cell: Cell;
  /** What is wanted of it, along each axis. */
  readonly inside: readonly AxisRange[];
  /** Where that goes in the result. */
  readonly origin: readonly number[];
}

/** All chunks that lie between the same two places along one axis. */
export interface Band {
  /** Where they begin along the axis. */
  readonly start: number;
  /** How long they are along it. */
  readonly length: number;
  /** The chunks. */
  readonly cells: readonly Cell[];
}

/** A chunk along one axis. */
interface Span {
  readonly index: number;
  readonly start: number;
  readonly length: number;
}

/** What of a chunk along one axis is wanted, and where it goes. */
interface TouchedSpan {
  readonly span: Span;
  readonly range: AxisRange;
  readonly target: number;
}

/** Chunks side by side along each axis. */
export class Grid {
  /** The lengths of the chunks along each axis. */
  readonly chunks: Chunks;
  /** Items of the whole array along each axis. */
  readonly shape: readonly number[];
  /** How many chunks there are, empty ones included. */
  readonly count: number;
  readonly #spans: readonly (readonly Span[])[];

  /** Makes a grid of lengths, which are trusted. */
  constructor(chunks: Chunks) {
    this.chunks = chunks;
    this.#spans = chunks.map((lengths) => {
      let start = 0;
      return lengths.map((length, index) => {
        const span = { index, start, length };
        start += length;
        return span;
      });
    });
    this.shape = chunks.map((lengths) => lengths.reduce((sum, length) => sum + length, 0));
    this.count = chunks.reduce((product, lengths) => product * lengths.length, 1);
  }

  /** All chunks, in C order. */
  *cells(): Iterable<Cell> {
    for (const spans of product(this.#spans)) yield this.#cell(spans);
  }

  /** All chunks, band by band along an axis; of an array without axes, one band. */
  *bands(axis: number | undefined): Iterable<Band> {
    if (axis === undefined) return yield { start: 0, length: 1, cells: [...this.cells()] };
    for (const span of this.#spans[axis]) {
      const lists = this.#spans.map((spans, i) => i === axis ? [span] : spans);
      yield {
        start: span.start,
        length: span.length,
        cells: Array.from(product(lists), (spans) => this.#cell(spans)),
      };
    }
  }

  /** The chunks that have an item of a selection, each once. */
  *touched(selection: readonly AxisRange[]): Iterable<Touch> {
    const lists = this.#spans.map((spans, axis) => touchedSpans(spans, selection[axis]));
    for (const touched of product(lists)) {
      yield {
        cell: this.#cell(touched.map(({ span }) => span)),
        inside: touched.map(({ range }) => range),
        origin: touched.map(({ target }) => target),
      };
    }
  }

  /** The number of the chunk of an index, which is trusted. */
  number(index: readonly number[]): number {
    return index.reduce((number, i, axis) => number * this.chunks[axis].length + i, 0);
  }

  #cell(spans: readonly Span[]): Cell {
    const index = spans.map((span) => span.index);
    return {
      number: this.number(index),
      index,
      origin: spans.map(({ start }) => start),
      shape: spans.map(({ length }) => length),
    };
  }
}

function touchedSpans(spans: readonly Span[], { start, step, count }: AxisRange): TouchedSpan[] {
  const touched: TouchedSpan[] = [];
  // How many of the wanted indices lie before a place.
  const before = (place: number) => Math.min(count, Math.max(0, Math.ceil((place - start) / step)));
  for (const span of spans) {
    const target = before(span.start);
    const inside = before(span.start + span.length) - target;
    if (inside === 0) continue;
    touched.push({ span, target, range: { start: start + target * step - span.start, step, count: inside } });
  }
  return touched;
}

/** One of each list, in all combinations; the last list counts fastest. */
function* product<T>(lists: readonly (readonly T[])[]): Iterable<T[]> {
  for (const index of indicesOf(lists.map((list) => list.length))) {
    yield lists.map((list, i) => list[index[i]]);
  }
}
