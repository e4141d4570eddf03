import { IntegrityError, NotFoundError, PreconditionFailedError } from "../../lib/errors.ts";
import type { RemoteBody } from "../http/remote_object.ts";
import { statusOf } from "./errors.ts";
import { ALL_DRIVES } from "./files.ts";
import type { DriveStore } from "./store.ts";

/** One version of a file, of which bytes are asked for. */
export interface Version {
  /** The object. */
  readonly key: string;
  /** The file. */
  readonly id: string;
  /** Its bytes. */
  readonly size: number;
}

/**
 * Asks for bytes of a file, from `start` to `end`, exclusive.
 *
 * @throws {IntegrityError} when the answer contradicts the question.
 * @throws {PreconditionFailedError} when the file is gone, or has other bytes by now.
 */
export async function fetchMedia(
  store: DriveStore,
  { key, id, size }: Version,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<RemoteBody> {
  try {
    const { statusCode, headers, body } = await store.client.call({ operation: "files.get", key }, {
      method: "GET",
      path: `/drive/v3/files/${id}`,
      query: { ...ALL_DRIVES, alt: "media" },
      // Also of a whole file: the answer to it tells the size, and browsers ask for ranges without compression.
      headers: { range: `bytes=${start}-${end - 1}` },
    }, { signal, streaming: true });
    const stream = body instanceof ReadableStream ? body : new Blob([body]).stream();
    try {
      return { ...extentOf(statusCode, headers), body: stream };
    } catch (error) {
      await stream.cancel().catch(() => {});
      throw error;
    }
  } catch (error) {
    if (error instanceof NotFoundError || statusOf(error) === 416) throw changed(store, key, error);
    throw error;
  }

  function extentOf(
    status: number,
    headers: Readonly<Record<string, string>>,
  ): { start: number; end: number } {
    const range = headers["content-range"];
    const announced = headers["content-length"];
    const contradiction = (what: string) =>
      new IntegrityError(
        `Drive's answer for "${key}" contradicts the question: bytes ${start} to ${
          end - 1
        } were asked for, and ${what} came`,
        { key, bucket: store.name },
      );
    if (status !== 206) {
      if (announced !== undefined && Number(announced) !== size) throw changed(store, key);
      return { start: 0, end: size };
    }
    // A browser may hide the range, but not the length.
    if (range === undefined) {
      if (announced !== undefined && Number(announced) !== end - start) {
        throw contradiction(`${announced} bytes`);
      }
      return { start, end };
    }
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range) ?? [];
    if (total !== undefined && Number(total) !== size) throw changed(store, key);
    if (Number(first) !== start || Number(last) !== end - 1) throw contradiction(`"${range}"`);
    return { start, end };
  }
}

/** The error when a file is written anew, or deleted, while it is being read. */
export function changed(store: DriveStore, key: string, cause?: unknown): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${key}" in ${store.name} is not, or no longer, the version that was opened. Open it again.`,
    { key, bucket: store.name, cause },
  );
}
