/**
 * Gives a finished file its name.
 *
 * @module
 */
import { AlreadyExistsError } from "../errors.ts";
import { type FileAccess, hasCode } from "../file_access.ts";

/** Gives a finished file its name; where none may be there, by a link, which fails when there is one. */
export async function install(
  files: FileAccess,
  temporary: string,
  path: string,
  overwrite: boolean,
): Promise<void> {
  if (overwrite) return await files.rename(temporary, path);
  try {
    await files.link(temporary, path);
  } catch (cause) {
    if (hasCode(cause, "EEXIST")) {
      throw new AlreadyExistsError(`another program has just made ${path}`, { cause });
    }
    // File systems without links: what was looked up before must do.
    if (!hasCode(cause, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw cause;
    return await files.rename(temporary, path);
  }
  // The file is there; that it has a second name is no failure.
  await files.unlink(temporary).catch(() => {});
}
