/**
 * Bodies in segments: how their sizes and places follow from a layout, and how they are encrypted and decrypted as they stream by, several segments at once.
 *
 * @module
 */
import { isUnshared } from "../lib/bytes.ts";
import type { ByteIterable } from "../lib/streams/mod.ts";
import type { Aead } from "./primitives.ts";
import { notAuthenticError, type SealedObject, type SegmentCipher, type SegmentLayout } from "./scheme.ts";

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
  const segments = 1 + Math.max(0, Math.ceil(beyondFirst / (segmentLength + tagLength)));
  const plainSize = storedSize - headerLength - segments * tagLength;
  return plainSize >= plainOffset(layout, segments - 1) ? { segments, plainSize } : undefined;
}

/** How many bytes an object of `plainSize` bytes takes when it is encrypted. */
export function storedSize(layout: SegmentLayout, plainSize: number): number {
  const { headerLength, firstLength, segmentLength, tagLength } = layout;
  const segments = 1 + Math.max(0, Math.ceil((plainSize - firstLength) / segmentLength));
  return headerLength + plainSize + segments * tagLength;
}

/** Plain bytes that so many stored ones, the first of what may be more, hold: how far a transfer has come. */
export function plainProgress(layout: SegmentLayout, stored: number): number {
  const { headerLength, firstLength, segmentLength, tagLength } = layout;
  const body = Math.max(0, stored - headerLength);
  if (body <= firstLength + tagLength) return Math.min(body, firstLength);
  const beyond = body - firstLength - tagLength;
  const stride = segmentLength + tagLength;
  return firstLength + Math.floor(beyond / stride) * segmentLength + Math.min(beyond % stride, segmentLength);
}

/** Plain bytes of an object by its stored size: exact, or about right for sizes that no object has. */
export function advisoryPlainSize(layout: SegmentLayout, storedSize: number): number {
  return measure(layout, storedSize)?.plainSize ?? plainProgress(layout, storedSize);
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

/** Segments that an AEAD encrypts, under nonces that tell a segment's place; `key` is the object's, for messages. */
export function aeadSegments(
  aead: Aead,
  layout: SegmentLayout,
  nonceOf: (index: number, last: boolean) => Uint8Array<ArrayBuffer>,
  key: string | undefined,
): SegmentCipher {
  return {
    layout,
    seal: async (plain, index, last) => await aead.seal(nonceOf(index, last), plain),
    async open(stored, index, last) {
      const plain = await aead.open(nonceOf(index, last), stored);
      if (!plain) throw notAuthenticError(key);
      return plain;
    },
  };
}

/** Encrypts a body: gives the header, then the segments. */
export async function* sealBody(
  { header, cipher }: SealedObject,
  source: ByteIterable,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  yield header;
  yield* pooledMap(
    cutSegments(source, (index) => fullLength(cipher.layout, index)),
    ({ bytes, index, last }) => cipher.seal(bytes, index, last),
    concurrencyFor(cipher.layout),
  );
}

/** Which segments a stream of stored bytes holds. */
interface SegmentRun {
  /** The first of them; it begins with the stream. */
  readonly first: number;
  /** Whether the object ends where the stream ends. */
  readonly ends: boolean;
}

/**
 * Decrypts segments, which follow each other, as their stored bytes come. Nothing is given that is not authentic, and where the object ends the stream
 * ends only if it did so when it was encrypted.
 *
 * @param source The stored bytes of the segments.
 */
export function openSegments(
  cipher: SegmentCipher,
  source: ByteIterable,
  { first, ends }: SegmentRun,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { layout } = cipher;
  return pooledMap(
    cutSegments(source, (index) => fullLength(layout, index) + layout.tagLength, first),
    ({ bytes, index, last }) => cipher.open(bytes, index, last && ends),
    concurrencyFor(layout),
  );
}

/** Bytes that are worked on at once. */
const IN_FLIGHT = 4 * 1024 * 1024;

function concurrencyFor({ segmentLength }: SegmentLayout): number {
  return Math.max(1, Math.floor(IN_FLIGHT / segmentLength));
}

function fullLength({ firstLength, segmentLength }: SegmentLayout, segment: number): number {
  return segment === 0 ? firstLength : segmentLength;
}

/** One of the segments that a stream is cut into. */
interface Segment {
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Which it is, counted from `first` on. */
  readonly index: number;
  /** Whether the stream ends with it. */
  readonly last: boolean;
}

/**
 * Cuts a stream into segments and tells which is the last: a segment waits until it is known whether anything follows. An empty stream is one empty segment.
 *
 * @param lengthOf Bytes of segment `index`; the last may have fewer.
 * @param first Index of the first segment.
 */
export async function* cutSegments(
  source: ByteIterable,
  lengthOf: (index: number) => number,
  first: number = 0,
): AsyncGenerator<Segment, void, void> {
  let index = first;
  let length = lengthOf(index);
  let segment: Uint8Array<ArrayBuffer> = new Uint8Array();
  // Bytes of `segment` that are filled; it is allocated when something has to be copied into it.
  let filled = 0;
  for await (let bytes of source) {
    while (bytes.byteLength > 0) {
      if (filled === length) {
        yield { bytes: segment, index, last: false };
        length = lengthOf(++index);
        filled = 0;
      }
      const taken = Math.min(bytes.byteLength, length - filled);
      if (taken === length && isUnshared(bytes)) {
        segment = bytes.subarray(0, length);
      } else {
        if (filled === 0) segment = new Uint8Array(length);
        segment.set(bytes.subarray(0, taken), filled);
      }
      filled += taken;
      bytes = bytes.subarray(taken);
    }
  }
  yield { bytes: segment.subarray(0, filled), index, last: true };
}

/**
 * Maps items by several calls at once, and gives the results in the items' order. Begins with one at a time, so that the first result does not wait for items
 * that come later. On failure or when the caller stops, `items` is ended, and what still runs has nobody to hear of it.
 */
export async function* pooledMap<T, R>(
  items: AsyncIterable<T>,
  map: (item: T) => Promise<R>,
  concurrency: number,
): AsyncGenerator<R, void, void> {
  const running: Promise<R>[] = [];
  let begun = 0;
  for await (const item of items) {
    const result = map(item);
    // It may fail before its turn comes.
    result.catch(() => {});
    running.push(result);
    if (running.length < Math.min(++begun, concurrency)) continue;
    const [oldest] = running.splice(0, 1);
    yield await oldest;
  }
  for (const result of running) yield await result;
}
