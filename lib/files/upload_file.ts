/**
 * Files on disk as objects.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import type { Backend } from "../../backends/backend.ts";
import { byteStream } from "../../backends/body.ts";
import { IntegrityError, InvalidArgumentError } from "../errors.ts";
import { isFresh, type OpenFile, platformFiles } from "../file_access.ts";
import { edgesOf } from "../file_edges.ts";
import {
  putObject,
  type UploadResult,
  userMetadata,
  WRITE_OPTIONS,
  type WriteOptions,
} from "../objects/mod.ts";
import type { ResumeStore } from "../objects/resuming/mod.ts";
import { streamFrom } from "../streams/mod.ts";
import { absolutePath, READ, withFile } from "../on_disk.ts";

/** Bytes read at once of a file that doesn't know its size. */
const PIECE = 256 * 1024;

/** Options of {@linkcode uploadFile}. */
export interface UploadFileOptions extends WriteOptions {
  /**
   * Whether an upload that breaks off, by an error, an abort or the end of the process, is kept, and taken up by the next call with the same file and name: a `ResumeStore` that remembers
   * it, or `true` for the default directory of `fileResumeStore`. Where the file or an option is another by then, it begins anew. Default false: what fails
   * leaves nothing behind.
   */
  readonly resume?: boolean | ResumeStore;
}

/** The names of {@linkcode UploadFileOptions}. */
export const UPLOAD_FILE_OPTIONS: OptionTable<UploadFileOptions> = { ...WRITE_OPTIONS, resume: true };

/**
 * Stores a file from disk as an object. It is read as the store takes it, never as a whole; symbolic links are followed.
 *
 * @param path A path, or `file:` URL.
 * @param name The object's name; default the path as it is given, without a leading `/`, as in Python's cottoncandy.
 * @throws {NotFoundError} when there is no such file.
 * @throws {InvalidArgumentError} when it is a directory, or nothing that has an end.
 * @throws {IntegrityError} when the file gets shorter meanwhile; nothing is stored then.
 * @throws {UnsupportedError} in a browser; and with `resume` where the store can't take uploads up.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { uploadFile } from "@cottoncandy/cottoncandy/files";
 * import { readObject } from "@cottoncandy/cottoncandy/objects";
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
  options: UploadFileOptions = {},
): Promise<UploadResult> {
  checkOptions(options, UPLOAD_FILE_OPTIONS);
  const files = platformFiles();
  options.signal?.throwIfAborted();
  const absolute = await absolutePath(files, path);
  const file = await withFile(absolute, READ, async () => files.open(await files.realpath(absolute)));
  let reading: Promise<number> | undefined;
  const read: Read = (view, position) => reading = withFile(absolute, READ, () => file.read(view, position));
  try {
    const { kind, size, modified, inode, changed } = await withFile(absolute, READ, () => file.stat());
    if (kind === "directory") {
      throw new InvalidArgumentError(`${absolute} is a directory: upload it with uploadFromDirectory`);
    }
    if (kind !== "file") {
      throw new InvalidArgumentError(`${absolute} is no file: open it, and upload it as a stream`);
    }
    const { resume = false, ...rest } = options;
    const key = name ?? await defaultName(path);
    const metadata = userMetadata(options.metadata);
    // Those of /proc have content and no size.
    if (size === 0) return await putObject(backend, key, streamFrom(pieces(read)), metadata, rest);
    if (resume === false) {
      return await putObject(backend, key, sized(read, size, absolute), metadata, { ...rest, size });
    }
    const { resumeStoreOf, uploadResumably } = await import("../objects/resuming/mod.ts");
    const edges = await withFile(absolute, READ, () => edgesOf(file, size));
    const body = {
      id: absolute,
      fingerprint: JSON.stringify([size, modified, edges]),
      // Nobody can set the time of a file's last change, but it is coarse: what has just changed may change again, unseen.
      source: JSON.stringify([
        inode,
        isFresh(changed) ? crypto.randomUUID() : changed,
        size,
        modified,
        edges,
      ]),
      size,
      open: () => sized(read, size, absolute, () => checkUnchanged(file, absolute, { size, modified })),
    };
    return await uploadResumably(backend, key, body, metadata, rest, resumeStoreOf(resume));
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

/**
 * The bytes of a file as a stream.
 *
 * @param atEnd Is called before the last bytes are given.
 */
function sized(
  read: Read,
  length: number,
  path: string,
  atEnd?: () => Promise<void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return byteStream({
    length,
    async readInto(view, offset) {
      for (let filled = 0; filled < view.byteLength;) {
        const count = await read(view.subarray(filled), offset + filled);
        if (count === 0) {
          throw new IntegrityError(`${path} was cut short while it was read; nothing was stored`);
        }
        filled += count;
      }
      if (offset + view.byteLength === length) await atEnd?.();
    },
  });
}

/** Throws where a file that was taken up is no longer what it was: its beginning may have been sent as it was before. */
async function checkUnchanged(
  file: OpenFile,
  path: string,
  { size, modified }: { readonly size: number; readonly modified: number },
): Promise<void> {
  const now = await withFile(path, READ, () => file.stat());
  if (now.size === size && now.modified === modified) return;
  throw new IntegrityError(`${path} was changed while it was read; nothing was stored`);
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
