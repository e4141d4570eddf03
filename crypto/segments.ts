import type { SegmentLayout } from "./scheme.ts";

/** What an object's stored size tells of it. */
export interface Measure {
  /** How many segments there are; at least one. */
  readonly segments: number;
  /** How many plain bytes. */
  readonly plainSize: number;
}

/**
 * What is in so many stored bytes; `undefined` when no object has that size.
 *
 * @example
 * ```ts
 * import { measure, storedSize, TINK_LAYOUT } from "@cottoncandy/cottoncandy/crypto";
 *
 * console.assert(measure(TINK_LAYOUT, storedSize(TINK_LAYOUT, 3_000_000))?.plainSize === 3_000_000);
 * console.assert(storedSize(TINK_LAYOUT, 0) === 40 + 16);
 * ```
 */
export function measure(layout: SegmentLayout, storedSize: number): Measure | undefined {
  const { headerLength, firstLength, segmentLength, tagLength } = layout;
  const beyondFirst = storedSize - headerLength - firstLength - tagLength;
  const further = Math.max(0, Math.ceil(beyondFirst / (segmentLength + tagLength)));
  const segments = 1 + further;
  const plainSize = storedSize - headerLength - segments * tagLength;
  return plainSize >= plainOffset(layout, segments - 1) ? { segments, plainSize } : undefined;
}

/** How many bytes an object of `plainSize` bytes takes when it is encrypted. */
export function storedSize(layout: SegmentLayout, plainSize: number): number {
  return layout.headerLength + plainSize + segmentCount(layout, plainSize) * layout.tagLength;
}

/**
 * Plain bytes that so many stored ones hold, the first of what may be more: tells how far a transfer has come, and of sizes that no object has about how
 * large it is.
 */
export function plainProgress(layout: SegmentLayout, stored: number): number {
  const { headerLength, firstLength, segmentLength, tagLength } = layout;
  const body = Math.max(0, stored - headerLength);
  if (body <= firstLength + tagLength) return Math.min(body, firstLength);
  const beyond = body - firstLength - tagLength;
  const full = Math.floor(beyond / (segmentLength + tagLength));
  return firstLength + full * segmentLength +
    Math.min(beyond - full * (segmentLength + tagLength), segmentLength);
}

/** The segment that holds the plain byte at `offset`. */
export function segmentAt({ firstLength, segmentLength }: SegmentLayout, offset: number): number {
  return offset < firstLength ? 0 : 1 + Math.floor((offset - firstLength) / segmentLength);
}

/** Where a segment's plain bytes begin. */
export function plainOffset({ firstLength, segmentLength }: SegmentLayout, segment: number): number {
  return segment === 0 ? 0 : firstLength + (segment - 1) * segmentLength;
}

/** Where a segment's stored bytes begin. */
export function storedOffset(layout: SegmentLayout, segment: number): number {
  return layout.headerLength + plainOffset(layout, segment) + segment * layout.tagLength;
}

/** Plain bytes of a segment that is full. */
export function fullLength({ firstLength, segmentLength }: SegmentLayout, segment: number): number {
  return segment === 0 ? firstLength : segmentLength;
}

function segmentCount({ firstLength, segmentLength }: SegmentLayout, plainSize: number): number {
  return 1 + Math.max(0, Math.ceil((plainSize - firstLength) / segmentLength));
}
