import type { Body, OnProgress } from "../backend.ts";
import { drain, type DrainOptions } from "../body.ts";
import type { OpenFile } from "../../lib/files.ts";

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
    for (let start = 0; start < bytes.length;) {
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
    if (piece.length >= SMALL || body instanceof Uint8Array) {
      await flush();
      return await write(piece);
    }
    gathered ??= new Uint8Array(GATHERED);
    if (held + piece.length > gathered.length) await flush();
    gathered.set(piece, held);
    held += piece.length;
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
