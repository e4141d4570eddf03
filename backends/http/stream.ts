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
