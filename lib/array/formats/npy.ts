import { readGrowing } from "../../bytes.ts";
import { IntegrityError } from "../../errors.ts";
import { readExactly } from "../../streams/mod.ts";
import { bytesOf } from "../bytes.ts";
import { arrayFromBytes } from "../creation.ts";
import type { DType, Field } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { isFortran, npyHeader, parseNpyHeader } from "./npy_header.ts";

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
 * The .npy file of an array, as a stream: what `numpy.save` writes, byte for byte. An array that lies in Fortran order is written so; both orders are
 * views of the array's own memory, and other strided views are gathered piece by piece.
 *
 * @param array What to write; it must not change until the stream has been read.
 * @throws {UnsupportedError} when the fields of the dtype overlap or are out of order.
 *
 * @example
 * ```ts
 * import { ndarray, npyEncode, readNpy } from "@cottoncandy/cottoncandy/array";
 *
 * const a = ndarray(Int16Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
 * const b = await readNpy(npyEncode(a.transpose()));
 * console.assert(b.shape.join() === "3,2" && b.get(2, 1) === 6);
 * ```
 */
export function npyEncode(array: NDArray): ReadableStream<Uint8Array<ArrayBuffer>> {
  const header = npyHeader(array);
  const body = bytesOf(isFortran(array) ? array.transpose() : array).getReader();
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      if (!begun) {
        begun = true;
        return controller.enqueue(header);
      }
      const { done, value } = await body.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => body.cancel(reason),
  }, { highWaterMark: 0 });
}

/**
 * How many bytes {@linkcode npyEncode} gives.
 *
 * @param array What is to be written.
 * @throws {UnsupportedError} when the fields of the dtype overlap or are out of order.
 *
 * @example
 * ```ts
 * import { ndarray, npySize } from "@cottoncandy/cottoncandy/array";
 *
 * console.assert(npySize(ndarray(new Float64Array(6))) === 128 + 48);
 * ```
 */
export function npySize(array: NDArray): number {
  return npyHeader(array).length + array.nbytes;
}

/**
 * Reads the header of a .npy stream (versions 1.0 to 3.0) and gives it with a stream of the items' bytes.
 *
 * `body` ends with an `IntegrityError` when the stream is too short. Bytes after the items are accepted, as numpy does, and thrown away; the stream is
 * still read to its end, so that the checks of the stages before (a checksum, an authentication tag) are made.
 *
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
    const { bytes, header } = await readHeader(reader, options);
    const { dtype, fields, shape, fortranOrder, byteLength, byteOffset } = header;
    const body = limited(reader, bytes.subarray(byteOffset), byteLength);
    return { dtype, ...(fields && { fields }), shape, fortranOrder, byteLength, body };
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function readHeader(reader: Reader, options: NpyOptions) {
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  let filled = 0;
  while (true) {
    const result = parseNpyHeader(bytes.subarray(0, filled), options);
    if (result.kind === "header") return { bytes: bytes.subarray(0, filled), header: result.header };
    while (filled < result.byteLength) {
      const { done, value } = await reader.read();
      if (done) {
        throw new IntegrityError(`the data end after ${filled} bytes, within the .npy header`);
      }
      if (filled + value.length > bytes.length) {
        const larger = new Uint8Array(Math.max(filled + value.length, result.byteLength));
        larger.set(bytes.subarray(0, filled));
        bytes = larger;
      }
      bytes.set(value, filled);
      filled += value.length;
    }
  }
}

/** `first` and then what `reader` gives, cut to `byteLength` bytes; the rest is read and dropped. */
function limited(
  reader: Reader,
  first: Uint8Array<ArrayBuffer>,
  byteLength: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = byteLength;
  let next: Uint8Array<ArrayBuffer> | undefined = first;
  return new ReadableStream({
    async pull(controller) {
      while (true) {
        const piece = (next ?? await readPlain(reader))?.subarray(0, left);
        next = undefined;
        if (piece === undefined) break;
        left -= piece.length;
        if (piece.length > 0) return controller.enqueue(piece);
      }
      if (left > 0) {
        throw new IntegrityError(
          `the data end after ${byteLength - left} of the ${byteLength} bytes that the .npy header promises`,
        );
      }
      controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

async function readPlain(reader: Reader): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { done, value } = await reader.read();
  if (done) return undefined;
  return value.buffer instanceof ArrayBuffer
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : value.slice();
}

/** Arrays up to this size are trusted to come as promised: memory that has not been written to costs nothing yet. */
const TRUSTED = 256 * 1024 * 1024;

/**
 * Reads a .npy stream into an array. The memory is taken once and filled in place. Where `size` isn't given, a larger array's memory
 * grows with the data instead (and is moved when it does), so that a header that lies costs nothing.
 *
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
