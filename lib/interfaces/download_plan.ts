/**
 * Where the objects of a tree go on disk. All that can't go there is found before anything is written.
 *
 * @module
 */
import type { ObjectInfo } from "../../backends/backend.ts";
import { AlreadyExistsError, InvalidArgumentError } from "../errors.ts";
import { type FileAccess, type FileKind, hasCode } from "../files.ts";

/** An object and its file. */
export interface PlannedFile {
  /** The object's full key. */
  readonly key: string;
  /** The file's path. */
  readonly path: string;
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
  const planned: PlannedFile[] = [];
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
  return { files: planned, directories: [...directories.values()] };
}

function inTheWay(a: string, b: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `"${a}" and "${b}" can't both be files on one disk: download them by themselves; nothing was written`,
    { key: a },
  );
}

// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
// deno-lint-ignore no-control-regex -- control characters are what Windows refuses
const WINDOWS = /[\x00-\x1f<>:"\\|?*]|[ .]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Why a part of a key can't be a file's name. */
function faultOf(segment: string, windows: boolean): string | undefined {
  if (segment === "") return 'it has an empty part ("//")';
  if (segment === "." || segment === "..") return `it has a part "${segment}", which leads elsewhere`;
  if (segment.includes("\0")) return "it has a zero byte";
  if (windows && WINDOWS.test(segment)) return `Windows takes no file "${segment}"`;
  return undefined;
}

/**
 * Looks whether what is on disk already leaves room for the plan.
 *
 * @throws {InvalidArgumentError} when a file stands where a directory must be or the other way round, or a directory is a symbolic link, which could lead
 * elsewhere.
 * @throws {AlreadyExistsError} when a file exists and `overwrite` is false.
 */
export async function checkRoom(files: FileAccess, plan: DownloadPlan, overwrite: boolean): Promise<void> {
  const missing = new Set<string>();
  for (const path of plan.directories) {
    const kind = missing.has(parent(files, path)) ? undefined : await kindOf(files, path);
    if (kind === undefined) missing.add(path);
    else if (kind === "link") {
      throw new InvalidArgumentError(
        `${path} is a symbolic link, which could lead elsewhere: remove it, or download into the directory itself`,
      );
    } else if (kind !== "directory") {
      throw new InvalidArgumentError(`${path} is a file, and must be a directory: move it away`);
    }
  }
  for (const { key, path } of plan.files) {
    const kind = missing.has(parent(files, path)) ? undefined : await kindOf(files, path);
    if (kind === undefined) continue;
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
}

function parent(files: FileAccess, path: string): string {
  return files.join(path, "..");
}

/** What stands at a path, symbolic links not followed; `undefined` when nothing does. */
export async function kindOf(files: FileAccess, path: string): Promise<FileKind | undefined> {
  try {
    return (await files.stat(path)).kind;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
