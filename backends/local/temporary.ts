/**
 * Files that are being written: in a directory of our own below the root, so that a rename puts them into their place whole.
 *
 * @module
 */
import { type FileAccess, hasCode, type OpenFile } from "../../lib/files.ts";
import { OWN, SIDECAR, TEMPORARY } from "./names.ts";
import type { Root } from "./root.ts";

/** After how long without a write a temporary file is taken for one whose writer died, in milliseconds. */
const STALE = 24 * 60 * 60 * 1000;
/** Roots that this process has looked through. */
const swept = new Set<string>();

/** A path for a new temporary file; its directory is made when there is none. */
export async function temporaryPath(root: Root): Promise<string> {
  if (!swept.has(root.path)) {
    swept.add(root.path);
    await sweep(root, Date.now() - STALE);
  }
  return root.below(OWN, `${TEMPORARY}${crypto.randomUUID()}${SIDECAR}`);
}

/** Runs `make` (which makes a file in our directory), and once more after making that directory when it is missing. */
export async function inOwnDirectory<T>(root: Root, make: () => Promise<T>): Promise<T> {
  for (let attempt = 0;; attempt++) {
    try {
      return await make();
    } catch (error) {
      // Whoever deletes the last object removes the directory as well, so it may vanish again.
      if (!hasCode(error, "ENOENT") || attempt === 10) throw error;
    }
    try {
      // Not recursive: a root that has vanished is not made again behind its owner's back.
      await root.files.makeDirectory(root.below(OWN), false);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
  }
}

/** Makes a new temporary file. */
export async function createTemporary(root: Root): Promise<{ path: string; file: OpenFile }> {
  const path = await temporaryPath(root);
  return { path, file: await inOwnDirectory(root, () => root.files.create(path)) };
}

/** Removes a file that may be gone already. */
export async function discard(files: FileAccess, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
  }
}

/** Removes temporary files that were last written to before `time`. */
export async function sweep(root: Root, time: number): Promise<void> {
  const { files } = root;
  try {
    for (const { name, kind } of await files.readDirectory(root.below(OWN))) {
      if (kind !== "file" || !name.startsWith(TEMPORARY)) continue;
      const path = root.below(OWN, name);
      if ((await files.stat(path)).modified < time) await discard(files, path);
    }
  } catch {
    // A courtesy: whatever stands against it will stand against the write itself, and be reported there.
  }
}
