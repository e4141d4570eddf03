/**
 * Files on disk as objects.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { byteStream } from "../../backends/byte_stream.ts";
import { IntegrityError, InvalidArgumentError } from "../errors.ts";
import { platformFiles } from "../files.ts";
import { streamFrom } from "../streams/source.ts";
import { absolutePath, withFile } from "./file_failure.ts";
import { userMetadata } from "./metadata.ts";
import { putObject } from "./objects.ts";
import type { UploadResult, WriteOptions } from "./options.ts";

const READ = "can't be read";
/** Bytes read at once of a file that doesn't know its size. */
const PIECE = 256 * 1024;

/**
 * Stores a file from disk as an object. It is read as the store takes it, never as a whole; symbolic links are followed.
 *
 * @param path A path, or `file:` URL.
 * @param name The object's name; default the path as it is given, without a leading `/`, as in Python's cottoncandy.
 * @throws {NotFoundError} when there is no such file.
 * @throws {InvalidArgumentError} when it is a directory, or nothing that has an end.
 * @throws {IntegrityError} when the file gets shorter meanwhile; nothing is stored then.
 * @throws {UnsupportedError} in a browser.
 *
 * @example
 * ```ts
 * import { MemoryBackend, readObject, uploadFile } from "@cottoncandy/cottoncandy";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "from disk");
 * const backend = new MemoryBackend();
 * await uploadFile(backend, path, "notes");
 * console.assert(new TextDecoder().decode(await readObject(backend, "notes")) === "from disk");
 * await Deno.remove(path);
 * ```
 */
export async function uploadFile(
  backend: Backend,
  path: string | URL,
  name?: string,
  options: WriteOptions = {},
): Promise<UploadResult> {
  const files = platformFiles();
  options.signal?.throwIfAborted();
  const absolute = await absolutePath(files, path);
  const file = await withFile(absolute, READ, async () => files.open(await files.realpath(absolute)));
  let reading: Promise<number> | undefined;
  const read: Read = (view, position) => reading = withFile(absolute, READ, () => file.read(view, position));
  try {
    const { kind, size } = await withFile(absolute, READ, () => file.stat());
    if (kind === "directory") {
      throw new InvalidArgumentError(`${absolute} is a directory: upload it with uploadFromDirectory`);
    }
    if (kind !== "file") {
      throw new InvalidArgumentError(`${absolute} is no file: open it, and upload it as a stream`);
    }
    return await putObject(
      backend,
      name ?? await defaultName(path),
      // Those of /proc have content and no size.
      size === 0 ? streamFrom(pieces(read)) : sized(read, size, absolute),
      userMetadata(options.metadata),
      { ...options, ...(size === 0 ? {} : { size }) },
    );
  } finally {
    // A file is not closed under a reading that an abort has left behind.
    await reading?.catch(() => {});
    await file.close();
  }
}

/** Reads into `view` from `position` on; gives the number of bytes, 0 at the end. */
type Read = (view: Uint8Array, position: number) => Promise<number>;

/** What a path is called in a store where no name is given: as it was written, with `/` between its parts. */
export async function defaultName(path: string | URL): Promise<string> {
  const files = platformFiles();
  const absolute = await absolutePath(files, path);
  const written = typeof path === "string" && !path.startsWith("file:") ? path : absolute;
  return files.windows ? written.replaceAll("\\", "/") : written;
}

function sized(read: Read, length: number, path: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return byteStream({
    length,
    async readInto(view, offset) {
      for (let filled = 0; filled < view.length;) {
        const count = await read(view.subarray(filled), offset + filled);
        if (count === 0) {
          throw new IntegrityError(`${path} was cut short while it was read; nothing was stored`);
        }
        filled += count;
      }
    },
  });
}

async function* pieces(read: Read): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let position = 0;;) {
    const view = new Uint8Array(PIECE);
    const count = await read(view, position);
    if (count === 0) return;
    position += count;
    yield view.subarray(0, count);
  }
}
