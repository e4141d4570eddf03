import type { FileAccess } from "../../lib/files.ts";

/** The last commit of each root, within this process. */
const tails = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while nothing else changes which files are objects below `root`: in this process, and in every other that takes the directory's
 * advisory lock. What is under it is short: a few renames, never an object's bytes.
 */
export async function commitLocked<T>(files: FileAccess, root: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(root);
  const run = async () => {
    await before?.catch(() => {});
    const release = await files.lock(root);
    try {
      return await work();
    } finally {
      release();
    }
  };
  const mine = run();
  tails.set(root, mine);
  try {
    return await mine;
  } finally {
    if (tails.get(root) === mine) tails.delete(root);
  }
}
