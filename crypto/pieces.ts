/** A stream's pieces, by a reader: not every browser's streams can be iterated. Stopping early cancels the stream. */
export async function* piecesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void, void> {
  const reader = stream.getReader();
  let ended = false;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    // What became of a stream that nobody wants any more is no matter.
    if (!ended) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
