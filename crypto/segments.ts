import { isUnshared } from "../lib/bytes.ts";
import type { ByteIterable } from "../lib/streams/mod.ts";
import { notAuthentic, type SealedObject, type SegmentCipher, type SegmentLayout } from "./scheme.ts";

/** A stream's pieces, by a reader: not every browser's streams can be iterated. Stopping early cancels the stream. */
export async function* piecesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void, void> {
  const reader = stream.getReader();
  let ended = false;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    // What became of a stream that nobody wants any more is no matter.
    if (!ended) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

/**
 * Does some work for each item, several at once, and gives the results in the items' order. Begins with one at a time, so that the first result
 * does not wait for items that come later. On failure or when the caller stops, `items` is ended, and what still runs has nobody to hear of it.
 *
 * @param ahead How many run at once.
 */
export async function* pipelined<T, R>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  ahead: number,
): AsyncGenerator<R, void, void> {
  const running: Promise<R>[] = [];
  let begun = 0;
  for await (const item of items) {
    const result = work(item);
    // It may fail before its turn comes.
    result.catch(() => {});
    running.push(result);
    if (running.length < Math.min(++begun, ahead)) continue;
    const [oldest] = running.splice(0, 1);
    yield await oldest;
  }
  for (const result of running) yield await result;
}

/** One of the pieces that a stream is cut into. */
export interface Piece {
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Which it is, counted from `first` on. */
  readonly index: number;
  /** Whether the stream ends with it. */
  readonly last: boolean;
}

/**
 * Cuts a stream into pieces and tells which is the last: a piece waits until it is known whether anything follows. An empty stream is one empty piece.
 *
 * @param lengthOf Bytes of piece `index`; the last may have fewer.
 * @param first Index of the first piece.
 */
export async function* cut(
  source: ByteIterable,
  lengthOf: (index: number) => number,
  first: number = 0,
): AsyncGenerator<Piece, void, void> {
  let index = first;
  let length = lengthOf(index);
  let piece: Uint8Array<ArrayBuffer> = new Uint8Array();
  // Bytes of `piece` that are filled; the piece is allocated when something has to be copied into it.
  let filled = 0;
  for await (let bytes of source) {
    while (bytes.length > 0) {
      if (filled === length) {
        yield { bytes: piece, index, last: false };
        length = lengthOf(++index);
        filled = 0;
      }
      if (filled === 0 && bytes.length >= length && isUnshared(bytes)) {
        piece = bytes.subarray(0, length);
      } else {
        if (filled === 0) piece = new Uint8Array(length);
        piece.set(bytes.length > length - filled ? bytes.subarray(0, length - filled) : bytes, filled);
      }
      const taken = Math.min(bytes.length, length - filled);
      filled += taken;
      bytes = bytes.subarray(taken);
    }
  }
  yield { bytes: piece.subarray(0, filled), index, last: true };
}

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

// Bodies in segments: to encrypt and to decrypt them as they stream by, several segments at once.

/** Plain bytes that are worked on at once. */
const IN_FLIGHT = 4 * 1024 * 1024;

function ahead({ segmentLength }: SegmentLayout): number {
  return Math.max(1, Math.floor(IN_FLIGHT / segmentLength));
}

/** Encrypts a body: gives the header, then the segments. */
export async function* sealBody(
  { header, cipher }: SealedObject,
  source: ByteIterable,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  yield header;
  yield* pipelined(
    cut(source, (index) => fullLength(cipher.layout, index)),
    ({ bytes, index, last }) => cipher.seal(bytes, index, last),
    ahead(cipher.layout),
  );
}

/** Which segments a stream of stored bytes holds. */
export interface Run {
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
  { first, ends }: Run,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { layout } = cipher;
  return pipelined(
    cut(source, (index) => fullLength(layout, index) + layout.tagLength, first),
    ({ bytes, index, last }) => cipher.open(bytes, index, last && ends),
    ahead(layout),
  );
}

/** What {@linkcode within} is to give. */
export interface Wanted {
  /** The first plain byte. */
  readonly offset: number;
  /** How many. */
  readonly length: number;
  /** Whether to read up to the source's end, so that the end is known to be one. */
  readonly drain: boolean;
  /** The object's key, for messages. */
  readonly key: string;
}

/**
 * Plain bytes out of whole segments of which the first is segment `first`.
 *
 * @throws {IntegrityError} when there are fewer than are wanted: then somebody has told a wrong size.
 */
export async function* within(
  layout: SegmentLayout,
  first: number,
  segments: AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
  { offset, length, drain, key }: Wanted,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let skip = offset - plainOffset(layout, first);
  let left = length;
  for await (const bytes of segments) {
    const start = Math.min(skip, bytes.length);
    skip -= start;
    const piece = bytes.subarray(start, start + left);
    left -= piece.length;
    if (piece.length > 0) yield piece;
    if (left === 0 && !drain) return;
  }
  if (left > 0) throw notAuthentic(key);
}
