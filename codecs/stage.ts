import { IntegrityError, InvalidArgumentError } from "../lib/errors.ts";
import { type ByteIterable, GeneratorTransform } from "../lib/streams/mod.ts";
import type { ByteTransform, Codec, DecodeOptions, EncodeOptions } from "./codec.ts";

/** Pieces on their way out of a stage. */
export type Pieces = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** What an encoder works with: every option given and in range. */
export interface EncodePlan {
  readonly level: number;
  readonly size?: number;
}

/** Makes an encoder's `TransformStream`: checks the options at once, and the stream's length as it passes. */
export function encoder(
  codec: Pick<Codec, "name" | "levels">,
  { level = codec.levels.default, size }: EncodeOptions = {},
  work: (source: ByteIterable, plan: EncodePlan) => Pieces,
): ByteTransform {
  const { min, max } = codec.levels;
  if (!Number.isInteger(level) || level < min || level > max) {
    throw new InvalidArgumentError(
      `${codec.name} has the levels ${min} to ${max}, whole numbers, not ${level}`,
    );
  }
  checkSize(size);
  return new GeneratorTransform((source) => work(sized(source, size), { level, size }));
}

/** Makes a decoder's `TransformStream`, which gives exactly `size` bytes where that is known. */
export function decoder(
  name: string,
  { size }: DecodeOptions = {},
  work: (source: ByteIterable, size: number | undefined) => Pieces,
): ByteTransform {
  checkSize(size);
  return new GeneratorTransform((source) => exactly(name, work(source, size), size));
}

function checkSize(size: number | undefined): void {
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0)) {
    throw new InvalidArgumentError(`size must be a whole number of bytes, not ${size}`);
  }
}

/** Passes an encoder's input on, which must have the length that was announced. */
async function* sized(source: ByteIterable, size: number | undefined): ByteIterable {
  let length = 0;
  for await (const piece of source) {
    length += piece.length;
    if (size !== undefined && length > size) {
      throw new IntegrityError(
        `the stream to compress has more than the ${size} bytes announced as its size`,
      );
    }
    yield piece;
  }
  if (size !== undefined && length < size) {
    throw new IntegrityError(`the stream to compress ends after ${length} of the ${size} bytes announced`);
  }
}

/** Passes decoded pieces on, which must have the length that is expected; nothing beyond it gets through. */
async function* exactly(name: string, pieces: Pieces, size: number | undefined): Pieces {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (size !== undefined && length > size) {
      throw new IntegrityError(`${name}: the data decode to more than the ${size} bytes expected`);
    }
    if (piece.length > 0) yield piece;
  }
  if (size !== undefined && length < size) {
    throw new IntegrityError(`${name}: the data decode to ${length} of the ${size} bytes expected`);
  }
}

/** The error of compressed data that can't be right. */
export function corrupt(name: string, what: string, cause?: unknown): IntegrityError {
  return new IntegrityError(
    `${name}: ${what}; the stored data are damaged or not ${name} at all`,
    cause === undefined ? {} : { cause },
  );
}

/** The error of compressed data that stop too early. */
export function truncated(name: string): IntegrityError {
  return new IntegrityError(
    `${name}: the compressed data end too early; the object or the transfer was cut off`,
  );
}

/** All pieces in one buffer, for what can only work on the whole. Where the length is known, nothing is held twice. */
export async function gather(source: ByteIterable, size?: number): Promise<Uint8Array<ArrayBuffer>> {
  let all = new Uint8Array(size ?? 64 * 1024);
  let length = 0;
  for await (const piece of source) {
    if (length + piece.length > all.length) {
      const grown = new Uint8Array(Math.max(length + piece.length, all.length * 2));
      grown.set(all.subarray(0, length));
      all = grown;
    }
    all.set(piece, length);
    length += piece.length;
  }
  return all.subarray(0, length);
}
