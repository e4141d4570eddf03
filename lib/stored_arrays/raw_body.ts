/**
 * The items of a raw array object on their way into it: the codec that they are stored with, and the metadata that say so.
 *
 * Loaded on first use.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { type AnyCodecName, compress, compressBytes } from "../../codecs/mod.ts";
import {
  type ArrayInput,
  asNDArray,
  bytesOf,
  contiguousBytes,
  DESCR_KEY,
  type NDArray,
  rawMetadata,
} from "../array/mod.ts";
import {
  type Compression,
  metadataSize,
  putObject,
  type UploadResult,
  userMetadata,
} from "../objects/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";
import { type CodecStages, codecStages } from "./codec_stages.ts";
import type { RawWriteOptions } from "./raw.ts";

/** What Python's cottoncandy writes by default. */
const DEFAULT_CODEC = "gzip";
const SAMPLE_PIECES = 8;
const SAMPLE_PIECE_BYTES = 64 * 1024;
const SAMPLE_BYTES = SAMPLE_PIECES * SAMPLE_PIECE_BYTES;
/** Bytes of an array that is compressed before it is sent, since a stream costs more than its bytes. */
const SMALL = 64 * 1024;
/** Below this share of the raw size a sample is worth compressing. */
const WORTHWHILE = 0.9;
// The sample only has to tell noise from structure; the lowest level does, at several times the speed.
const SAMPLE_LEVEL = 1;

/** Stores an array under a key: what `writeRaw` does. */
export async function putRaw(
  backend: Backend,
  key: string,
  array: ArrayInput,
  options: RawWriteOptions,
): Promise<UploadResult> {
  const source = asNDArray(array);
  const { compression, level, workers: _, metadata: user, ...rest } = options;
  const checked = userMetadata(user);
  const codecs = await codecStages("compress", compression === false ? 0 : source.nbytes, options);
  try {
    const { body, size, metadata } = await rawBody(source, { compression, level }, codecs);
    const fitting = withFittingFields({ ...metadata, ...checked }, backend, key, options.onWarning);
    return await putObject(backend, key, body, fitting, { ...rest, size });
  } finally {
    codecs.close();
  }
}

/** An array as a raw array object: what is stored. */
export interface RawBody {
  /** The items, compressed or not. */
  readonly body: Uint8Array | ReadableStream<Uint8Array>;
  /** The body's length, where that is known before it is made. */
  readonly size?: number;
  /** What the object's metadata say of the array. */
  readonly metadata: Record<string, string>;
  /** Whether the items are stored as they are. */
  readonly isRaw: boolean;
}

/**
 * An array as an object's body and metadata. An empty array is stored raw whatever was asked for: Python reads no empty payload of the other codecs.
 *
 * @param compression `true` compresses where a sample of the array says that it is worth it.
 * @throws {UnsupportedError} when there is no such codec; {InvalidArgumentError} when it has no such level.
 */
export async function rawBody(
  array: NDArray,
  { compression = true, level }: { readonly compression?: Compression; readonly level?: number },
  codecs: CodecStages,
): Promise<RawBody> {
  const size = array.nbytes;
  const codec = await chooseCodec(array, compression, level);
  const metadata = rawMetadata(array, codec);
  const bytes = contiguousBytes(array) ?? (size <= SMALL ? await firstBytes(array) : undefined);
  if (codec === false) return { body: bytes ?? bytesOf(array), size, metadata, isRaw: true };
  if (bytes && size <= SMALL) {
    const body = await compressBytes(codec, bytes, { level });
    return { body, size: body.byteLength, metadata, isRaw: false };
  }
  return {
    body: bytesOf(array).pipeThrough(codecs.compress(codec, { level, size })),
    metadata,
    isRaw: false,
  };
}

/**
 * Metadata as far as a store takes them: the fields of a structured dtype are left out, with a warning, where they are too many. Python keeps none in any case.
 *
 * @param onWarning Receives the warning; `null` for nobody, where somebody has been warned of the same fields.
 */
export function withFittingFields(
  metadata: Readonly<Record<string, string>>,
  { capabilities: { metadataLimit } }: Backend,
  key: string,
  onWarning: OnWarning | null = warnOncePerKind,
): Record<string, string> {
  const { [DESCR_KEY]: descr, ...rest } = metadata;
  if (descr === undefined || metadataSize(metadata) <= metadataLimit) return { ...metadata };
  onWarning?.({
    kind: "metadata",
    key,
    message:
      `"${key}": the fields of its dtype take ${descr.length} bytes of metadata, more than the store has room for, and are left out: ` +
      "it is read as bytes without fields. Keep the fields, and give them to arrayFromBytes; or store it by uploadNpyArray, which keeps them",
  });
  return rest;
}

/**
 * The codec to store an array with, or a sample of one.
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
  const sample = bytes ? spread(bytes) : await firstBytes(array);
  return (await compressBytes(DEFAULT_CODEC, sample, { level: SAMPLE_LEVEL })).byteLength / sample.byteLength;
}

function spread(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength <= SAMPLE_BYTES) return bytes;
  const sample = new Uint8Array(SAMPLE_BYTES);
  const step = (bytes.byteLength - SAMPLE_PIECE_BYTES) / (SAMPLE_PIECES - 1);
  for (let i = 0; i < SAMPLE_PIECES; i++) {
    const start = Math.floor(i * step);
    sample.set(bytes.subarray(start, start + SAMPLE_PIECE_BYTES), i * SAMPLE_PIECE_BYTES);
  }
  return sample;
}

async function firstBytes(array: NDArray): Promise<Uint8Array> {
  const sample = new Uint8Array(Math.min(array.nbytes, SAMPLE_BYTES));
  let filled = 0;
  for await (const piece of bytesOf(array)) {
    const part = piece.subarray(0, sample.byteLength - filled);
    sample.set(part, filled);
    filled += part.byteLength;
    if (filled === sample.byteLength) break;
  }
  return sample;
}
