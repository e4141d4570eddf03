/**
 * Reading a stream of bytes into memory.
 *
 * @module
 */
import { allocate, GrowingBuffer } from "../bytes.ts";
import { IntegrityError, InvalidArgumentError } from "../errors.ts";

/** Options of {@linkcode fill} and {@linkcode readExactly}. */
export interface FillOptions {
  /**
   * What to do with bytes beyond the expected length: `"error"`, the default, or `"drain"`, which reads and drops them, so that a decoder on
   * the way still checks its data to the end.
   */
  readonly excess?: "error" | "drain";
}

/**
 * Fills `target` with a stream's bytes in place, piece by piece as they come. `target` stays attached, so views of its buffer stay valid.
 *
 * @param stream What to read; read to its end, cancelled on failure.
 * @param target Where to; the stream must have exactly its length.
 * @returns How many bytes the stream had beyond `target`: 0, unless `excess` is `"drain"`.
 * @throws {IntegrityError} when the stream is shorter, or longer and `excess` is `"error"`.
 *
 * @example
 * ```ts
 * import { fill, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const target = new Uint8Array(3);
 * await fill(streamOf(new Uint8Array([1, 2, 3])), target);
 * console.assert(target.join() === "1,2,3");
 * ```
 */
export async function fill(
  stream: ReadableStream<Uint8Array>,
  target: Uint8Array,
  options: FillOptions = {},
): Promise<number> {
  const reader = stream.getReader();
  return await consume(reader, () => fillFrom(reader, target, options));
}

/**
 * A stream's bytes in a new buffer of known length: allocated once and filled in place, by a BYOB reader where the stream has one.
 *
 * @param stream What to read; read to its end, cancelled on failure.
 * @param byteLength How many bytes it must have.
 * @throws {IntegrityError} when the stream is shorter, or longer and `excess` is `"error"`.
 * @throws {InvalidArgumentError} when `byteLength` is no whole number of bytes.
 * @throws {UnsupportedError} when this runtime can't allocate so many bytes.
 *
 * @example
 * ```ts
 * import { readExactly } from "@cottoncandy/cottoncandy/streams";
 *
 * const bytes = await readExactly(new Blob(["abc"]).stream(), 3);
 * console.assert(new TextDecoder().decode(bytes) === "abc");
 * ```
 */
export async function readExactly(
  stream: ReadableStream<Uint8Array>,
  byteLength: number,
  options: FillOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const byob = byobReader(stream);
  if (byob) return await consume(byob, () => fillByob(byob, targetOf(byteLength), options));
  const reader = stream.getReader();
  return await consume(reader, async () => {
    const target = targetOf(byteLength);
    await fillFrom(reader, target, options);
    return target;
  });
}

/**
 * All bytes of a stream of unknown length, in one buffer. It doubles as it fills, so this takes up to three times the stream's length for a
 * moment: where the length is known, {@linkcode readExactly} is the better choice.
 *
 * @category Streams
 * @param stream What to read; read to its end, cancelled on failure.
 * @param options `limit`: how many bytes to accept; more is an error, so that a stranger can't exhaust memory.
 * @throws {InvalidArgumentError} when there are more than `limit` bytes.
 *
 * @example
 * ```ts
 * import { readAll } from "@cottoncandy/cottoncandy/streams";
 *
 * const bytes = await readAll(new Blob(["abc"]).stream());
 * console.assert(new TextDecoder().decode(bytes) === "abc");
 * ```
 */
export async function readAll(
  stream: ReadableStream<Uint8Array>,
  options: { limit?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { limit = Infinity } = options;
  const buffer = new GrowingBuffer();
  const reader = stream.getReader();
  return await consume(reader, async () => {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return buffer.take();
      if (buffer.length + value.byteLength > limit) {
        throw new InvalidArgumentError(`more than the ${limit} bytes that were allowed for`);
      }
      buffer.append(value);
    }
  });
}

async function fillFrom(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  target: Uint8Array,
  options: FillOptions,
): Promise<number> {
  let seen = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    const room = target.byteLength - seen;
    if (room > 0) target.set(value.byteLength > room ? value.subarray(0, room) : value, seen);
    seen += value.byteLength;
    if (seen > target.byteLength && options.excess !== "drain") throw excessError(target.byteLength);
  }
  if (seen < target.byteLength) throw truncatedError(seen, target.byteLength);
  return seen - target.byteLength;
}

async function fillByob(
  reader: ReadableStreamBYOBReader,
  target: Uint8Array<ArrayBuffer>,
  options: FillOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const byteLength = target.byteLength;
  // Every read takes the buffer away and gives it back as another object.
  let buffer = target.buffer;
  let filled = 0;
  while (filled < byteLength) {
    const { done, value } = await reader.read(new Uint8Array(buffer, filled));
    if (done) throw truncatedError(filled, byteLength);
    buffer = value.buffer;
    filled += value.byteLength;
  }
  let spare = new Uint8Array(options.excess === "drain" ? 64 * 1024 : 1);
  while (true) {
    const { done, value } = await reader.read(spare);
    if (done) return new Uint8Array(buffer);
    if (options.excess !== "drain") throw excessError(byteLength);
    spare = new Uint8Array(value.buffer);
  }
}

function targetOf(byteLength: number): Uint8Array<ArrayBuffer> {
  if (!(Number.isSafeInteger(byteLength) && byteLength >= 0)) {
    throw new InvalidArgumentError(`a length is a whole number of bytes, not ${byteLength}`);
  }
  return allocate(byteLength);
}

/** Runs `work` over a locked stream, cancelling the stream with what `work` throws, and releases it. */
async function consume<T>(
  reader: ReadableStreamDefaultReader<Uint8Array> | ReadableStreamBYOBReader,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    reader.releaseLock();
  }
}

function byobReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch (error) {
    // Not a byte stream. A locked stream fails here too, and says so again when the plain reader is asked for.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function truncatedError(seen: number, expected: number): IntegrityError {
  return new IntegrityError(
    `the data end after ${seen} of ${expected} bytes: the object is truncated, or its metadata are wrong`,
  );
}

function excessError(expected: number): IntegrityError {
  return new IntegrityError(
    `there are more than the ${expected} bytes that were expected: the metadata do not fit the data`,
  );
}
