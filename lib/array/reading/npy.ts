import { GrowingBuffer, readGrowing, unshared } from "../../bytes.ts";
import { IntegrityError } from "../../errors.ts";
import { type ByteIterable, GeneratorTransform, readExactly } from "../../streams/mod.ts";
import { arrayFromBytes } from "../from_bytes.ts";
import type { DType, Field } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { parseNpyHeader } from "../formats/mod.ts";

/** A .npy stream whose header has been read. */
export interface NpyStream {
  /** What the items are. */
  readonly dtype: DType;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Whether the first axis lies together. */
  readonly fortranOrder: boolean;
  /** Bytes that `body` gives. */
  readonly byteLength: number;
  /** The items' bytes, and nothing else. Must be read or cancelled. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Options of the readers of .npy streams. */
export interface NpyOptions {
  /** Length of the whole stream in bytes, where known: then a header that promises more than that is refused before memory is taken. */
  readonly size?: number;
}

/**
 * Reads the header of a .npy stream (versions 1.0 to 3.0) and gives it with a stream of the items' bytes.
 *
 * `body` ends with an `IntegrityError` when the stream is too short. Bytes after the items are accepted, as numpy does, and thrown away; the stream is
 * still read to its end, so that the checks of the stages before (a checksum, an authentication tag) are made.
 *
 * @category Arrays
 * @param stream A .npy file. Cancelled when its header can't be read.
 * @param options See {@linkcode NpyOptions}.
 * @throws {IntegrityError} when the stream is no .npy file or too short for its header.
 * @throws {UnsupportedError} when the version is not known, or the dtype can't be used here (objects, long doubles).
 *
 * @example
 * ```ts
 * import { ndarray, npyDecode, npyEncode, typedChunks } from "@cottoncandy/cottoncandy/array";
 *
 * const { dtype, shape, body } = await npyDecode(npyEncode(ndarray(Float32Array.of(1, 2, 3))));
 * console.assert(dtype === "<f4" && shape.join() === "3");
 * let sum = 0;
 * for await (const piece of body.pipeThrough(typedChunks("<f4"))) for (const x of piece) sum += x;
 * console.assert(sum === 6);
 * ```
 */
export async function npyDecode(
  stream: ReadableStream<Uint8Array>,
  options: NpyOptions = {},
): Promise<NpyStream> {
  const reader = stream.getReader();
  try {
    const { header: { dtype, fields, shape, fortranOrder, byteLength }, rest } = await readHeader(
      reader,
      options,
    );
    reader.releaseLock();
    const body = stream.pipeThrough(new GeneratorTransform((source) => itemBytes(rest, source, byteLength)));
    return { dtype, ...(fields && { fields }), shape, fortranOrder, byteLength, body };
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
}

/** The header, and what came together with its end. */
async function readHeader(reader: ReadableStreamDefaultReader<Uint8Array>, options: NpyOptions) {
  const buffer = new GrowingBuffer({ first: 256 });
  while (true) {
    const result = parseNpyHeader(buffer.bytes, options);
    if (result.kind === "header") {
      return { header: result.header, rest: buffer.bytes.subarray(result.header.byteOffset) };
    }
    while (buffer.length < result.byteLength) {
      const { done, value } = await reader.read();
      if (done) throw new IntegrityError(`the data end after ${buffer.length} bytes, within the .npy header`);
      buffer.append(value);
    }
  }
}

/** The first `byteLength` bytes of `first` and then `source`; what follows is read and dropped. */
async function* itemBytes(
  first: Uint8Array<ArrayBuffer>,
  source: ByteIterable,
  byteLength: number,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  yield first.subarray(0, byteLength);
  let left = byteLength - Math.min(first.byteLength, byteLength);
  for await (const bytes of source) {
    const piece = unshared(bytes).subarray(0, left);
    left -= piece.byteLength;
    if (piece.byteLength > 0) yield piece;
  }
  if (left > 0) {
    throw new IntegrityError(
      `the data end after ${byteLength - left} of the ${byteLength} bytes that the .npy header promises`,
    );
  }
}

/** Arrays up to this size are trusted to come as promised: memory that has not been written to costs nothing yet. */
const TRUSTED = 256 * 1024 * 1024;

/**
 * Reads a .npy stream into an array. The memory is taken once and filled in place. Where `size` isn't given, a larger array's memory
 * grows with the data instead (and is moved when it does), so that a header that lies costs nothing.
 *
 * @category Arrays
 * @param stream A .npy file; read to its end, cancelled on failure.
 * @param options See {@linkcode NpyOptions}.
 * @throws {IntegrityError} when the stream is no .npy file, or too short.
 * @throws {UnsupportedError} when the version or dtype can't be used here, or the array doesn't fit into memory.
 *
 * @example
 * ```ts
 * import { ndarray, npyEncode, readNpy } from "@cottoncandy/cottoncandy/array";
 *
 * const a = await readNpy(npyEncode(ndarray(Float64Array.of(1, 2))));
 * console.assert(a.is("<f8") && a.data[1] === 2);
 * ```
 */
export async function readNpy(
  stream: ReadableStream<Uint8Array>,
  options: NpyOptions = {},
): Promise<NDArray> {
  const { body, byteLength, fortranOrder, ...header } = await npyDecode(stream, options);
  const order = fortranOrder ? "F" : "C";
  const known = options.size !== undefined || byteLength <= TRUSTED;
  const bytes = known ? await readExactly(body, byteLength) : await readGrowing(body, byteLength, TRUSTED);
  return arrayFromBytes(bytes, { ...header, order });
}
