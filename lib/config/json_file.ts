import { InvalidArgumentError, NotFoundError } from "../errors.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * What a file of JSON holds.
 *
 * @param advice What to do when it is missing.
 * @throws {NotFoundError} when it is missing, or may not be read.
 * @throws {InvalidArgumentError} when it is no JSON; what it is is not shown, since such files hold secrets.
 */
export async function readJsonFile(
  { readText }: Surroundings,
  path: string,
  advice = "check the path, and that it may be read",
): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) throw new NotFoundError(`there is no file ${path}: ${advice}`);
  return parseJsonFile(text, path);
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
