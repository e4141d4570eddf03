/**
 * Files that are being written beside the place where they go, so that a rename puts them there whole.
 *
 * @module
 */
import type { FileAccess } from "../file_access.ts";

/** After how long without a write one is taken for what a process that died has left, in milliseconds. */
const STALE = 24 * 60 * 60 * 1000;
const NAME = /^\.cottoncandy-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
/** Directories that this process has looked through. */
const swept = new Set<string>();

/** The path of a file of which some ranges are there, and which is to become the one at `path`. */
export function partPath(path: string): string {
  return `${path}.part`;
}

/** The path of the record of those ranges. Whoever has it in a directory has begun the `.part` beside it: others are not ours to write into. */
export function recordPath(path: string): string {
  return `${path}.part.cottoncandy`;
}

/** A path beside a file that nobody else knows. What a process has left there that died a day ago or more goes. */
export async function pathBeside(files: FileAccess, path: string): Promise<string> {
  const directory = files.join(path, "..");
  if (!swept.has(directory)) {
    swept.add(directory);
    await sweepTemporary(files, directory, Date.now() - STALE);
  }
  return files.join(directory, `.cottoncandy-${crypto.randomUUID()}.tmp`);
}

/** Removes such files of a directory that were last written to before `time`. */
export async function sweepTemporary(files: FileAccess, directory: string, time: number): Promise<void> {
  try {
    for (const { name, kind } of await files.readDirectory(directory)) {
      if (kind !== "file" || !NAME.test(name)) continue;
      const path = files.join(directory, name);
      if ((await files.stat(path)).modified < time) await files.unlink(path);
    }
  } catch {
    // A courtesy: whatever stands against it is no reason not to write.
  }
}
