/**
 * Python's ideas of wildcards, which its `ls` and `lsdir` follow.
 *
 * @module
 */

/**
 * Whether Python's fnmatch may read a name as a pattern: whether it has any of `*`, `?`, `[`.
 *
 * @example
 * ```ts
 * import { hasFnmatchMagic } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(hasFnmatchMagic("sub0?") && !hasFnmatchMagic("{a,b}"));
 * ```
 */
export function hasFnmatchMagic(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/**
 * Whether a pattern is a directory with `/*` behind it and nothing else to it: `data/*`, but neither `*` nor `da*a/*`.
 *
 * @example
 * ```ts
 * import { hasTrivialMagic } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(hasTrivialMagic("data/*") && !hasTrivialMagic("data/*.npy"));
 * ```
 */
export function hasTrivialMagic(pattern: string): boolean {
  return pattern.endsWith("/*") && !hasFnmatchMagic(pattern.slice(0, -1));
}

/**
 * `data/*` as `data/`; other patterns as they are.
 *
 * @example
 * ```ts
 * import { removeTrivialMagic } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(removeTrivialMagic("data/*") === "data/");
 * console.assert(removeTrivialMagic("data/*.npy") === "data/*.npy");
 * ```
 */
export function removeTrivialMagic(pattern: string): string {
  return hasTrivialMagic(pattern) ? pattern.slice(0, -1) : pattern;
}

/**
 * A key cut to as many path segments as a pattern has: what Python's `ls` matches and shows, so that a pattern finds directories too. A key with
 * fewer segments stays whole, and no trailing `/` is left.
 *
 * @example
 * ```ts
 * import { cutToDepth } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(cutToDepth("sub01/run1/data", "sub*") === "sub01");
 * console.assert(cutToDepth("sub01/run1/data", "sub01/*") === "sub01/run1");
 * ```
 */
export function cutToDepth(key: string, pattern: string): string {
  const segments = (path: string) => path.replace(/(?<=.)\/$/s, "").split("/");
  return segments(key).slice(0, segments(pattern).length).join("/");
}
