import { isGranted } from "../environment.ts";
import { AccessDeniedError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import type { Surroundings } from "./surroundings.ts";

/** A file that somebody named. */
export interface NamedFile {
  /** Its path. */
  readonly path: string;
  /** What names it, for messages: an option, a variable; absent where it is looked for in its own place. */
  readonly named?: string;
  /** What to do when it is missing. */
  readonly advice?: string;
}

/**
 * What a file of JSON holds.
 *
 * @throws {NotFoundError} when it is missing.
 * @throws {AccessDeniedError} when it may not be read.
 * @throws {InvalidArgumentError} when it is no JSON, or its path is none or empty; what it is is not shown, since such files hold secrets.
 */
export async function readJsonFile(
  { readText }: Surroundings,
  { path, named, advice = "check the path" }: NamedFile,
): Promise<unknown> {
  if (path === "") {
    throw new InvalidArgumentError(`${named ?? "a path"} is empty: give the path of a JSON file`);
  }
  if (!isPath(path)) {
    throw new InvalidArgumentError(
      `${
        named ?? "something"
      } is to be the path of a JSON file, and what was given is a file's text, or a token: give the file's path`,
    );
  }
  const text = await readText(path);
  if (text !== undefined) return parseJsonFile(text, path);
  const which = named === undefined ? path : `${path}, which ${named} names`;
  if (!isGranted({ name: "read", path })) {
    throw new AccessDeniedError(`Deno was not allowed to read ${which}: run it with --allow-read`);
  }
  // A link may lead out of what was allowed.
  const hidden = isGranted({ name: "read" }) ? "" : ", or it leads to where Deno was not allowed to read";
  throw new NotFoundError(`there is no file ${which}${hidden}: ${advice}`);
}

/** What a file of JSON holds whose text has been read. */
export function parseJsonFile(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without a cause: the parser's message shows some of the text.
    throw new InvalidArgumentError(`${path} is no JSON: get it anew from where it came`);
  }
}

/** Whether something can be shown: a file's text and tokens are given in a path's stead by mistake. Google's tokens are told by how they begin. */
function isPath(text: string): boolean {
  return text.length <= 4096 && !/^\s*[{["]|[\r\n]|^(?:ya29\.|1\/\/|GOCSPX-)/.test(text);
}
