/**
 * Names in one directory, or at one depth: as shells list them.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import { compareKeys } from "../../backends/arguments.ts";
import type { Backend } from "../../backends/backend.ts";
import { InvalidArgumentError } from "../errors.ts";
import {
  expandBraces,
  globMatcher,
  type GlobOptions,
  hasFnmatchMagic,
  hasMagic,
  literalPrefix,
  literalPrefixes,
  removeTrivialMagic,
} from "../glob/mod.ts";
import { cleanPrefix, withoutSlash } from "../names.ts";
import {
  checkListing,
  directoryOf,
  listEntries,
  LISTING_OPTIONS,
  type ListingOptions,
  objectsBelow,
  print,
  relativeTo,
  type RootOptions,
  treeKey,
} from "../objects/mod.ts";

/** Options of {@linkcode listNames}. */
export interface LsOptions extends ListingOptions {
  /** Print the names too, sorted, one a line. */
  readonly verbose?: boolean;
}

const LS_OPTIONS: OptionTable<LsOptions> = { ...LISTING_OPTIONS, verbose: true };

/**
 * The names in a directory: of its objects and of the directories in it, each once and without a `/` at its end, in the order listed. What lies
 * deeper is not gone through. A placeholder object `dir/` does not list itself; what is no directory, or isn't there, has nothing in it.
 *
 * @param path The directory; `""`, `"/"` and `"."` are the root. A `/*` at its end changes nothing.
 * @throws {InvalidArgumentError} when the path has wildcards: `*`, `?` or `[`.
 * @throws {NotFoundError} when there is no such bucket.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { listDirectory } from "@cottoncandy/cottoncandy/filesystem";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * await writeObject(backend, "sub01/run1/scan", "…");
 * await writeObject(backend, "sub01/notes", "…");
 * console.assert((await listDirectory(backend, "sub01")).join() === "sub01/notes,sub01/run1");
 * ```
 */
export async function listDirectory(
  backend: Backend,
  path: string = "",
  options: ListingOptions & RootOptions = {},
): Promise<string[]> {
  checkOptions(options, LISTING_OPTIONS);
  const directory = removeTrivialMagic(path);
  if (hasFnmatchMagic(cleanPrefix(directory))) {
    throw new InvalidArgumentError(
      `lsdir takes one directory, and "${path}" has wildcards: use ls, where \\ before a character makes it an ordinary one`,
    );
  }
  checkListing(options);
  return await childrenOf(backend, directory, options);
}

/**
 * The names that match a pattern, directories included: keys are cut to as many segments as the pattern has. Without wildcards it is a
 * directory's content, as {@linkcode listDirectory} gives it. Each name comes once and without a `/` at its end, in the order listed.
 *
 * Only one directory is listed where wildcards are in the last segment alone; otherwise everything that begins as the pattern does.
 *
 * @param pattern As for `globMatcher`; since names are cut, `**` stands for one segment or none. A `/*` at its end counts as the directory before it.
 * @throws {InvalidArgumentError} when the pattern or an option makes no sense, before anything is sent.
 * @throws {NotFoundError} when there is no such bucket.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { listNames } from "@cottoncandy/cottoncandy/filesystem";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * for (const name of ["sub01/run1/scan", "sub01/run2/scan", "sub02/run1/scan"]) await writeObject(backend, name, "…");
 * console.assert((await listNames(backend, "sub*")).join() === "sub01,sub02");
 * console.assert((await listNames(backend, "*\/run1")).join() === "sub01/run1,sub02/run1");
 * ```
 */
export async function listNames(
  backend: Backend,
  pattern: string,
  options: LsOptions & RootOptions = {},
): Promise<string[]> {
  checkOptions(options, LS_OPTIONS);
  checkListing(options);
  const trimmed = withoutTrailingStar(pattern);
  const names = trimmed === "." || !hasMagic(trimmed)
    ? await childrenOf(backend, writtenName(trimmed), options)
    : await unique(matchingNames(backend, trimmed, options), options.limit);
  if (options.verbose && names.length > 0) print([...names].sort(compareKeys).join("\n"));
  return names;
}

/** `dir/*` is `dir/`, where there are no other wildcards. */
function withoutTrailingStar(pattern: string): string {
  const directory = pattern.replace(/\/\*$/, "/");
  return hasMagic(directory) ? withoutSlash(pattern) : directory;
}

/** The name that a pattern without wildcards is: as it is written, but for what is quoted in it. */
export function writtenName(pattern: string, options: GlobOptions = {}): string {
  const literal = literalPrefix(pattern, options);
  return cleanPrefix(pattern) === literal ? pattern : literal;
}

async function childrenOf(
  backend: Backend,
  directory: string,
  { root = "", signal, onWarning, ...rest }: ListingOptions & RootOptions,
): Promise<string[]> {
  const request = { root, signal, onWarning };
  const key = await treeKey(backend, cleanPrefix(directory) === "." ? "" : directory, request);
  const prefix = key === root ? "" : directoryOf(key).slice(root.length);
  return await unique(namesAt(backend, prefix, { ...request, ...rest }), rest.limit);
}

async function* matchingNames(
  backend: Backend,
  pattern: string,
  options: ListingOptions & RootOptions,
): AsyncGenerator<string, void, void> {
  const { root = "", signal, onWarning, pageSize } = options;
  const listing = { root, signal, onWarning, pageSize };
  const matches = await globMatcher(pattern);
  const depths = depthsOf(pattern);
  for (const prefix of literalPrefixes(pattern)) {
    const names = depths.length === 1 && isOneDirectory(prefix, depths[0])
      ? namesAt(backend, prefix, listing)
      : namesBelow(backend, prefix, depths, listing);
    for await (const name of names) if (matches(name)) yield name;
  }
}

/** The names in one directory that begin with a prefix, which ends in the directory's `/` or behind it. */
async function* namesAt(
  backend: Backend,
  prefix: string,
  { root = "", ...listing }: ListingOptions & RootOptions,
): AsyncGenerator<string, void, void> {
  const from = root + prefix;
  for await (const entry of listEntries(backend, { prefix: from, delimiter: "/" }, listing)) {
    const key = "key" in entry ? entry.key : entry.prefix;
    // The directory's own placeholder.
    if (key === from && key.endsWith("/")) continue;
    yield nameOf(key.slice(root.length));
  }
}

/** All names that begin with a prefix, cut to each of the depths. */
async function* namesBelow(
  backend: Backend,
  prefix: string,
  depths: readonly number[],
  { root = "", ...listing }: ListingOptions & RootOptions,
): AsyncGenerator<string, void, void> {
  for await (const { key } of relativeTo(root, objectsBelow(backend, root + prefix, listing))) {
    for (const depth of depths) yield cutTo(depth, key);
  }
}

async function unique(names: AsyncIterable<string>, limit: number = Infinity): Promise<string[]> {
  const seen = new Set<string>();
  if (limit <= 0) return [];
  for await (const name of names) {
    if (seen.add(name).size >= limit) break;
  }
  return [...seen];
}

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

/** A name without the `/` at its end, but where another name would be left: the directory `x//` is not `x/`. */
function nameOf(name: string): string {
  return /(?:^|\/)\/$/.test(name) ? name : withoutSlash(name);
}

/** A name cut to its first segments, without a `/` at its end. */
function cutTo(depth: number, name: string): string {
  const segments = withoutSlash(name).split("/");
  return nameOf(segments.length > depth ? segments.slice(0, depth).join("/") + "/" : name);
}

function segmentsOf(name: string): number {
  return name.split("/").length;
}
