/**
 * Which stored bytes hold which plain ones.
 *
 * @module
 */
import type { Extent } from "../../backends/arguments.ts";
import type { ByteRange } from "../../backends/backend.ts";
import type { SegmentLayout } from "../scheme.ts";
import { type Measure, plainOffset, segmentAt, storedOffset } from "../segments.ts";

/** Segments that follow each other, and what is wanted of them. */
export interface Span {
  /** The plain bytes that are wanted. */
  readonly extent: Extent;
  /** The first segment. */
  readonly first: number;
  /** The segment after the last. */
  readonly end: number;
  /** Whether the last segment is the object's. */
  readonly ends: boolean;
}

/**
 * The segments that an extent needs. Whatever reaches the object's end, or lies beyond it, needs the last one, which alone tells that it is the end.
 *
 * @returns `undefined` when nothing is wanted, so that nothing has to be read.
 */
export function spanOf(
  layout: SegmentLayout,
  { segments, plainSize }: Measure,
  range: ByteRange | undefined,
  extent: Extent,
): Span | undefined {
  if (range && ("suffix" in range ? range.suffix : range.length) === 0) return undefined;
  const { offset, length } = extent;
  const last = offset + length >= plainSize ? segments - 1 : segmentAt(layout, offset + length - 1);
  return {
    extent,
    first: Math.min(segmentAt(layout, offset), last),
    end: last + 1,
    ends: last === segments - 1,
  };
}

/** Cuts a span into several of `count` segments each. */
export function cutSpan(layout: SegmentLayout, span: Span, count: number): Span[] {
  const spans: Span[] = [];
  const { extent } = span;
  for (let first = span.first; first < span.end; first += count) {
    const end = Math.min(first + count, span.end);
    const start = Math.max(extent.offset, plainOffset(layout, first));
    const stop = end === span.end ? extent.offset + extent.length : plainOffset(layout, end);
    spans.push({
      extent: { offset: start, length: stop - start },
      first,
      end,
      ends: span.ends && end === span.end,
    });
  }
  return spans;
}

/** Where a span's stored bytes are. */
export function storedExtent(layout: SegmentLayout, { first, end, ends }: Span, storedSize: number): Extent {
  const offset = storedOffset(layout, first);
  return { offset, length: (ends ? storedSize : storedOffset(layout, end)) - offset };
}

/**
 * What to fetch first for a range of plain bytes, while the object's size is not known.
 *
 * @param layout How the body is cut, where that is known.
 * @param headerHint How much to fetch to learn it.
 * @param known Whether the header need not be read.
 * @returns `undefined` for the whole object.
 */
export function firstFetch(
  layout: SegmentLayout | undefined,
  headerHint: number,
  range: ByteRange | undefined,
  known: boolean,
): ByteRange | undefined {
  if (!range) return undefined;
  const header = { offset: 0, length: headerHint };
  if (!layout || "suffix" in range) return header;
  const first = segmentAt(layout, range.offset);
  if (first > 0 && !known) return header;
  const offset = first === 0 ? 0 : storedOffset(layout, first);
  if (range.length === undefined) return { offset };
  const end = storedOffset(layout, segmentAt(layout, range.offset + Math.max(1, range.length) - 1) + 1);
  // Beyond what numbers count, which is beyond every object's end.
  return Number.isSafeInteger(end) ? { offset, length: end - offset } : header;
}
