/**
 * Files and directories on disk as objects.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import { compareKeys } from "../../backends/arguments.ts";
import type { Backend } from "../../backends/backend.ts";
import { byteStream } from "../../backends/body.ts";
import {
  type FailedObject,
  IntegrityError,
  InvalidArgumentError,
  PartialFailureError,
  UnsupportedError,
} from "../errors.ts";
import { asError } from "../error_context.ts";
import { type FileAccess, platformFiles } from "../file_access.ts";
import { cleanName } from "../names.ts";
import {
  attemptEach,
  directoryOf,
  exactKey,
  putObject,
  treeKey,
  type UploadResult,
  userMetadata,
  WRITE_OPTIONS,
  type WriteOptions,
} from "../objects/mod.ts";
import { streamFrom } from "../streams/mod.ts";
import { absolutePath, READ, withFile } from "./on_disk.ts";

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
  options: WriteOptions = {},
): Promise<UploadResult> {
  checkOptions(options, WRITE_OPTIONS);
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

/** Options of {@linkcode uploadDirectory}. The metadata go to every object. */
export interface UploadDirectoryOptions extends WriteOptions {
  /** Whether to upload the directories below it too; default false, as in Python's cottoncandy. */
  readonly recursive?: boolean;
  /** How many files are uploaded at once; default 8. */
  readonly concurrency?: number;
}

const RECURSIVE = { recursive: true } as const;

/** What {@linkcode uploadDirectory} stored. */
export interface UploadedDirectory {
  /** An entry for each file, sorted by key. */
  readonly uploaded: readonly UploadResult[];
}

/**
 * Stores the files of a directory on disk as objects, several at once, each all or nothing. Hidden files are files like any other; symbolic links are
 * followed; an empty directory leaves no trace, since stores have none.
 *
 * @param path A path, or `file:` URL.
 * @param cloudPath What the objects' names begin with; default the path as it is given, without a leading `/`, as in Python's cottoncandy.
 * @throws {NotFoundError} when there is no such directory.
 * @throws {InvalidArgumentError} when it is no directory, or a name or the metadata can't be stored; nothing was sent then.
 * @throws {PartialFailureError} when some files could not be stored: they can't be read, the store refused them, or a symbolic link leads nowhere or in a
 * circle. Others are not kept from being stored, unless the store can't be reached.
 * @throws {UnsupportedError} in a browser.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { uploadDirectory } from "@cottoncandy/cottoncandy/files";
 *
 * const directory = await Deno.makeTempDir();
 * await Deno.mkdir(`${directory}/run1`);
 * await Deno.writeTextFile(`${directory}/run1/log`, "…");
 * const { uploaded } = await uploadDirectory(new MemoryBackend(), directory, "sub01", { recursive: true });
 * console.assert(uploaded.map(({ key }) => key).join() === "sub01/run1/log");
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function uploadDirectory(
  backend: Backend,
  path: string | URL,
  cloudPath?: string,
  options: UploadDirectoryOptions = {},
): Promise<UploadedDirectory> {
  checkOptions(options, WRITE_OPTIONS, RECURSIVE);
  const { recursive, concurrency, ...rest } = options;
  const files = platformFiles();
  rest.signal?.throwIfAborted();
  userMetadata(rest.metadata);
  const root = await absolutePath(files, path);
  const below = await treeKey(backend, cloudPath ?? await defaultName(path), rest);
  const tree = await walkTree(files, root, { recursive, signal: rest.signal });
  const items = tree.files.map(({ path, name }) => {
    const key = directoryOf(below) + name;
    cleanName(key);
    return { path, key: exactKey(backend, key) };
  });

  const uploaded: UploadResult[] = [];
  const { done, failed } = await attemptEach(items, async ({ path, key }, _index, signal) => {
    uploaded.push(await uploadFile(backend, path, key, { ...rest, signal }));
  }, { concurrency, signal: rest.signal });
  const all = [...tree.failed, ...failed];
  if (all.length > 0) {
    throw new PartialFailureError("uploaded", done, all, { bucket: backend.bucket });
  }
  return { uploaded: uploaded.sort((a, b) => compareKeys(a.key, b.key)) };
}

/** A file of a tree. */
interface TreeFile {
  readonly path: string;
  /** Its path below the tree's root, with `/` between the parts. */
  readonly name: string;
}

/**
 * Finds the files of a directory, hidden ones included, and with `recursive` those of all directories below it. Symbolic links are followed, but not back to
 * a directory that they are in. What isn't there (a link that leads nowhere) or has no end (a pipe, a device) is told, not left out in silence.
 *
 * @returns The files, each directory's sorted; and by their paths what could not be looked into, or has no content to read.
 * @throws {NotFoundError} when there is no such directory.
 * @throws {InvalidArgumentError} when it is no directory.
 */
async function walkTree(
  files: FileAccess,
  root: string,
  { recursive = false, signal }: { readonly recursive?: boolean; readonly signal?: AbortSignal },
): Promise<{ files: readonly TreeFile[]; failed: readonly FailedObject[] }> {
  const found: TreeFile[] = [];
  const failed: FailedObject[] = [];

  const enter = async (directory: string, below: string, above: readonly string[]) => {
    const entries = [...await files.readDirectory(directory)].sort((a, b) => compareKeys(a.name, b.name));
    for (const entry of entries) {
      signal?.throwIfAborted();
      const path = files.join(directory, entry.name);
      const name = below + entry.name;
      try {
        await withFile(path, READ, async () => {
          const { kind } = entry.kind === "link" ? await files.stat(await files.realpath(path)) : entry;
          if (kind === "file") found.push({ path, name });
          else if (kind !== "directory") throw new UnsupportedError(`${path} is no file: it has no end`);
          else if (recursive) {
            const real = await files.realpath(path);
            if (above.includes(real)) {
              throw new InvalidArgumentError(`${path} leads back to a directory that it is in`);
            }
            await enter(path, `${name}/`, [...above, real]);
          }
        });
      } catch (error) {
        signal?.throwIfAborted();
        failed.push({ key: path, error: asError(error) });
      }
    }
  };

  await withFile(root, READ, async () => {
    const real = await files.realpath(root);
    if ((await files.stat(real)).kind !== "directory") {
      throw new InvalidArgumentError(`${root} is no directory: upload it with uploadFromFile`);
    }
    await enter(root, "", [real]);
  });
  return { files: found, failed };
}
