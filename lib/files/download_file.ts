/**
 * Objects as files on disk.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import type { Backend, ObjectHead, ObjectReader } from "../../backends/backend.ts";
import { drain } from "../../backends/body.ts";
import { Crc } from "../checksums.ts";
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import { type FileAccess, type FileKind, hasCode, platformFiles, writeFully } from "../file_access.ts";
import { OBJECT_READ_OPTIONS, objectKey, type ObjectReadOptions, type ReadOptions } from "../objects/mod.ts";
import { forEachConcurrent } from "../streams/mod.ts";
import { absolutePath, withFile, WRITTEN } from "../on_disk.ts";
import { install } from "./install.ts";
import { pathBeside } from "./temporary.ts";
import { crcKind, otherChecksumError, RANGE, rangeOffsets, REQUESTS } from "./ranges.ts";

// A large object from afar comes in several ranges at once: one connection rarely fills a line.
/** Bytes from which on it is worth the requests. */
const LARGE = 4 * RANGE;

/** Options of {@linkcode downloadFile}. */
export interface DownloadFileOptions extends ObjectReadOptions {
  /** Whether to replace a file that exists; default true. With false, one that exists is an `AlreadyExistsError`. */
  readonly overwrite?: boolean;
  /**
   * Whether a download that breaks off, by an error, an abort or the end of the process, is kept in `name.part` beside the file (with a record, `name.part.cottoncandy`), and taken up by the next call
   * where the object is still the same version. Where there is no room for these names, or in a directory other objects have them, a file is written in one go. Default false: what fails leaves nothing behind.
   */
  readonly resume?: boolean;
}

/** The names of {@linkcode DownloadFileOptions}. */
export const DOWNLOAD_FILE_OPTIONS: OptionTable<DownloadFileOptions> = {
  ...OBJECT_READ_OPTIONS,
  overwrite: true,
  resume: true,
};

/** A file that was written. */
export interface DownloadedFile {
  /** The object's full key. */
  readonly key: string;
  /** The file's absolute path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Writes an object's stored bytes to a file on disk, all or nothing: they go to a temporary file beside it, which takes its place when it is complete. Until
 * then an existing file is untouched; after a failure or an abort nothing is left.
 *
 * A large object is fetched from S3 in ranges of 8 MiB, 6 at once (`concurrency`).
 *
 * The directory must exist, so that a mistyped path does not grow into a tree. A symbolic link stays one: the file that it leads to is replaced. The new
 * file has the permissions that new files get.
 *
 * @param path A path, or `file:` URL.
 * @throws {NotFoundError} when there is no such object, or no directory to write into.
 * @throws {InvalidArgumentError} when the path is a directory, a device or a pipe.
 * @throws {IntegrityError} when the store does not deliver what it says.
 * @throws {UnsupportedError} in a browser.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { downloadFile } from "@cottoncandy/cottoncandy/files";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const directory = await Deno.makeTempDir();
 * const backend = new MemoryBackend();
 * await writeObject(backend, "notes", "to disk");
 * await downloadFile(backend, "notes", `${directory}/notes.txt`);
 * console.assert(await Deno.readTextFile(`${directory}/notes.txt`) === "to disk");
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function downloadFile(
  backend: Backend,
  name: string,
  path: string | URL,
  options: DownloadFileOptions = {},
): Promise<DownloadedFile> {
  checkOptions(options, DOWNLOAD_FILE_OPTIONS);
  const files = platformFiles();
  options.signal?.throwIfAborted();
  const key = await objectKey(backend, name, options);
  const absolute = await absolutePath(files, path);
  if ((files.windows ? /[/\\]$/ : /\/$/).test(`${path}`)) {
    throw new InvalidArgumentError(`${path} is a directory's path: name the file in it`);
  }
  const target = await withFile(absolute, WRITTEN, () => targetOf(files, absolute, options));
  return await downloadTo(files, backend, key, target, options);
}

/** Where the bytes are to go: behind symbolic links. Throws when nothing can go there. */
async function targetOf(
  files: FileAccess,
  path: string,
  { overwrite = true }: DownloadFileOptions,
): Promise<string> {
  const real = await files.realpath(path).catch((error) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (real === undefined) {
    // Either there is nothing, or a link that leads nowhere, whose place the file takes.
    await checkDirectory(files, files.join(path, ".."));
    return path;
  }
  checkReplaceable((await files.stat(real)).kind, path, overwrite);
  return real;
}

async function checkDirectory(files: FileAccess, directory: string): Promise<void> {
  try {
    if ((await files.stat(await files.realpath(directory))).kind === "directory") return;
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
  }
  throw new NotFoundError(`there is no directory ${directory} to write into: make it first`);
}

/** Throws unless a file may take the place of what is there. */
function checkReplaceable(kind: FileKind, path: string, overwrite: boolean): void {
  if (kind === "directory") {
    throw new InvalidArgumentError(`${path} is a directory: name the file in it`);
  }
  if (kind === "other") {
    throw new InvalidArgumentError(`${path} is no file: use downloadStream, and write to it yourself`);
  }
  if (!overwrite) {
    throw new AlreadyExistsError(`${path} exists already: allow overwriting, or name another file`);
  }
}

/** Writes an object to a path whose directory exists. */
export async function downloadTo(
  files: FileAccess,
  backend: Backend,
  key: string,
  path: string,
  options: DownloadFileOptions,
): Promise<DownloadedFile> {
  const { overwrite = true, resume = false, onProgress, ...rest } = options;
  if (resume) {
    const { downloadResumably } = await import("./resumable_download.ts");
    const size = await downloadResumably(files, backend, key, path, { ...rest, onProgress, overwrite });
    if (size !== undefined) {
      onProgress?.({ key, loaded: size, total: size, done: true });
      return { key, path, size };
    }
  }
  const { signal } = rest;
  const reader = await backend.open(key, rest);
  const { size } = reader.info;
  try {
    const temporary = await pathBeside(files, path);
    const file = await withFile(path, WRITTEN, () => files.create(temporary));
    let loaded = 0;
    const write = async (bytes: Uint8Array, offset: number) => {
      await withFile(path, WRITTEN, () => writeFully(file, bytes, offset));
      loaded += bytes.byteLength;
      onProgress?.({ key, loaded, total: size, done: false });
    };
    try {
      try {
        if (worthRanges(backend, reader.info, rest.concurrency)) {
          await downloadRanges(reader, write, rest);
        } else {
          await drain(reader.stream(undefined, { signal }), (bytes) => write(bytes, loaded), {
            size,
            signal,
          });
        }
      } finally {
        await file.close();
      }
      signal?.throwIfAborted();
      await withFile(path, WRITTEN, () => install(files, temporary, path, overwrite));
    } catch (error) {
      await files.unlink(temporary).catch(() => {});
      throw error;
    }
  } finally {
    await reader.close();
  }
  onProgress?.({ key, loaded: size, total: size, done: true });
  return { key, path, size };
}

/** Whether an object is better read in ranges than as a stream. With other checksums than CRCs it isn't: they can only be taken from beginning to end. */
function worthRanges(backend: Backend, { size, checksum }: ObjectHead, concurrency = REQUESTS): boolean {
  return size >= LARGE && concurrency > 1 && backend.capabilities.remote === true &&
    backend.capabilities.ranges &&
    (checksum === undefined || crcKind(checksum) !== undefined);
}

/**
 * Reads all ranges of an object, and checks the whole against its checksum.
 *
 * @param write Is given each range and where it begins, in no order, several at once.
 * @throws {IntegrityError} when the bytes are not those of the checksum.
 */
async function downloadRanges(
  reader: ObjectReader,
  write: (bytes: Uint8Array, offset: number) => Promise<void>,
  { concurrency = REQUESTS, signal }: ReadOptions,
): Promise<void> {
  const { key, size, checksum } = reader.info;
  const algorithm = checksum && crcKind(checksum);
  const crcs: Crc[] = [];
  await forEachConcurrent(rangeOffsets(size), async (offset, index, signal) => {
    const bytes = await reader.read({ offset, length: Math.min(RANGE, size - offset) }, { signal });
    if (algorithm) crcs[index] = new Crc(algorithm).update(bytes);
    await write(bytes, offset);
  }, { concurrency, signal });
  if (!algorithm) return;
  const sum = new Crc(algorithm);
  for (const crc of crcs) sum.append(crc);
  if (sum.toBase64() !== checksum?.value) throw otherChecksumError(key, checksum);
}
