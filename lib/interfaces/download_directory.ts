/**
 * Objects as a directory on disk.
 *
 * @module
 */
import type { Backend, ObjectInfo } from "../../backends/backend.ts";
import { InvalidArgumentError, NotFoundError, PartialFailureError } from "../errors.ts";
import { type FileAccess, hasCode, platformFiles } from "../files.ts";
import { cleanPrefix } from "../names.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";
import { type DownloadedFile, type DownloadFileOptions, downloadTo } from "./download_file.ts";
import { checkRoom, kindOf, planDownload } from "./download_plan.ts";
import { absolutePath, withFile } from "./file_failure.ts";
import { attemptEach } from "./outcome.ts";

const WRITTEN = "can't be written";

/** Options of {@linkcode downloadDirectory}. */
export interface DownloadDirectoryOptions extends DownloadFileOptions {
  /** How many files are downloaded at once; default 8. */
  readonly concurrency?: number;
}

/** What {@linkcode downloadDirectory} wrote. */
export interface DownloadedDirectory {
  /** An entry for each file, in the order of the keys. */
  readonly downloaded: readonly DownloadedFile[];
}

/**
 * Writes all objects below a prefix to a directory on disk, several at once, each all or nothing; see `downloadFile`. Nothing outside of the directory is
 * touched, whatever the keys say. Keys that end in `/` are placeholders and left out; of one that has content a warning tells.
 *
 * @param prefix The directory in the store: the objects `prefix/…`, and no `prefix2/…`. `""` and `"/"` are the whole bucket; a `/*` at its end is dropped.
 * @param path A path, or `file:` URL. The last directory of it is made where there is none, those above it are not.
 * @throws {NotFoundError} when there are no such objects, or no directory to make this one in.
 * @throws {InvalidArgumentError} when a key would leave the directory or can't be a path on this machine, and when files and directories are in each other's
 * way; nothing was written then.
 * @throws {AlreadyExistsError} when `overwrite` is false and one of the files exists; nothing was written then.
 * @throws {PartialFailureError} when some objects could not be written: `done` and `failed` are their keys. Others are not kept from being written, unless the
 * store can't be reached.
 * @throws {UnsupportedError} in a browser.
 *
 * @example
 * ```ts
 * import { downloadDirectory, MemoryBackend, writeObject } from "@cottoncandy/cottoncandy";
 *
 * const directory = await Deno.makeTempDir();
 * const backend = new MemoryBackend();
 * await writeObject(backend, "sub01/run1/log", "…");
 * const { downloaded } = await downloadDirectory(backend, "sub01", directory);
 * console.assert(downloaded[0].path.endsWith("run1/log"));
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function downloadDirectory(
  backend: Backend,
  prefix: string,
  path: string | URL,
  options: DownloadDirectoryOptions = {},
): Promise<DownloadedDirectory> {
  const { concurrency, overwrite = true, ...rest } = options;
  const files = platformFiles();
  rest.signal?.throwIfAborted();
  const below = directoryPrefix(prefix);
  const given = await absolutePath(files, path);
  const objects = await objectsBelow(backend, below, rest);
  const root = await withFile(given, WRITTEN, () => realRoot(files, given));
  const plan = planDownload(files, objects, below, root.path);
  if (!root.missing) await withFile(given, WRITTEN, () => checkRoom(files, plan, overwrite));
  warnOfContent(objects, rest.onWarning);

  const made: string[] = [];
  const written = new Map<string, DownloadedFile>();
  try {
    await withFile(given, WRITTEN, async () => {
      for (const directory of [...(root.missing ? [root.path] : []), ...plan.directories]) {
        if (await makeDirectory(files, directory)) made.push(directory);
      }
    });
    const { done, failed } = await attemptEach(plan.files, async ({ key, path }, _index, signal) => {
      // Several files at once are enough; each in one request.
      const one = { ...rest, overwrite, signal, concurrency: 1 };
      written.set(key, await downloadTo(files, backend, key, path, one));
    }, { concurrency, signal: rest.signal });
    if (failed.length > 0) {
      throw new PartialFailureError("downloaded", done.map(({ key }) => key), failed, {
        bucket: backend.bucket,
      });
    }
  } catch (error) {
    // Directories that got no file go again; the others stay with theirs.
    for (const directory of made.reverse()) await files.removeDirectory(directory).catch(() => {});
    throw error;
  }
  return { downloaded: plan.files.flatMap(({ key }) => written.get(key) ?? []) };
}

/** A placeholder of a directory is empty; what isn't is missed by whoever takes the directory for complete. */
function warnOfContent(
  objects: readonly ObjectInfo[],
  onWarning: OnWarning = warnOncePerKind,
): void {
  for (const { key, size } of objects) {
    if (size === 0 || !key.endsWith("/")) continue;
    onWarning({
      kind: "left-out",
      key,
      message:
        `"${key}" has ${size} bytes, and with a "/" at its end can't be a file in its directory: download it by itself, with downloadToFile`,
    });
  }
}

/** `""`, or the prefix with one `/` at its end. */
function directoryPrefix(prefix: string): string {
  const clean = cleanPrefix(prefix).replace(/(^|\/)\*$/, "$1");
  return clean === "" || clean.endsWith("/") ? clean : `${clean}/`;
}

async function objectsBelow(
  backend: Backend,
  prefix: string,
  { signal, onWarning }: DownloadDirectoryOptions,
): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const entry of backend.list({ prefix, signal, onWarning })) {
    if ("key" in entry) objects.push(entry);
  }
  if (objects.length > 0) return objects;
  throw new NotFoundError(
    `there is nothing below "${prefix}" in ${backend.name}${
      /[*?[]/.test(prefix) ? ": wildcards are not for downloads; name the directory" : ""
    }`,
    { key: prefix, bucket: backend.bucket },
  );
}

/** The directory without symbolic links, and whether it has to be made. */
async function realRoot(files: FileAccess, path: string): Promise<{ path: string; missing: boolean }> {
  const kind = await kindOf(files, path);
  if (kind === undefined) {
    const above = files.join(path, "..");
    if (await kindOf(files, above) !== undefined) return { path, missing: true };
    throw new NotFoundError(`there is no directory ${above} to make ${path} in: make it first`);
  }
  const real = await files.realpath(path);
  if ((await files.stat(real)).kind === "directory") return { path: real, missing: false };
  throw new InvalidArgumentError(`${path} is a file, and must be a directory: move it away`);
}

/** Makes a directory; false when it is there. */
async function makeDirectory(files: FileAccess, path: string): Promise<boolean> {
  try {
    await files.makeDirectory(path, false);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}
