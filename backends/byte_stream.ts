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
      offset += view.length;
      const last = offset === source.length;
      request.respond(view.length);
      if (!last) return;
      controller.close();
      await finish();
    },
    cancel: finish,
  }, { highWaterMark: 0 });
}
