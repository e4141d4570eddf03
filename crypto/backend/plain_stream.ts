/**
 * Pieces as a readable byte stream, made only as they are wanted.
 *
 * @param stop Ends what the pieces come from, so that one that is waited for comes or fails.
 * @param signal Ends the stream with its reason.
 */
export function plainStream(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
  stop: (reason: unknown) => void,
  signal?: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let over = false;
  let onAbort: (() => void) | undefined;
  const finish = () => {
    over = true;
    if (onAbort) signal?.removeEventListener("abort", onAbort);
  };
  const end = async (reason: unknown) => {
    finish();
    stop(reason);
    // Whatever the clean-up throws has no one to go to.
    await pieces.return().catch(() => {});
  };
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      onAbort = () => {
        if (over) return;
        controller.error(signal?.reason);
        end(signal?.reason);
      };
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
    },
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (over) return;
        if (!done) return controller.enqueue(value);
      } catch (error) {
        if (over) return;
        finish();
        throw error;
      }
      finish();
      controller.close();
      // A BYOB reader that waits gets its buffer back, empty.
      controller.byobRequest?.respond(0);
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
