import { isNotGranted } from "../../../lib/environment.ts";
import { AccessDeniedError, InvalidArgumentError } from "../../../lib/errors.ts";
import { codeOf, type FileAccess, hasCode } from "../../../lib/file_access.ts";
import type { AuthorizedUserKey } from "./token_sources.ts";

/** Only the owner reads and writes the file. */
const FILE_MODE = 0o600;
/** Only the owner sees what is in directories that are made for it. */
const DIRECTORY_MODE = 0o700;

/**
 * Throws unless a login can be written there: better before a person is asked than after. Nothing is left.
 *
 * @throws {InvalidArgumentError} when something stands there that is no file.
 * @throws {AccessDeniedError} when its directory, or the one to make it in, can't be written to.
 */
export async function checkTokenFile(files: FileAccess, path: string): Promise<void> {
  try {
    const target = await targetOf(files, path);
    if ((await kindOf(files, target) ?? "file") !== "file") {
      throw new InvalidArgumentError(`${path} is no file: name one for the token`);
    }
    let directory = files.join(target, "..");
    while (await kindOf(files, directory) === undefined) directory = files.join(directory, "..");
    const temporary = temporaryIn(files, directory);
    await writeNew(files, temporary, new Uint8Array());
    await files.unlink(temporary);
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

/**
 * Writes a login for this library, gcloud and google-auth to read: whole or not at all, and for nobody's eyes but the owner's, whatever was there before.
 * Windows has no such modes; a user's own directories are closed to others there.
 *
 * @throws {AccessDeniedError} when it can't be written; then an older file is as it was.
 */
export async function writeTokenFile(files: FileAccess, path: string, key: AuthorizedUserKey): Promise<void> {
  try {
    const target = await targetOf(files, path);
    const directory = files.join(target, "..");
    await files.makeDirectory(directory, true, DIRECTORY_MODE);
    const temporary = temporaryIn(files, directory);
    try {
      await writeNew(files, temporary, new TextEncoder().encode(`${JSON.stringify(key, null, 2)}\n`));
      await files.rename(temporary, target);
    } catch (error) {
      await files.unlink(temporary).catch(() => {});
      throw error;
    }
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

function notWritten(path: string, cause: unknown): unknown {
  if (cause instanceof InvalidArgumentError) return cause;
  if (isNotGranted(cause)) {
    return new AccessDeniedError(
      `the token can't be written to ${path}, which Deno was not allowed to: run it with --allow-read and --allow-write`,
      { cause },
    );
  }
  return new AccessDeniedError(
    `the token can't be written to ${path} (${
      codeOf(cause) ?? "it failed"
    }): check its directory, and log in again`,
    { cause },
  );
}

function temporaryIn(files: FileAccess, directory: string): string {
  return files.join(directory, `.gdrive_token-${crypto.randomUUID()}.tmp`);
}

/** What stands there; `undefined` when nothing does. */
async function kindOf(files: FileAccess, path: string): Promise<string | undefined> {
  try {
    return (await files.stat(path)).kind;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Where a file really is: its owner may keep it elsewhere, and link to it. */
async function targetOf(files: FileAccess, path: string): Promise<string> {
  const resolved = files.resolve(path);
  try {
    return await files.realpath(resolved);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return resolved;
    throw error;
  }
}

async function writeNew(files: FileAccess, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.create(path, FILE_MODE);
  try {
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written), written);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
