/**
 * What the file system's failures mean, as typed errors.
 *
 * @module
 */
import { isNotGranted } from "../../lib/environment.ts";
import {
  AccessDeniedError,
  CottonCandyError,
  type ErrorDetails,
  InvalidArgumentError,
  NotFoundError,
  QuotaError,
} from "../../lib/errors.ts";
import { codeOf } from "../../lib/file_access.ts";

/** The system's codes, what they mean, and what to do about it. */
const FAILURES: readonly {
  readonly codes: readonly string[];
  readonly type: new (message: string, details: ErrorDetails) => CottonCandyError;
  readonly advice: string;
}[] = [
  {
    codes: ["EACCES", "EPERM"],
    type: AccessDeniedError,
    advice: "permission denied; check who owns the files and directories",
  },
  {
    codes: ["EROFS"],
    type: AccessDeniedError,
    advice: "the file system is read-only; mount it for writing, or use another",
  },
  {
    codes: ["ELOOP"],
    type: AccessDeniedError,
    advice: "there is a symbolic link on the way, which is not followed; open a LocalBackend where it leads",
  },
  {
    codes: ["ENOSPC", "EDQUOT", "EFBIG"],
    type: QuotaError,
    advice: "the disk or quota is full; free some space and try again",
  },
  {
    codes: ["ENAMETOOLONG"],
    type: InvalidArgumentError,
    advice: "the path is longer than the file system takes; use a shorter name",
  },
  {
    codes: ["EXDEV"],
    type: CottonCandyError,
    advice:
      "another file system is mounted there, so that nothing can be moved to it whole; open a LocalBackend on it",
  },
  {
    codes: ["EMFILE", "ENFILE"],
    type: CottonCandyError,
    advice: "too many open files; close readers, or lower the concurrency",
  },
  {
    codes: ["ENOENT", "ENOTDIR"],
    type: NotFoundError,
    advice: "the directory is gone; make it again, or open it with { create: true }",
  },
];

/** The error to throw for a failure of the file system; errors of this library, and what is no failure of it, are given back as they are. */
export function fileSystemError(error: unknown, what: string, details: ErrorDetails): unknown {
  if (error instanceof CottonCandyError || !(error instanceof Error)) return error;
  const known = { ...details, cause: error };
  if (isNotGranted(error)) {
    return new AccessDeniedError(
      `${what}: Deno was not allowed to; run it with --allow-read and --allow-write for that directory`,
      known,
    );
  }
  const code = codeOf(error);
  if (code === undefined) return error;
  const { type: Type = CottonCandyError, advice = error.message } =
    FAILURES.find(({ codes }) => codes.includes(code)) ?? {};
  return new Type(`${what}: ${advice}`, known);
}

/** Makes the file system's errors those of this library; a signal's reason stays what it is. Without a key, it is all of the directory that is worked on. */
export async function guarded<T>(
  { bucket }: { readonly bucket: string },
  key: string | undefined,
  what: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    const where = key === undefined ? bucket : `"${key}" in ${bucket}`;
    throw fileSystemError(error, `${where} ${what}`, { key, bucket, committed: "no" });
  }
}
