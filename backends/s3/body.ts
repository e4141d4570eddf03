import { NetworkFailure, networkFailure } from "./failure.ts";

/** How a body is read. */
export interface BodyOptions {
  /** Milliseconds without a byte after which the body counts as broken. */
  readonly idle: number;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a body piece by piece. A body that falls silent while it is being waited for, or whose connection breaks, throws
 * {@linkcode NetworkFailure}; a slow consumer costs it nothing. Ending the iteration early closes the connection.
 */
export async function* piecesOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: BodyOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { idle, signal } = options;
  const reader = body.getReader();
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
    watchdog = setTimeout(() => {
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
      const { done, value } = await reader.read();
      waitingSince = undefined;
      check();
      if (done) break;
      if (value.length > 0) yield value;
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

/** All of a body that is small: an answer in XML. */
export async function collect(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: BodyOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of piecesOf(body, options)) pieces.push(piece);
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
