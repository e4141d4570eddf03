/**
 * How an array is to be compressed, decided from what the caller asked for and from a sample of the array.
 *
 * @module
 */
import { type AnyCodecName, compress } from "../../codecs/mod.ts";
import { bytesOf, contiguousBytes, type NDArray } from "../array/mod.ts";
import type { Compression } from "../objects/mod.ts";
import { streamOf } from "../streams/mod.ts";

/** What Python's cottoncandy writes by default. */
const DEFAULT_CODEC = "gzip";
const SAMPLE_PIECES = 8;
const SAMPLE_PIECE_BYTES = 64 * 1024;
/** Below this share of the raw size a sample is worth compressing. */
const WORTHWHILE = 0.9;
// The sample only has to tell noise from structure; the lowest level does, at several times the speed.
const SAMPLE_LEVEL = 1;

/**
 * The codec to store an array with. An empty array is stored raw whatever was asked for: Python reads no empty payload of the other
 * codecs.
 *
 * @throws {UnsupportedError} when there is no such codec; {InvalidArgumentError} when it has no such level.
 */
export async function chooseCodec(
  array: NDArray,
  asked: Compression,
  level?: number,
): Promise<AnyCodecName | false> {
  // Made only to be checked: what was asked for is wrong whether or not this array has items to compress.
  if (typeof asked !== "boolean") compress(asked, { level, size: array.nbytes });
  if (array.nbytes === 0 || asked === false) return false;
  if (asked !== true) return asked;
  return await sampleRatio(array) < WORTHWHILE ? DEFAULT_CODEC : false;
}

/** How many bytes gzip makes of one byte of a sample: pieces from all over the array's memory. */
async function sampleRatio(array: NDArray): Promise<number> {
  const bytes = contiguousBytes(array);
  // A strided view is sampled from its beginning: its bytes elsewhere would have to be gathered up to there.
  const sample = bytes
    ? streamOf(spread(bytes))
    : firstBytes(bytesOf(array), SAMPLE_PIECES * SAMPLE_PIECE_BYTES);
  let compressed = 0;
  for await (const piece of sample.pipeThrough(compress(DEFAULT_CODEC, { level: SAMPLE_LEVEL }))) {
    compressed += piece.length;
  }
  return compressed / Math.min(array.nbytes, SAMPLE_PIECES * SAMPLE_PIECE_BYTES);
}

function spread(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= SAMPLE_PIECES * SAMPLE_PIECE_BYTES) return bytes;
  const sample = new Uint8Array(SAMPLE_PIECES * SAMPLE_PIECE_BYTES);
  const step = (bytes.length - SAMPLE_PIECE_BYTES) / (SAMPLE_PIECES - 1);
  for (let i = 0; i < SAMPLE_PIECES; i++) {
    const start = Math.floor(i * step);
    sample.set(bytes.subarray(start, start + SAMPLE_PIECE_BYTES), i * SAMPLE_PIECE_BYTES);
  }
  return sample;
}

function firstBytes(stream: ReadableStream<Uint8Array>, limit: number): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let seen = 0;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = seen < limit ? await reader.read() : { done: true, value: undefined };
      if (done || !value) {
        await reader.cancel();
        return controller.close();
      }
      controller.enqueue(value.subarray(0, limit - seen));
      seen += value.length;
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
