import type { FileAccess } from "../../lib/files.ts";

/** The last commit of each root, within this process. */
const tails = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while nothing else changes which files are objects below `root`: in this process, and in every other that takes the directory's
 * advisory lock. What is under it is short: a few renames, never an object's bytes.
 *
 * @param signal Ends the waiting; work that has begun is finished.
 */
export async function commitLocked<T>(
  files: FileAccess,
  root: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const before = tails.get(root);
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => onAbort = () => reject(signal?.reason));
  const run = async () => {
    await before?.catch(() => {});
    const release = await files.lock(root);
    try {
      signal?.throwIfAborted();
      signal?.removeEventListener("abort", onAbort);
      return await work();
    } finally {
      release();
    }
  };
  const mine = run();
  tails.set(root, mine);
  signal?.addEventListener("abort", onAbort, { once: true });
  // Whoever stops waiting keeps the place in the queue, and gives it up when its turn comes.
  mine.catch(() => {}).finally(() => {
    signal?.removeEventListener("abort", onAbort);
    if (tails.get(root) === mine) tails.delete(root);
  });
  return await Promise.race([mine, aborted]);
}
