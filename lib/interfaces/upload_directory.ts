/**
 * Directories on disk as objects.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { compareKeys } from "../../backends/keys.ts";
import { PartialFailureError } from "../errors.ts";
import { platformFiles } from "../files.ts";
import { cleanName, pathjoin } from "../names.ts";
import { absolutePath } from "./file_failure.ts";
import { walkTree } from "./local_tree.ts";
import { userMetadata } from "./metadata.ts";
import type { UploadResult, WriteOptions } from "./options.ts";
import { attemptEach } from "./outcome.ts";
import { defaultName, uploadFile } from "./upload_file.ts";

/** Options of {@linkcode uploadDirectory}. The metadata go to every object. */
export interface UploadDirectoryOptions extends WriteOptions {
  /** Whether to upload the directories below it too; default false, as in Python's cottoncandy. */
  readonly recursive?: boolean;
  /** How many files are uploaded at once; default 8. */
  readonly concurrency?: number;
}

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
 * import { MemoryBackend, uploadDirectory } from "@cottoncandy/cottoncandy";
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
  const { recursive, concurrency, ...rest } = options;
  const files = platformFiles();
  rest.signal?.throwIfAborted();
  userMetadata(rest.metadata);
  const root = await absolutePath(files, path);
  const below = cloudPath ?? await defaultName(path);
  const tree = await walkTree(files, root, { recursive, signal: rest.signal });
  const items = tree.files.map(({ path, name }) => ({ path, key: cleanName(pathjoin(below, name)) }));

  const uploaded: UploadResult[] = [];
  const { done, failed } = await attemptEach(items, async ({ path, key }, _index, signal) => {
    uploaded.push(await uploadFile(backend, path, key, { ...rest, signal }));
  }, { concurrency, signal: rest.signal });
  const all = [...tree.failed, ...failed];
  if (all.length > 0) {
    throw new PartialFailureError("uploaded", done.map(({ key }) => key), all, { bucket: backend.bucket });
  }
  return { uploaded: uploaded.sort((a, b) => compareKeys(a.key, b.key)) };
}
