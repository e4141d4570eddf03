import { IntegrityError, InvalidArgumentError } from "../errors.ts";

/**
 * Fills `target` with a stream's bytes in place: by a BYOB reader where the stream has one, else piece by piece. The stream must have
 * exactly `target.length` bytes.
 *
 * The bytes of `target` are those of the stream when the promise resolves; `target.buffer` may be detached and given back while
 * it is filled, so use the view that the promise gives.
 *
 * @param stream What to read; read to its end, cancelled on failure.
 * @param target Where to. If its buffer holds other data as well, a plain reader is used, so that views elsewhere stay valid.
 * @returns The filled view: over the same memory, same offset and length.
 * @throws {IntegrityError} when the stream is shorter or longer.
 *
 * @example
 * ```ts
 * import { fill, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const target = await fill(streamOf(new Uint8Array([1, 2, 3])), new Uint8Array(3));
 * console.assert(target.join() === "1,2,3");
 * ```
 */
export async function fill(
  stream: ReadableStream<Uint8Array>,
  target: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  let filled = 0;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.length > target.length) {
        throw new IntegrityError(`more bytes than the ${target.length} expected`);
      }
      target.set(value, filled);
      filled += value.length;
    }
    if (filled < target.length) {
      throw new IntegrityError(`the data end after ${filled} of ${target.length} bytes`);
    }
    return target;
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    reader.releaseLock();
  }
}

/**
 * All bytes of a stream of unknown length, in one buffer. The pieces are gathered first, so this takes twice the stream's length for a moment:
 * where the length is known, {@linkcode fill} is the better choice.
 *
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
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) {
        throw new InvalidArgumentError(`more than the ${limit} bytes that were allowed for`);
      }
      pieces.push(value);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    reader.releaseLock();
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}
