/**
 * Names of objects, by the rules of Python's cottoncandy: runs of `/` count as one, one leading `/` is dropped, and everything else is kept as
 * it is: `.` and `..`, spaces, `%41`, `#`, `+` and unicode are characters like any other. Where a store has something under exactly the name that was given,
 * it is that instead: `lib/objects/keys.ts`.
 *
 * @module
 */
import { InvalidArgumentError } from "./errors.ts";

/**
 * The key that a name stands for.
 *
 * @category Objects
 * @throws {InvalidArgumentError} when nothing is left of the name, when it climbs above its root (`../x`), or when it is no valid unicode or no string.
 *
 * @example
 * ```ts
 * import { cleanName } from "@cottoncandy/cottoncandy";
 *
 * console.assert(cleanName("//sub01//run1/data") === "sub01/run1/data");
 * ```
 */
export function cleanName(name: string): string {
  const key = cleanPrefix(name);
  if (key === "") {
    throw new InvalidArgumentError(`an object needs a name, and ${JSON.stringify(name)} leaves none`);
  }
  return key;
}

/** Like {@linkcode cleanName}, for what may be empty: the prefix of a listing, the root of an interface. */
export function cleanPrefix(name: string): string {
  if (typeof name !== "string") {
    throw new InvalidArgumentError(`a name is a string, not ${name === null ? "null" : typeof name}`);
  }
  if (!name.isWellFormed()) {
    throw new InvalidArgumentError(
      `${JSON.stringify(name)} is no valid unicode text: it has half of a surrogate pair`,
    );
  }
  const key = name.replace(/\/{2,}/g, "/").replace(/^\//, "");
  if (climbsOut(key)) {
    throw new InvalidArgumentError(
      `the name ${
        JSON.stringify(name)
      } leads out of its root by "..": use a name below the bucket or prefix; what has exactly this key is reached ` +
        "by the interface's `backend` alone",
    );
  }
  return key;
}

/** Whether a path, read as a file system would, leaves its root at any step. */
export function climbsOut(key: string): boolean {
  let depth = 0;
  for (const segment of key.split("/")) {
    if (segment === "..") depth--;
    else if (segment !== "." && segment !== "") depth++;
    if (depth < 0) return true;
  }
  return false;
}

/**
 * Joins names as POSIX paths are joined: a part that begins with `/` discards what stands before it, and an empty last part leaves a
 * trailing `/`.
 *
 * @category Objects
 * @example
 * ```ts
 * import { pathjoin } from "@cottoncandy/cottoncandy";
 *
 * console.assert(pathjoin("sub01", "run1", "data") === "sub01/run1/data");
 * console.assert(pathjoin("sub01", "/abs") === "/abs");
 * console.assert(pathjoin("sub01", "") === "sub01/");
 * ```
 */
export function pathjoin(a: string, ...p: string[]): string {
  let joined = a;
  for (const part of p) {
    if (part.startsWith("/")) joined = part;
    else if (joined === "" || joined.endsWith("/")) joined += part;
    else joined += `/${part}`;
  }
  return joined;
}

/** The key of a name below a prefix: the prefix is `""` or ends in `/`. */
export function keyBelow(prefix: string, name: string): string {
  return prefix + cleanName(name);
}

/** A name without the `/` at its end, if there is more to it. */
export function withoutSlash(name: string): string {
  return name.length > 1 && name.endsWith("/") ? name.slice(0, -1) : name;
}
