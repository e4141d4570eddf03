/**
 * Bodies of answers: read piece by piece, with an eye on silence, and given on as byte streams.
 *
 * @module
 */
import { GrowingBuffer } from "../../lib/bytes.ts";
import { NetworkFailure, networkFailure } from "./failure.ts";
import { backgroundTimer } from "./retry.ts";

/**
 * Pieces as a readable byte stream, each in memory of its own, fetched only as they are wanted. Cancelling calls `onCancel` first, which must make a piece that is waited for
 * come or fail.
 */
export function byteStreamFrom(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
  onCancel: (reason: unknown) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let cancelled = false;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (cancelled) return;
      if (!done) return controller.enqueue(value.slice());
      controller.close();
      // A BYOB reader that waits gets its buffer back, empty.
      controller.byobRequest?.respond(0);
    },
    async cancel(reason) {
      cancelled = true;
      onCancel(reason);
      // Whatever the clean-up throws has no one to go to.
      await pieces.return().catch(() => {});
    },
  }, { highWaterMark: 0 });
}

/** How a body is read. */
export interface BodyOptions {
  /** Milliseconds without a byte after which the body counts as broken. */
  readonly idle: number;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Memory that a body is read into, again and again: little, since most bodies are, until that has been filled. */
const SCRATCH = { first: 16 * 1024, then: 256 * 1024 };

/** Reads a body into memory of ours where it allows that: else each piece leaves its memory, half used, to the garbage collector. */
function readerOf(body: ReadableStream<Bytes>): {
  read(): Promise<Bytes | undefined>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
} {
  let byob: ReadableStreamBYOBReader;
  try {
    byob = body.getReader({ mode: "byob" });
  } catch {
    const reader = body.getReader();
    return {
      read: async () => (await reader.read()).value,
      cancel: (reason) => reader.cancel(reason),
      releaseLock: () => reader.releaseLock(),
    };
  }
  let scratch = new ArrayBuffer(SCRATCH.first);
  let filled = false;
  return {
    async read() {
      if (filled && scratch.byteLength < SCRATCH.then) scratch = new ArrayBuffer(SCRATCH.then);
      const { done, value } = await byob.read(new Uint8Array(scratch));
      // A read gives the memory back, also the last one; only a cancelled one keeps it.
      if (value) scratch = value.buffer;
      filled = value?.byteLength === scratch.byteLength;
      return done ? undefined : value;
    },
    cancel: (reason) => byob.cancel(reason),
    releaseLock: () => byob.releaseLock(),
  };
}

/**
 * Reads a body piece by piece. A piece is the reader's until the next one is asked for: its memory is used again. A body that falls silent while it is being waited for, or whose connection breaks, throws
 * {@linkcode NetworkFailure}; a slow consumer costs it nothing. Ending the iteration early closes the connection.
 */
export async function* bodyPieces(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: BodyOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { idle, signal } = options;
  const reader = readerOf(body);
  let stopped: { error: unknown } | undefined;
  const check = () => {
    if (stopped) throw stopped.error;
  };
  let waitingSince: number | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  // Cancelling a reader makes the read that waits give `done`.
  const end = (error: unknown) => {
    stopped ??= { error };
    reader.cancel(error).catch(() => {});
  };
  const onAbort = () => end(signal?.reason);
  const watch = (after: number) => {
    watchdog = backgroundTimer(() => {
      watchdog = undefined;
      if (waitingSince === undefined) return;
      const silent = performance.now() - waitingSince;
      if (silent < idle) return watch(idle - silent);
      end(new NetworkFailure("broken", `no byte came for ${idle} ms`));
    }, after);
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  let complete = false;
  try {
    while (true) {
      waitingSince = performance.now();
      if (watchdog === undefined) watch(idle);
      const piece = await reader.read();
      waitingSince = undefined;
      check();
      if (!piece) break;
      if (piece.byteLength > 0) yield piece;
      check();
    }
    complete = true;
  } catch (error) {
    check();
    throw networkFailure(error);
  } finally {
    clearTimeout(watchdog);
    signal?.removeEventListener("abort", onAbort);
    if (!complete) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

/** All of a body that is small: an answer in XML. Of one that has more than `most` bytes, so many; the rest is cancelled. */
export async function readWhole(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { most = Infinity, ...options }: BodyOptions & { readonly most?: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new GrowingBuffer();
  for await (const piece of bodyPieces(body, options)) {
    bytes.append(piece.subarray(0, most - bytes.length));
    if (bytes.length >= most) break;
  }
  return bytes.take();
}
