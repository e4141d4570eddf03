/**
 * Bodies in segments: to encrypt and to decrypt them as they stream by, several segments at once.
 *
 * @module
 */
import type { ByteIterable } from "../lib/streams/transform.ts";
import { cut } from "./cut.ts";
import { notAuthentic } from "./failure.ts";
import { pipelined } from "./pipelined.ts";
import type { SealedObject, SegmentCipher, SegmentLayout } from "./scheme.ts";
import { fullLength, plainOffset } from "./segments.ts";

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
