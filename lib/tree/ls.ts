/**
 * Names in one directory, or at one depth: as shells list them.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import { compareKeys } from "../../backends/arguments.ts";
import type { Backend } from "../../backends/backend.ts";
import { InvalidArgumentError } from "../errors.ts";
import { hasFnmatchMagic, removeTrivialMagic } from "../glob/mod.ts";
import { cleanPrefix } from "../names.ts";
import {
  checkListing,
  LISTING_OPTIONS,
  type ListingOptions,
  print,
  type RootOptions,
} from "../objects/mod.ts";
import { childrenOf, entriesOf, type NamedEntry } from "./entries.ts";

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
  return await uniqueNames(childrenOf(backend, directory, options), options.limit);
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
  const names = await uniqueNames(entriesOf(backend, pattern, options), options.limit);
  if (options.verbose && names.length > 0) print([...names].sort(compareKeys).join("\n"));
  return names;
}

/** The names of entries, each once. An early end ends the listing. */
async function uniqueNames(entries: AsyncIterable<NamedEntry>, limit: number = Infinity): Promise<string[]> {
  const seen = new Set<string>();
  if (limit <= 0) return [];
  for await (const { name } of entries) {
    if (seen.add(name).size >= limit) break;
  }
  return [...seen];
}
