/**
 * How keys become folders and files: each part of a key between slashes is a folder's name, the last one the file's, as they are. Names in Drive may
 * hold any character, slashes too, which parts of a key never do: names that begin with one carry what Drive can't hold otherwise.
 *
 * - A part of no characters (`a//b`, `dir/`) is the name `/`, since Drive calls what has no name "Untitled".
 * - Drive allows 100 folders within each other. From the 60th on, what is left of the key is the file's name, after a `/`.
 *
 * @module
 */

/** Folders that a key makes at most; Drive's limit of 100 counts those above the root, too. */
export const MAX_DEPTH = 60;

/** Where an object is: the names of the folders from the root on, and the file's. */
export interface Place {
  /** The folders' names. */
  readonly folders: readonly string[];
  /** The file's name. */
  readonly name: string;
}

/** Where a key's object is. */
export function placeOf(key: string): Place {
  const parts = key.split("/");
  const folders = parts.slice(0, Math.min(parts.length - 1, MAX_DEPTH)).map(nameOf);
  const rest = parts.slice(folders.length);
  return { folders, name: rest.length === 1 ? nameOf(rest[0]) : `/${rest.join("/")}` };
}

/** The folders in which all keys with a prefix are. */
export function foldersOf(prefix: string): readonly string[] {
  return prefix.split("/").slice(0, -1).slice(0, MAX_DEPTH).map(nameOf);
}

/** The prefix of the keys in a folder. */
export function prefixOf(folders: readonly string[]): string {
  return folders.map((name) => `${partOf(name) ?? name}/`).join("");
}

/** The name of a part of a key. */
function nameOf(part: string): string {
  return part === "" ? "/" : part;
}

/** The part of a key that a folder's name stands for; `undefined` for a name with a slash that no key makes. */
export function partOf(name: string): string | undefined {
  if (name === "/") return "";
  return name.includes("/") || name === "" ? undefined : name;
}

/**
 * The end of a key that a file's name stands for; `undefined` for a name with a slash that no key makes.
 *
 * @param depth How many folders are above it, below the root.
 */
export function endOf(name: string, depth: number): string | undefined {
  const part = partOf(name);
  if (part !== undefined || depth !== MAX_DEPTH) return part;
  const rest = name.slice(1);
  return name.startsWith("/") && rest.includes("/") ? rest : undefined;
}
