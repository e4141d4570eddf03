/**
 * Does some work for each item, several at once, and gives the results in the items' order. Begins with one at a time, so that the first result
 * does not wait for items that come later. On failure or when the caller stops, `items` is ended, and what still runs has nobody to hear of it.
 *
 * @param ahead How many run at once.
 */
export async function* pipelined<T, R>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  ahead: number,
): AsyncGenerator<R, void, void> {
  const running: Promise<R>[] = [];
  let begun = 0;
  for await (const item of items) {
    const result = work(item);
    // It may fail before its turn comes.
    result.catch(() => {});
    running.push(result);
    if (running.length < Math.min(++begun, ahead)) continue;
    const [oldest] = running.splice(0, 1);
    yield await oldest;
  }
  for (const result of running) yield await result;
}
