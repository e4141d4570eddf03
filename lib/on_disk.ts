/**
 * What all that works with files on disk shares: paths, and the file system's errors as this library's.
 *
 * @module
 */
import { isNotGranted } from "./environment.ts";
import {
  AccessDeniedError,
  CottonCandyError,
  type ErrorDetails,
  InvalidArgumentError,
  NotFoundError,
} from "./errors.ts";
import { codeOf, type FileAccess, type FileKind, unlessMissing } from "./file_access.ts";

/** What can't be done with a file when {@linkcode withFile} fails. */
export const READ = "can't be read";
/** What can't be done with a file when {@linkcode withFile} fails. */
export const WRITTEN = "can't be written";

/**
 * Does something with a file on disk; the file system's errors come out as this library's. All else that is thrown, a signal's reason among it, stays
 * what it is.
 *
 * @param what What can't be done when it fails: `"can't be read"`.
 */
export async function withFile<T>(path: string, what: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path, what);
  }
}

/** The absolute path of a path or `file:` URL; throws {@linkcode InvalidArgumentError} for what is neither. */
export async function absolutePath(files: FileAccess, path: string | URL): Promise<string> {
  if (path === "") throw new InvalidArgumentError('a path is missing: "." is the current directory');
  return await withFile(`${path}`, "is no path of this machine", () => files.resolve(path));
}

/** What stands at a path, symbolic links not followed; `undefined` when nothing does. */
export async function kindAt(files: FileAccess, path: string): Promise<FileKind | undefined> {
  return (await unlessMissing(files.stat(path)))?.kind;
}

type ErrorClass = new (message: string, details: ErrorDetails) => CottonCandyError;

/** The file system's errors by their codes: what kind they are here, and what the message says; without text, the system's own. */
const ERRORS: readonly (readonly [codes: string, kind: ErrorClass, text?: string])[] = [
  ["ENOENT ENOTDIR", NotFoundError, "there is no such file or directory"],
  ["EACCES EPERM", AccessDeniedError, "permission denied; check who owns it"],
  ["EROFS", AccessDeniedError, "the file system is read-only"],
  ["ENOSPC EDQUOT EFBIG", CottonCandyError, "the disk or quota is full; free some space"],
  ["EMFILE ENFILE", CottonCandyError, "too many open files; lower the concurrency"],
  ["ENAMETOOLONG", InvalidArgumentError, "its name is longer than the file system takes"],
  ["EISDIR", InvalidArgumentError, "it is a directory"],
  ["ELOOP", InvalidArgumentError, "its symbolic links lead in a circle"],
  ["ERR_INVALID_URL_SCHEME ERR_INVALID_FILE_URL_HOST ERR_INVALID_FILE_URL_PATH", InvalidArgumentError],
  ["ERR_INVALID_ARG_TYPE ERR_INVALID_ARG_VALUE ERR_INVALID_URL", InvalidArgumentError],
];

function fileError(cause: unknown, path: string, what: string): unknown {
  if (cause instanceof CottonCandyError || !(cause instanceof Error)) return cause;
  if (isNotGranted(cause)) {
    return new AccessDeniedError(
      `${path} ${what}: run Deno with --allow-read and --allow-write for its directory`,
      { cause },
    );
  }
  const code = codeOf(cause);
  if (code === undefined) return cause;
  const [, Kind = CottonCandyError, text = cause.message] =
    ERRORS.find(([codes]) => codes.split(" ").includes(code)) ?? [];
  return new Kind(`${path} ${what}: ${text}`, { cause });
}
