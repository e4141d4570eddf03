/**
 * What is in one directory, or at one depth, with what the listing tells of it.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import type { Backend, ObjectInfo } from "../../backends/backend.ts";
import { globMatcher, type GlobOptions, hasMagic, literalPrefix, literalPrefixes } from "../glob/mod.ts";
import { cleanPrefix, withoutSlash } from "../names.ts";
import {
  checkListing,
  directoryOf,
  first,
  listEntries,
  LISTING_OPTIONS,
  type ListingOptions,
  objectsBelow,
  relativeTo,
  type RootOptions,
  treeKey,
} from "../objects/mod.ts";
import { depthsOf, isOneDirectory } from "./depths.ts";

/** What a directory holds: an object, or a directory, of which only its name is known. */
export type NamedEntry =
  | (ObjectInfo & {
    /** An object. */
    readonly kind: "object";
    /** Its name, as {@linkcode listNames} has it. */
    readonly name: string;
  })
  | {
    /** A directory. */
    readonly kind: "directory";
    /** Its name, without a `/` at its end. */
    readonly name: string;
    /** What the names below it begin with, relative as names are. */
    readonly key: string;
  };

/**
 * What is in a directory, or matches a pattern, as {@linkcode listNames} has it, with what the listing tells of each object. An object and a directory
 * of one name are two entries.
 *
 * @throws {InvalidArgumentError} when the pattern or an option makes no sense.
 * @throws {NotFoundError} when there is no such bucket.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { listNamedEntries } from "@cottoncandy/cottoncandy/filesystem";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * for (const name of ["sub01/notes", "sub01/run1/scan"]) await writeObject(backend, name, "…");
 * const found: string[] = [];
 * for await (const entry of listNamedEntries(backend, "sub01")) found.push(`${entry.kind} ${entry.name}`);
 * console.assert(found.join() === "object sub01/notes,directory sub01/run1");
 * ```
 */
export async function* listNamedEntries(
  backend: Backend,
  pattern: string,
  options: ListingOptions & RootOptions = {},
): AsyncGenerator<NamedEntry, void, void> {
  checkOptions(options, LISTING_OPTIONS);
  checkListing(options);
  yield* first(unique(entriesOf(backend, pattern, options)), options.limit);
}

/** The entries of a directory, or that match a pattern; some of them several times, and more than `limit`. */
export function entriesOf(
  backend: Backend,
  pattern: string,
  options: ListingOptions & RootOptions,
): AsyncGenerator<NamedEntry, void, void> {
  const trimmed = withoutTrailingStar(pattern);
  return trimmed === "." || !hasMagic(trimmed)
    ? childrenOf(backend, writtenName(trimmed), options)
    : matchingEntries(backend, trimmed, options);
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

/** The entries of one directory. */
export async function* childrenOf(
  backend: Backend,
  directory: string,
  { root = "", signal, onWarning, ...rest }: ListingOptions & RootOptions,
): AsyncGenerator<NamedEntry, void, void> {
  const request = { root, signal, onWarning };
  const key = await treeKey(backend, cleanPrefix(directory) === "." ? "" : directory, request);
  const prefix = key === root ? "" : directoryOf(key).slice(root.length);
  yield* entriesAt(backend, prefix, { ...request, ...rest });
}

async function* matchingEntries(
  backend: Backend,
  pattern: string,
  options: ListingOptions & RootOptions,
): AsyncGenerator<NamedEntry, void, void> {
  const { root = "", signal, onWarning, pageSize } = options;
  const listing = { root, signal, onWarning, pageSize };
  const matches = await globMatcher(pattern);
  const depths = depthsOf(pattern);
  for (const prefix of literalPrefixes(pattern)) {
    const entries = depths.length === 1 && isOneDirectory(prefix, depths[0])
      ? entriesAt(backend, prefix, listing)
      : entriesBelow(backend, prefix, depths, listing);
    for await (const entry of entries) if (matches(entry.name)) yield entry;
  }
}

/** What is in one directory and begins with a prefix, which ends in the directory's `/` or behind it. */
async function* entriesAt(
  backend: Backend,
  prefix: string,
  { root = "", ...listing }: ListingOptions & RootOptions,
): AsyncGenerator<NamedEntry, void, void> {
  const from = root + prefix;
  for await (const entry of listEntries(backend, { prefix: from, delimiter: "/" }, listing)) {
    const full = "key" in entry ? entry.key : entry.prefix;
    // The directory's own placeholder.
    if (full === from && full.endsWith("/")) continue;
    const key = full.slice(root.length);
    yield "key" in entry
      ? { kind: "object", name: nameOf(key), ...entry, key }
      : { kind: "directory", name: nameOf(key), key };
  }
}

/** All that begins with a prefix, cut to each of the depths. */
async function* entriesBelow(
  backend: Backend,
  prefix: string,
  depths: readonly number[],
  { root = "", ...listing }: ListingOptions & RootOptions,
): AsyncGenerator<NamedEntry, void, void> {
  for await (const info of relativeTo(root, objectsBelow(backend, root + prefix, listing))) {
    for (const depth of depths) {
      const segments = withoutSlash(info.key).split("/");
      if (segments.length > depth) {
        const key = segments.slice(0, depth).join("/") + "/";
        yield { kind: "directory", name: nameOf(key), key };
      } else yield { kind: "object", name: nameOf(info.key), ...info };
    }
  }
}

async function* unique(entries: AsyncIterable<NamedEntry>): AsyncGenerator<NamedEntry, void, void> {
  const seen = new Set<string>();
  for await (const entry of entries) {
    if (seen.has(entry.key)) continue;
    seen.add(entry.key);
    yield entry;
  }
}

/** A name without the `/` at its end, but where another name would be left: the directory `x//` is not `x/`. */
function nameOf(name: string): string {
  return /(?:^|\/)\/$/.test(name) ? name : withoutSlash(name);
}
