/**
 * Files that are being written: in a directory of our own below the root, so that a rename puts them into their place whole.
 *
 * @module
 */
import { type FileAccess, hasCode, type OpenFile, unlessMissing } from "../../lib/file_access.ts";
import type { Body, OnProgress } from "../backend.ts";
import { drain, type DrainOptions } from "../body.ts";
import { type LocalRoot, OWN_DIRECTORY, SIDECAR, TEMPORARY } from "./paths.ts";

/** After how long without a write a temporary file is taken for one whose writer died, in milliseconds. */
const STALE = 24 * 60 * 60 * 1000;
/** Roots that this process has looked through. */
const swept = new Set<string>();

/**
 * A path for a new temporary file; its directory is made when there is none.
 *
 * @throws {AccessDeniedError} when our directory is a symbolic link: what is swept and written there would be somebody else's.
 */
export async function temporaryPath(root: LocalRoot): Promise<string> {
  await root.holds({ directory: root.below(OWN_DIRECTORY), place: { directory: [OWN_DIRECTORY] } });
  if (!swept.has(root.path)) {
    swept.add(root.path);
    await sweep(root, Date.now() - STALE);
  }
  return root.below(OWN_DIRECTORY, `${TEMPORARY}${crypto.randomUUID()}${SIDECAR}`);
}

/** How many writes of this process have temporary files below a root. */
const writers = new Map<string, number>();

/**
 * Does what makes a temporary file and gives it a place. Whatever fails, the file is gone; and our directory goes with the last write that needed it, unless something is kept in it. It can't go
 * from under another process: while a file is in it the system refuses, and who finds it gone makes it again.
 */
export async function withTemporary<T>(root: LocalRoot, work: (path: string) => Promise<T>): Promise<T> {
  const path = await temporaryPath(root);
  writers.set(root.path, (writers.get(root.path) ?? 0) + 1);
  try {
    return await work(path);
  } catch (error) {
    await discard(root.files, path).catch(() => {});
    throw error;
  } finally {
    const others = (writers.get(root.path) ?? 1) - 1;
    if (others > 0) writers.set(root.path, others);
    else {
      writers.delete(root.path);
      await root.files.removeDirectory(root.below(OWN_DIRECTORY)).catch(() => {});
    }
  }
}

/** How often our directory is made that others, who need it no more, remove before there is anything in it. */
const ATTEMPTS = 100;

/** Runs `make` (which makes a file in our directory), and once more after making that directory when it is missing. */
export async function inOwnDirectory<T>(root: LocalRoot, make: () => Promise<T>): Promise<T> {
  for (let attempt = 0;; attempt++) {
    try {
      return await make();
    } catch (error) {
      if (!hasCode(error, "ENOENT") || attempt === ATTEMPTS) throw error;
    }
    try {
      // Not recursive: a root that has vanished is not made again behind its owner's back.
      await root.files.makeDirectory(root.below(OWN_DIRECTORY), false);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
  }
}

/** Makes a new temporary file. */
export async function createTemporary(root: LocalRoot): Promise<{ path: string; file: OpenFile }> {
  const path = await temporaryPath(root);
  return { path, file: await inOwnDirectory(root, () => root.files.create(path)) };
}

/** Removes a file that may be gone already. */
export async function discard(files: FileAccess, path: string): Promise<void> {
  await unlessMissing(files.unlink(path));
}

/** Removes temporary files that were last written to before `time`. */
export async function sweep(root: LocalRoot, time: number): Promise<void> {
  const { files } = root;
  try {
    for (const { name, kind } of await files.readDirectory(root.below(OWN_DIRECTORY))) {
      if (kind !== "file" || !name.startsWith(TEMPORARY)) continue;
      const path = root.below(OWN_DIRECTORY, name);
      if ((await files.stat(path)).modified < time) await discard(files, path);
    }
  } catch {
    // A courtesy: whatever stands against it will stand against the write itself, and be reported there.
  }
}

/** Pieces below this are gathered, so that a stream of crumbs does not cost a system call each. */
const SMALL = 256 * 1024;
const GATHERED = 1024 * 1024;
/** What is written at once of bytes in memory, so that an abort is heard and progress seen. */
const SLICE = 8 * 1024 * 1024;

/**
 * Writes a body to a file, in order, and no faster than the file takes it.
 *
 * @param report Is told how many bytes have been written so far.
 * @returns How many bytes there were.
 */
export async function writeBody(
  file: Pick<OpenFile, "write">,
  body: Body,
  options: DrainOptions,
  report: (loaded: number) => void,
): Promise<number> {
  let position = 0;
  let gathered: Uint8Array | undefined;
  let held = 0;
  const write = async (bytes: Uint8Array) => {
    for (let start = 0; start < bytes.byteLength;) {
      const count = await file.write(bytes.subarray(start, start + SLICE), position);
      start += count;
      position += count;
      report(position);
      options.signal?.throwIfAborted();
    }
  };
  const flush = async () => {
    if (!gathered || held === 0) return;
    const bytes = gathered.subarray(0, held);
    held = 0;
    await write(bytes);
  };
  const size = await drain(body, async (piece) => {
    if (piece.byteLength >= SMALL || body instanceof Uint8Array) {
      await flush();
      return await write(piece);
    }
    gathered ??= new Uint8Array(GATHERED);
    if (held + piece.byteLength > gathered.byteLength) await flush();
    gathered.set(piece, held);
    held += piece.byteLength;
  }, options);
  await flush();
  return size;
}

/** Reports a put's progress. */
export function reporter(
  key: string,
  total: number | undefined,
  onProgress: OnProgress | undefined,
): (loaded: number, done?: boolean) => void {
  return (loaded, done = false) =>
    onProgress?.({ key, loaded, ...(total === undefined ? {} : { total }), done });
}
