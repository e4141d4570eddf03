import { isNotGranted } from "../../lib/environment.ts";
import {
  AccessDeniedError,
  CottonCandyError,
  type ErrorDetails,
  InvalidArgumentError,
  NotFoundError,
  QuotaError,
} from "../../lib/errors.ts";
import { codeOf, hasCode } from "../../lib/file_access.ts";

/** What a failure of the file system means to whoever asked for an object. Errors of this library pass through. */
export function fileSystemError(error: unknown, what: string, details: ErrorDetails): unknown {
  if (error instanceof CottonCandyError || !(error instanceof Error)) return error;
  const known = { ...details, cause: error };
  if (isNotGranted(error)) {
    return new AccessDeniedError(
      `${what}: Deno was not allowed to; run it with --allow-read and --allow-write for that directory`,
      known,
    );
  }
  if (codeOf(error) === undefined) return error;
  if (hasCode(error, "EACCES", "EPERM")) {
    return new AccessDeniedError(
      `${what}: permission denied; check who owns the files and directories`,
      known,
    );
  }
  if (hasCode(error, "EROFS")) {
    return new AccessDeniedError(
      `${what}: the file system is read-only; mount it for writing, or use another`,
      known,
    );
  }
  if (hasCode(error, "ELOOP")) {
    return new AccessDeniedError(
      `${what}: there is a symbolic link on the way, which is not followed; open a LocalBackend where it leads`,
      known,
    );
  }
  if (hasCode(error, "ENOSPC", "EDQUOT", "EFBIG")) {
    return new QuotaError(`${what}: the disk or quota is full; free some space and try again`, known);
  }
  if (hasCode(error, "ENAMETOOLONG")) {
    return new InvalidArgumentError(
      `${what}: the path is longer than the file system takes; use a shorter name`,
      known,
    );
  }
  if (hasCode(error, "EXDEV")) {
    return new CottonCandyError(
      `${what}: another file system is mounted there, so that nothing can be moved to it whole; open a LocalBackend on it`,
      known,
    );
  }
  if (hasCode(error, "EMFILE", "ENFILE")) {
    return new CottonCandyError(
      `${what}: too many open files; close readers, or lower the concurrency`,
      known,
    );
  }
  if (hasCode(error, "ENOENT", "ENOTDIR")) {
    return new NotFoundError(
      `${what}: the directory is gone; make it again, or open it with { create: true }`,
      known,
    );
  }
  return new CottonCandyError(`${what}: ${error.message}`, known);
}
