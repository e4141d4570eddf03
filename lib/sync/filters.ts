import { InvalidArgumentError } from "../errors.ts";
import { globMatcher } from "../glob/mod.ts";

/** A pattern of names that are synced, or left alone. */
export type SyncFilter =
  | {
    /** What matches is synced. */
    readonly include: string;
  }
  | {
    /** What matches is neither copied nor deleted. */
    readonly exclude: string;
  };

/**
 * Whether names are synced: the first pattern that matches says so. What none matches is, unless all patterns are of what is included.
 *
 * Patterns are those of shells, relative to the place. One without a `/` is of a name's last part, at any depth, as in rsync and rclone; one that ends in `/` is of all that is below
 * such a directory. One that begins with `/` is of the place itself, and not of what lies deeper. What is excluded is so with all that is below it: `{ exclude: ".git" }` is of files and of directories.
 *
 * @throws {InvalidArgumentError} for a pattern that can't be, or a filter that says neither or both.
 */
export async function nameFilter(filters: readonly SyncFilter[]): Promise<(name: string) => boolean> {
  const rules = await Promise.all(filters.map(async (filter) => {
    const rule = ruleOf(filter);
    const matches = await matcherOf(rule.pattern);
    return { ...rule, matches: rule.includes ? matches : (name: string) => isBelow(name, matches) };
  }));
  const otherwise = rules.length === 0 || rules.some(({ includes }) => !includes);
  return (name) => rules.find(({ matches }) => matches(name))?.includes ?? otherwise;
}

/** Whether a name matches, or a directory in which it is. */
function isBelow(name: string, matches: (name: string) => boolean): boolean {
  if (matches(name)) return true;
  for (let end = name.indexOf("/"); end >= 0; end = name.indexOf("/", end + 1)) {
    if (end > 0 && matches(name.slice(0, end))) return true;
  }
  return false;
}

function ruleOf(filter: SyncFilter): { readonly pattern: string; readonly includes: boolean } {
  const [only, ...others] = Object.entries(filter).filter(([, pattern]) => pattern !== undefined);
  if (only !== undefined && others.length === 0 && typeof only[1] === "string" && only[1] !== "") {
    if (only[0] === "include") return { pattern: only[1], includes: true };
    if (only[0] === "exclude") return { pattern: only[1], includes: false };
  }
  throw new InvalidArgumentError(
    `a filter is { include: "pattern" } or { exclude: "pattern" }, and not ${JSON.stringify(filter)}`,
    { committed: "no" },
  );
}

async function matcherOf(pattern: string): Promise<(name: string) => boolean> {
  const directory = pattern.endsWith("/");
  if (pattern.startsWith("/")) return await globMatcher(pattern.slice(1) + (directory ? "**" : ""));
  const anywhere = !(directory ? pattern.slice(0, -1) : pattern).includes("/");
  if (anywhere && !directory) {
    const matches = await globMatcher(pattern);
    return (name) => matches(name.slice(name.lastIndexOf("/", name.length - 2) + 1).replace(/\/$/, ""));
  }
  const matches = await globMatcher((anywhere ? "**/" : "") + pattern + (directory ? "**" : ""));
  // The directory's own placeholder goes with what is in it.
  return directory ? (name) => matches(name) || name.endsWith("/") && matches(`${name}x`) : matches;
}
