/**
 * Bodies on their way in (taken from whoever puts them, whole or in parts) and out (bytes of known length as a stream).
 *
 * @module
 */
import { resized } from "../lib/bytes.ts";
import { type ErrorDetails, IntegrityError, InvalidArgumentError } from "../lib/errors.ts";
import type { Body } from "./backend.ts";

/** Options of {@linkcode drain}. */
export interface DrainOptions {
  /** Bytes that the body must have, where known. */
  readonly size?: number;
  /** Ends the reading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Hands a put's body on piece by piece, no faster than `take` accepts it. When anything fails (the source, `take`, the length, an abort)
 * the source is cancelled with that failure and the promise rejects with it.
 *
 * @param body Bytes, which are handed on as they are, or a stream.
 * @param take Receives each piece; it must not keep the piece's memory after it has settled.
 * @returns How many bytes there were.
 * @throws {IntegrityError} when there are fewer or more than `size` bytes.
 * @throws {InvalidArgumentError} when the body is neither bytes nor a readable stream of bytes.
 *
 * @example
 * ```ts
 * import { drain } from "@cottoncandy/cottoncandy/backends";
 *
 * const pieces: number[] = [];
 * const body = new Blob(["abc"]).stream();
 * console.assert(await drain(body, (piece) => void pieces.push(piece.length), { size: 3 }) === 3);
 * ```
 */
export async function drain(
  body: Body,
  take: (piece: Uint8Array) => void | Promise<void>,
  options: DrainOptions = {},
): Promise<number> {
  const { size, signal } = options;
  try {
    checkSize(size);
    checkReadable(body);
  } catch (error) {
    cancelUnread(body, error);
    throw error;
  }
  if (body instanceof Uint8Array) {
    signal?.throwIfAborted();
    checkAnnounced(body.byteLength, size, true);
    if (body.byteLength > 0) await take(body);
    return body.byteLength;
  }
  const reader = body.getReader();
  // Cancelling settles a read that the source would leave waiting.
  const onAbort = () => void reader.cancel(signal?.reason).catch(() => {});
  let length = 0;
  try {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    while (true) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) break;
      if (!(value instanceof Uint8Array)) {
        throw new InvalidArgumentError("the body's stream gave something else than a Uint8Array");
      }
      length += value.byteLength;
      checkAnnounced(length, size, false);
      if (value.byteLength > 0) await take(value);
      signal?.throwIfAborted();
    }
    checkAnnounced(length, size, true);
    return length;
  } catch (error) {
    // Not awaited: a source that never settles its cancel must not hold the failure back.
    reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    reader.releaseLock();
  }
}

/** What takes a body in parts. */
export interface PartSink {
  /**
   * Bytes of the part that comes next: the last one may have fewer.
   *
   * @param before Bytes of the body that precede it.
   */
  room(before: number): number;
  /** Memory for a part, or for the beginning of the first. */
  memory(length: number): Uint8Array<ArrayBuffer>;
  /** Takes a part that is full, and is not the last one. */
  take(part: Uint8Array<ArrayBuffer>): void | Promise<void>;
}

/** Bytes that are set aside for a body of unknown length: most are small, and memory for a whole part costs more than to send them. */
const FIRST_ROOM = 64 * 1024;

/**
 * Gathers a body into parts. A part that is full is handed on only when more comes, so that the last one is known as such, and what fits into one part
 * need not be sent in parts. The first part's memory grows with what comes, where nobody has said how much that is.
 *
 * @returns The last part: what is left, or nothing.
 */
export async function drainInParts(
  body: Body,
  sink: PartSink,
  options: DrainOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  let part: Uint8Array<ArrayBuffer> | undefined;
  let room = 0;
  let filled = 0;
  let before = 0;
  await drain(body, async (piece) => {
    for (let offset = 0; offset < piece.byteLength;) {
      if (part && filled === room) {
        before += filled;
        await sink.take(part);
        part = undefined;
      }
      if (!part) {
        room = sink.room(before);
        const grows = before === 0 && options.size === undefined;
        part = sink.memory(grows ? Math.min(room, Math.max(FIRST_ROOM, piece.byteLength)) : room);
        filled = 0;
      }
      const count = Math.min(piece.byteLength - offset, room - filled);
      const needed = filled + count;
      if (needed > part.byteLength) {
        part = new Uint8Array(resized(part.buffer, Math.min(room, Math.max(needed, 2 * part.byteLength))));
      }
      part.set(piece.subarray(offset, offset + count), filled);
      offset += count;
      filled = needed;
    }
  }, options);
  return part?.subarray(0, filled) ?? new Uint8Array();
}

/** Ends a body that nobody will read; harmless when it is being read elsewhere. */
export function cancelUnread(body: Body, reason?: unknown): void {
  if (body instanceof ReadableStream && !body.locked) body.cancel(reason).catch(() => {});
}

/** Throws unless that many bytes can be announced. */
export function checkSize(size: number | undefined, details: ErrorDetails = {}): void {
  if (size === undefined || (Number.isSafeInteger(size) && size >= 0)) return;
  throw new InvalidArgumentError(`\`size\` is a whole number of bytes from 0 on, not ${size}`, details);
}

/** Throws unless a body is bytes, or a stream that can be read. */
export function checkReadable(body: Body, details: ErrorDetails = {}): void {
  if (body instanceof Uint8Array) return;
  if (!(body instanceof ReadableStream)) {
    throw new InvalidArgumentError("a body is a Uint8Array or a ReadableStream of Uint8Array", details);
  }
  if (body.locked) {
    throw new InvalidArgumentError("the body's stream is locked: somebody else is reading it", details);
  }
}

/** Throws unless so many bytes, the first or all, are as many as were announced, where a number was. */
export function checkAnnounced(
  length: number,
  size: number | undefined,
  ended: boolean,
  details: ErrorDetails = {},
): void {
  if (size === undefined || length === size || (!ended && length < size)) return;
  throw new IntegrityError(
    ended
      ? `the data end after ${length} of the ${size} bytes that were announced; nothing was stored`
      : `the data have more than the ${size} bytes that were announced; nothing was stored`,
    { ...details, committed: "no" },
  );
}

/** Bytes a piece when the consumer brings no buffer of its own. */
const PIECE = 1024 * 1024;

/** Where {@linkcode byteStream} takes its bytes from. */
export interface RandomAccess {
  /** Bytes in all. */
  readonly length: number;
  /** Fills all of `view` with the bytes from `offset` on, and throws when it can't. */
  readInto(view: Uint8Array<ArrayBuffer>, offset: number): void | Promise<void>;
  /** Called once when nothing more will be read: at the end, on failure, or when the stream is cancelled. */
  close?(): void | Promise<void>;
}

/**
 * Bytes of known length as a readable byte stream: a BYOB reader's buffers are filled in place, others get pieces of at most 1 MiB in memory of
 * their own. Nothing is read ahead of the consumer.
 *
 * @param source Where the bytes come from.
 * @param signal Ends the stream with the signal's reason.
 */
export function byteStream(
  source: RandomAccess,
  signal?: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  let open = true;
  let onAbort: (() => void) | undefined;
  const finish = async () => {
    if (onAbort) signal?.removeEventListener("abort", onAbort);
    if (!open) return;
    open = false;
    await source.close?.();
  };
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: Math.max(1, Math.min(PIECE, source.length)),
    async start(controller) {
      if (signal?.aborted) {
        await finish();
        throw signal.reason;
      }
      onAbort = () => {
        controller.error(signal?.reason);
        // The reason is what is told, not what closing may come to.
        finish().catch(() => {});
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      if (source.length > 0) return;
      controller.close();
      await finish();
    },
    async pull(controller) {
      const request = controller.byobRequest;
      // Present on each pull, since buffers are allocated for those who bring none.
      if (!request?.view) return;
      const { buffer, byteOffset, byteLength } = request.view;
      const view = new Uint8Array(buffer, byteOffset, Math.min(byteLength, source.length - offset));
      try {
        await source.readInto(view, offset);
      } catch (error) {
        await finish();
        throw error;
      }
      // Cancelled or aborted in between: the request is void.
      if (!open) return;
      offset += view.byteLength;
      const last = offset === source.length;
      request.respond(view.byteLength);
      if (!last) return;
      controller.close();
      await finish();
    },
    cancel: finish,
  }, { highWaterMark: 0 });
}
