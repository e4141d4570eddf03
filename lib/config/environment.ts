import { environmentVariable, homeDirectory, isGranted, operatingSystem } from "../environment.ts";
import { AccessDeniedError, CottonCandyError } from "../errors.ts";
import { codeOf, type FileAccess, hasCode, platformFiles, readFully } from "../file_access.ts";

/** Where configuration comes from. What Deno was not allowed to look at counts as absent. */
export interface Environment {
  /** The operating system as Node names it; `""` in a browser. */
  readonly system: string;
  /** The user's home directory. */
  readonly home: string | undefined;
  /** An environment variable; `undefined` when it is missing or empty. */
  variable(name: string): string | undefined;
  /**
   * A file's text; `undefined` when there is none.
   *
   * @throws {AccessDeniedError} when there is one that the system keeps from this user: what stands in it would count, and something else must not count in its stead.
   * @throws {CottonCandyError} when reading it fails otherwise.
   */
  readText(path: string): Promise<string | undefined>;
}

/** That of this process. */
export function processEnvironment(): Environment {
  return {
    system: operatingSystem(),
    home: homeDirectory(),
    variable: environmentVariable,
    readText,
  };
}

async function readText(path: string): Promise<string | undefined> {
  if (operatingSystem() === "" || !isGranted({ name: "read", path })) return undefined;
  return await readTextFrom(platformFiles(), path);
}

/** A file's text, as {@linkcode Environment.readText} gives it. */
export async function readTextFrom(files: FileAccess, path: string): Promise<string | undefined> {
  // Configuration is often a link to where its owner keeps it. In a directory that can't be searched nothing is known to be there.
  const real = await files.realpath(path).catch(() => undefined);
  // Deno would ask for what the link leads to.
  if (real === undefined || !isGranted({ name: "read", path: real })) return undefined;
  try {
    const file = await files.open(real);
    try {
      const { kind, size } = await file.stat();
      if (kind !== "file") return undefined;
      const bytes = new Uint8Array(size);
      return new TextDecoder().decode(bytes.subarray(0, await readFully(file, bytes, 0)));
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (hasCode(cause, "ENOENT", "EISDIR")) return undefined;
    const what = `${path} is there and can't be read (${codeOf(cause) ?? cause})`;
    if (!hasCode(cause, "EACCES", "EPERM")) throw new CottonCandyError(`${what}. Try again.`, { cause });
    throw new AccessDeniedError(`${what}: let this user read it, or take it away`, { cause });
  }
}
