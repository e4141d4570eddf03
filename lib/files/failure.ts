import { isNotGranted } from "../environment.ts";
import { AccessDeniedError, CottonCandyError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import { codeOf, type FileAccess } from "../file_access.ts";

/**
 * Does something with a file on disk; the file system's errors come out as this library's. All else that is thrown, a signal's reason among it, stays
 * what it is.
 *
 * @param what What can't be done when it fails: `"can't be read"`.
 */
export async function withFile<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileFailure(error, path, what);
  }
}

/** The absolute path of a path or `file:` URL; throws {@linkcode InvalidArgumentError} for what is neither. */
export async function absolutePath(files: FileAccess, path: string | URL): Promise<string> {
  if (path === "") throw new InvalidArgumentError('a path is missing: "." is the current directory');
  // deno-lint-ignore require-await -- async, so that what is thrown is looked at
  return await withFile(`${path}`, "is no path of this machine", async () => files.resolve(path));
}

function fileFailure(cause: unknown, path: string, what: string): unknown {
  if (cause instanceof CottonCandyError || !(cause instanceof Error)) return cause;
  if (isNotGranted(cause)) {
    return new AccessDeniedError(
      `${path} ${what}: run Deno with --allow-read and --allow-write for its directory`,
      { cause },
    );
  }
  const code = codeOf(cause);
  switch (code) {
    case undefined:
      return cause;
    case "ENOENT":
    case "ENOTDIR":
      return new NotFoundError(`${path} ${what}: there is no such file or directory`, { cause });
    case "EACCES":
    case "EPERM":
      return new AccessDeniedError(`${path} ${what}: permission denied; check who owns it`, { cause });
    case "EROFS":
      return new AccessDeniedError(`${path} ${what}: the file system is read-only`, { cause });
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new CottonCandyError(`${path} ${what}: the disk or quota is full; free some space`, { cause });
    case "EMFILE":
    case "ENFILE":
      return new CottonCandyError(`${path} ${what}: too many open files; lower the concurrency`, { cause });
    case "ENAMETOOLONG":
      return new InvalidArgumentError(`${path} ${what}: its name is longer than the file system takes`, {
        cause,
      });
    case "EISDIR":
      return new InvalidArgumentError(`${path} ${what}: it is a directory`, { cause });
    case "ELOOP":
      return new InvalidArgumentError(`${path} ${what}: its symbolic links lead in a circle`, { cause });
    case "ERR_INVALID_URL_SCHEME":
    case "ERR_INVALID_FILE_URL_HOST":
    case "ERR_INVALID_FILE_URL_PATH":
    case "ERR_INVALID_ARG_TYPE":
    case "ERR_INVALID_ARG_VALUE":
    case "ERR_INVALID_URL":
      return new InvalidArgumentError(`${path} ${what}: ${cause.message}`, { cause });
    default:
      return new CottonCandyError(`${path} ${what}: ${cause.message}`, { cause });
  }
}
