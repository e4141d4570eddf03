/**
 * All objects below a prefix as a directory on disk.
 *
 * @module
 */
import { collect } from "../async.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import type { Backend, ObjectInfo } from "../../backends/backend.ts";
import { AlreadyExistsError, InvalidArgumentError, NotFoundError, PartialFailureError } from "../errors.ts";
import {
  type FileAccess,
  type FileStat,
  hasCode,
  isWindowsName,
  platformFiles,
  unlessMissing,
} from "../file_access.ts";
import { attemptEach, directoryOf, objectsBelow, treeKey } from "../objects/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";
import { type DirectoryProgress, DirectoryTally } from "./directory_progress.ts";
import {
  DOWNLOAD_FILE_OPTIONS,
  type DownloadedFile,
  type DownloadFileOptions,
  downloadTo,
} from "./download_file.ts";
import { absolutePath, kindAt, withFile, WRITTEN } from "../on_disk.ts";
import { partPath, recordPath } from "./temporary.ts";

/** Options of {@linkcode downloadDirectory}. */
export interface DownloadDirectoryOptions extends Omit<DownloadFileOptions, "onProgress"> {
  /** How many files are downloaded at once; default 8. No more are open. */
  readonly concurrency?: number;
  /** Receives the progress of each file, and of all of them. */
  readonly onProgress?: (progress: DirectoryProgress) => void;
  /**
   * Whether to leave files as they are that are there already: of the object's size, and last changed after the object was stored. Bytes are not compared, as `sync` does when asked. Default false.
   */
  readonly skipExisting?: boolean;
}

const OPTIONS: OptionTable<DownloadDirectoryOptions> = { ...DOWNLOAD_FILE_OPTIONS, skipExisting: true };

/** What {@linkcode downloadDirectory} wrote. */
export interface DownloadedDirectory {
  /** An entry for each file, in the order of the keys. */
  readonly downloaded: readonly DownloadedFile[];
  /** Keys of the objects whose files were there already, in order; see `skipExisting`. */
  readonly skipped: readonly string[];
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
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { downloadDirectory } from "@cottoncandy/cottoncandy/files";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
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
  checkOptions(options, OPTIONS);
  const { concurrency, overwrite = true, skipExisting = false, resume = false, onProgress, ...rest } =
    options;
  const files = platformFiles();
  rest.signal?.throwIfAborted();
  const below = directoryOf(await treeKey(backend, prefix.replace(/(^|\/)\*$/, "$1"), rest));
  const absolute = await absolutePath(files, path);
  const objects = await objectsToDownload(backend, below, rest);
  const root = await withFile(absolute, WRITTEN, () => realRoot(files, absolute));
  const plan = planDownload(files, objects, below, root.path);
  const ahead = backend.clockOffset?.()?.least ?? 0;
  const infos = new Map(objects.map((info) => [info.key, info]));
  const isThere = ({ key }: PlannedFile, { kind, size, modified }: FileStat) => {
    const info = infos.get(key);
    return skipExisting && kind === "file" && info?.size === size &&
      modified >= info.lastModified.getTime() - ahead;
  };
  const skipped = root.missing
    ? new Set<string>()
    : await withFile(absolute, WRITTEN, () => checkRoom(files, plan, overwrite, isThere));
  const planned = plan.files.filter(({ key }) => !skipped.has(key));
  const tally = onProgress &&
    new DirectoryTally(planned.map(({ key }) => infos.get(key)?.size ?? 0), onProgress);
  warnOfContent(objects, rest.onWarning);

  const made: string[] = [];
  const written = new Map<string, DownloadedFile>();
  try {
    await withFile(absolute, WRITTEN, async () => {
      for (const directory of [...(root.missing ? [root.path] : []), ...plan.directories]) {
        if (await makeDirectory(files, directory)) made.push(directory);
      }
    });
    const { done, failed } = await attemptEach(planned, async ({ key, path, resumes }, _index, signal) => {
      // Several files at once are enough; each in one request.
      const one = {
        ...{ ...rest, overwrite, signal, concurrency: 1, onProgress: tally?.file() },
        resume: resume && resumes,
      };
      written.set(key, await downloadTo(files, backend, key, path, one));
    }, { concurrency, signal: rest.signal });
    if (failed.length > 0) {
      throw new PartialFailureError("downloaded", done, failed, {
        bucket: backend.bucket,
      });
    }
  } catch (error) {
    // Directories that got no file go again; the others stay with theirs.
    for (const directory of made.reverse()) await files.removeDirectory(directory).catch(() => {});
    throw error;
  }
  return { downloaded: planned.flatMap(({ key }) => written.get(key) ?? []), skipped: [...skipped] };
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

async function objectsToDownload(
  backend: Backend,
  prefix: string,
  options: DownloadDirectoryOptions,
): Promise<ObjectInfo[]> {
  const objects = await collect<ObjectInfo>(objectsBelow(backend, prefix, options));
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
  const kind = await kindAt(files, path);
  if (kind === undefined) {
    const above = files.join(path, "..");
    if (await kindAt(files, above) !== undefined) return { path, missing: true };
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

// Where the objects go on disk. All that can't go there is found before anything is written.

/** An object and its file. */
interface PlannedFile {
  /** The object's full key. */
  readonly key: string;
  /** The file's path. */
  readonly path: string;
  /** What is unfinished can be kept beside it: no other object's file has the names for that. */
  readonly resumes: boolean;
}

/** What is to be written. */
export interface DownloadPlan {
  /** The files. */
  readonly files: readonly PlannedFile[];
  /** The directories below the root that must be there, parents first. */
  readonly directories: readonly string[];
}

/**
 * Plans a download.
 *
 * @param prefix What all keys begin with; the rest of each becomes its path below `root`.
 * @param root An absolute path.
 * @throws {InvalidArgumentError} for a key that would leave the directory or can't be a path there, and for two that get in each other's way.
 */
export function planDownload(
  files: FileAccess,
  objects: readonly Pick<ObjectInfo, "key">[],
  prefix: string,
  root: string,
): DownloadPlan {
  const planned: Omit<PlannedFile, "resumes">[] = [];
  // By the path as the file system compares it, as far as is known.
  const same = (path: string) => files.foldsNames ? path.normalize("NFC").toLowerCase() : path;
  const fileKeys = new Map<string, string>();
  const directories = new Map<string, string>();
  for (const { key } of objects) {
    const name = key.slice(prefix.length);
    // A placeholder of a directory, not a file.
    if (name === "" || name.endsWith("/")) continue;
    const segments = name.split("/");
    const fault = segments.map((segment) => faultOf(segment, files.windows)).find(Boolean);
    if (fault !== undefined) {
      throw new InvalidArgumentError(
        `"${key}" can't be a file below ${root}: ${fault}. Download it by itself, with downloadToFile; nothing was written`,
        { key },
      );
    }
    let directory = root;
    for (const segment of segments.slice(0, -1)) {
      directory = files.join(directory, segment);
      if (!directories.has(same(directory))) directories.set(same(directory), directory);
    }
    const path = files.join(root, ...segments);
    const other = fileKeys.get(same(path));
    if (other !== undefined) throw inTheWay(other, key);
    fileKeys.set(same(path), key);
    planned.push({ key, path });
  }
  for (const [path, key] of fileKeys) {
    const below = directories.get(path);
    if (below !== undefined) throw inTheWay(key, `${key}/…`);
  }
  const isTaken = (path: string) => fileKeys.has(same(path)) || directories.has(same(path));
  return {
    files: planned.map((file) => ({
      ...file,
      resumes: ![partPath(file.path), recordPath(file.path)].some(isTaken),
    })),
    directories: [...directories.values()],
  };
}

function inTheWay(a: string, b: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `"${a}" and "${b}" can't both be files on one disk: download them by themselves; nothing was written`,
    { key: a },
  );
}

/** Bytes that a name has on common file systems, at most; on Windows so many UTF-16 units. */
const LONGEST = 255;

/** Why a part of a key can't be a file's name. */
function faultOf(segment: string, windows: boolean): string | undefined {
  const length = windows ? segment.length : new TextEncoder().encode(segment).byteLength;
  if (length > LONGEST) return `it has a part of ${length} bytes, and names of files have at most ${LONGEST}`;
  if (segment === "") return 'it has an empty part ("//")';
  if (segment === "." || segment === "..") return `it has a part "${segment}", which leads elsewhere`;
  if (segment.includes("\0")) return "it has a zero byte";
  if (windows && !isWindowsName(segment)) return `Windows takes no file "${segment}"`;
  return undefined;
}

/**
 * Looks whether what is on disk already leaves room for the plan.
 *
 * @throws {InvalidArgumentError} when a file stands where a directory must be or the other way round, or a directory is a symbolic link, which could lead
 * elsewhere.
 * @returns The keys of the files that are there as they should be.
 * @throws {AlreadyExistsError} when another file exists and `overwrite` is false.
 */
async function checkRoom(
  files: FileAccess,
  plan: DownloadPlan,
  overwrite: boolean,
  isThere: (file: PlannedFile, stat: FileStat) => boolean,
): Promise<Set<string>> {
  const missing = new Set<string>();
  for (const path of plan.directories) {
    const kind = missing.has(parent(files, path)) ? undefined : await kindAt(files, path);
    if (kind === undefined) missing.add(path);
    else if (kind === "link") {
      throw new InvalidArgumentError(
        `${path} is a symbolic link, which could lead elsewhere: remove it, or download into the directory itself`,
      );
    } else if (kind !== "directory") {
      throw new InvalidArgumentError(`${path} is a file, and must be a directory: move it away`);
    }
  }
  const there = new Set<string>();
  for (const file of plan.files) {
    const { key, path } = file;
    const stat = missing.has(parent(files, path)) ? undefined : await unlessMissing(files.stat(path));
    if (stat === undefined) continue;
    const { kind } = stat;
    if (isThere(file, stat)) {
      there.add(key);
      continue;
    }
    if (kind === "directory" || kind === "other") {
      throw new InvalidArgumentError(
        `${path} is ${kind === "directory" ? "a directory" : "no file"}, and must become one: move it away`,
        { key },
      );
    }
    if (!overwrite) {
      throw new AlreadyExistsError(
        `${path} exists already: allow overwriting, or choose another directory. Nothing was written`,
        { key },
      );
    }
  }
  return there;
}

function parent(files: FileAccess, path: string): string {
  return files.join(path, "..");
}
