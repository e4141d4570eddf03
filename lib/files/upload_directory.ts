/**
 * Directories on disk as objects.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import { compareKeys } from "../../backends/arguments.ts";
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { type FailedObject, InvalidArgumentError, PartialFailureError, UnsupportedError } from "../errors.ts";
import { asError } from "../error_context.ts";
import { type FileAccess, type FileStat, latest, platformFiles } from "../file_access.ts";
import { cleanName } from "../names.ts";
import {
  attemptEach,
  directoryOf,
  exactKey,
  objectsBelow,
  treeKey,
  type UploadResult,
  userMetadata,
} from "../objects/mod.ts";
import { absolutePath, READ, withFile } from "../on_disk.ts";
import { type DirectoryProgress, DirectoryTally } from "./directory_progress.ts";
import { defaultName, UPLOAD_FILE_OPTIONS, uploadFile, type UploadFileOptions } from "./upload_file.ts";

/** Options of {@linkcode uploadDirectory}. The metadata go to every object. */
export interface UploadDirectoryOptions extends Omit<UploadFileOptions, "onProgress"> {
  /** Whether to upload the directories below it too; default false, as in Python's cottoncandy. */
  readonly recursive?: boolean;
  /** How many files are uploaded at once; default 8. No more are open. */
  readonly concurrency?: number;
  /** Receives the progress of each file, and of all of them. */
  readonly onProgress?: (progress: DirectoryProgress) => void;
  /**
   * Whether to leave out files that are there already: whose object has the same size, and was stored after the file was last changed, or came to its place. One listing tells; bytes are not compared, as `sync` does when asked.
   * Default false.
   */
  readonly skipExisting?: boolean;
}

const OPTIONS: OptionTable<UploadDirectoryOptions> = {
  ...UPLOAD_FILE_OPTIONS,
  recursive: true,
  skipExisting: true,
};

/** What {@linkcode uploadDirectory} stored. */
export interface UploadedDirectory {
  /** An entry for each file, sorted by key. */
  readonly uploaded: readonly UploadResult[];
  /** Keys of those that were there already, sorted; see `skipExisting`. */
  readonly skipped: readonly string[];
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
  checkOptions(options, OPTIONS);
  const { recursive, concurrency, skipExisting = false, onProgress, ...rest } = options;
  const files = platformFiles();
  rest.signal?.throwIfAborted();
  userMetadata(rest.metadata);
  const root = await absolutePath(files, path);
  const below = await treeKey(backend, cloudPath ?? await defaultName(path), rest);
  const tree = await walkTree(files, root, {
    recursive,
    signal: rest.signal,
    withStat: skipExisting || onProgress !== undefined,
  });
  const found = tree.files.map(({ path, name, stat }) => {
    const key = directoryOf(below) + name;
    cleanName(key);
    return { path, key: exactKey(backend, key), stat };
  });
  const skipped = skipExisting
    ? await storedFiles(backend, directoryOf(below), found, rest)
    : new Set<string>();
  const items = found.filter(({ key }) => !skipped.has(key));
  const tally = onProgress && new DirectoryTally(items.map(({ stat }) => stat?.size ?? 0), onProgress);

  const uploaded: UploadResult[] = [];
  const { done, failed } = await attemptEach(items, async ({ path, key }, _index, signal) => {
    uploaded.push(await uploadFile(backend, path, key, { ...rest, signal, onProgress: tally?.file() }));
  }, { concurrency, signal: rest.signal });
  const all = [...tree.failed, ...failed];
  if (all.length > 0) {
    throw new PartialFailureError("uploaded", done, all, { bucket: backend.bucket });
  }
  return {
    uploaded: uploaded.sort((a, b) => compareKeys(a.key, b.key)),
    skipped: [...skipped].sort(compareKeys),
  };
}

/** The keys of files that are stored as they are, as far as one listing tells. */
async function storedFiles(
  backend: Backend,
  prefix: string,
  found: readonly { readonly key: string; readonly stat?: FileStat }[],
  { signal, onWarning }: RequestOptions,
): Promise<Set<string>> {
  const stats = new Map(found.map(({ key, stat }) => [key, stat]));
  const stored = new Set<string>();
  for await (const { key, size, lastModified } of objectsBelow(backend, prefix, { signal, onWarning })) {
    const stat = stats.get(key);
    if (!stat || stat.size !== size) continue;
    // By this machine's clock, and rather too early than too late.
    const ahead = backend.clockOffset?.()?.most ?? 0;
    // What was moved here, or copied with its time, has only been here since its name changed.
    const changed = Math.max(stat.modified, latest(stat.changed));
    if (lastModified.getTime() - ahead >= changed) stored.add(key);
  }
  return stored;
}

/** A file of a tree. */
interface TreeFile {
  readonly path: string;
  /** Its path below the tree's root, with `/` between the parts. */
  readonly name: string;
  /** What the file system tells of it, where that was asked for. */
  readonly stat?: FileStat;
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
  { recursive = false, signal, withStat }: {
    readonly recursive?: boolean;
    readonly signal?: AbortSignal;
    readonly withStat: boolean;
  },
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
          const isAsked = entry.kind === "link" || entry.kind === "file" && withStat;
          const stat = isAsked ? await files.stat(await files.realpath(path)) : undefined;
          const { kind } = stat ?? entry;
          if (kind === "file") found.push({ path, name, ...(withStat ? { stat } : {}) });
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
