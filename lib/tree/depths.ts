/**
 * How deep the names lie that a pattern is about.
 *
 * @module
 */
import { expandBraces } from "../glob/mod.ts";
import { cleanPrefix } from "../names.ts";

/**
 * How many segments the names have that a pattern is about, for each of the patterns that its braces stand for; ascending and unique.
 * Slashes within `@(a/b|c)` count, so that no name is cut too short.
 */
export function depthsOf(pattern: string): number[] {
  const depths = expandBraces(pattern).map((each) => segmentsOf(cleanPrefix(each)));
  return [...new Set(depths)].sort((a, b) => a - b);
}

/**
 * Whether all names of so many segments that begin with a prefix are in one directory: a listing with a delimiter finds them then, without
 * going through what lies below.
 */
export function isOneDirectory(prefix: string, depth: number): boolean {
  return segmentsOf(prefix) === depth;
}

function segmentsOf(name: string): number {
  return name.split("/").length;
}
