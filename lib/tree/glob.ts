/**
 * Objects whose names match a pattern.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import type { Backend, ObjectInfo } from "../../backends/backend.ts";
import { globMatcher, type GlobSemantics, hasFnmatchMagic, hasMagic, literalPrefixes } from "../glob/mod.ts";
import {
  checkListing,
  first,
  LISTING_OPTIONS,
  type ListingOptions,
  listingPrefix,
  objectAndBelow,
  objectsBelow,
  objectTable,
  relativeTo,
  type RootOptions,
  treeKey,
} from "../objects/mod.ts";
import { depthsOf, isOneDirectory } from "./depths.ts";
import { writtenName } from "./entries.ts";

/** Options of {@linkcode globObjects}. */
export interface GlobObjectsOptions extends ListingOptions {
  /**
   * What the pattern means: as in shells (`"path"`, the default: `*` stops at `/`, `**` crosses it), or as Python's cottoncandy reads it (`"fnmatch"`:
   * `*` crosses `/` too).
   */
  readonly semantics?: GlobSemantics;
}

/** Options of `glob`. */
export interface GlobNamesOptions extends GlobObjectsOptions {
  /** Print a table of the objects, too. */
  readonly verbose?: boolean;
}

const GLOB_OPTIONS: OptionTable<GlobNamesOptions> = { ...LISTING_OPTIONS, semantics: true, verbose: true };

/**
 * The objects whose names match a pattern, in the order of their names' UTF-8 bytes, as they are listed. Only what begins as the pattern does is
 * asked of the store, and only one directory where that is all that can match.
 *
 * A pattern without wildcards gives the object of that name and all below it, `name` and `name/**`, and never `name2`. With `"fnmatch"` it gives all
 * objects whose names begin with it, `name2` too, as Python does.
 *
 * @param pattern See `globMatcher` for what it may say.
 * @throws {InvalidArgumentError} when the pattern or an option makes no sense, before anything is sent.
 * @throws {NotFoundError} when there is no such bucket.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { globObjects } from "@cottoncandy/cottoncandy/filesystem";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * for (const name of ["sub01/run1.npy", "sub01/notes", "sub02/run1.npy"]) await writeObject(backend, name, "…");
 * const keys: string[] = [];
 * for await (const { key } of globObjects(backend, "sub*\/*.npy")) keys.push(key);
 * console.assert(keys.join() === "sub01/run1.npy,sub02/run1.npy");
 * ```
 */
export async function* globObjects(
  backend: Backend,
  pattern: string,
  options: GlobObjectsOptions & RootOptions = {},
): AsyncGenerator<ObjectInfo, void, void> {
  checkOptions(options, GLOB_OPTIONS);
  const { root = "", semantics = "path", limit, pageSize, signal, onWarning } = options;
  checkListing(options);
  // Python takes a "[" that quotes, or is never closed, for a wildcard: such a pattern matches one name, and nothing that goes on.
  if (semantics === "fnmatch" ? hasFnmatchMagic(pattern) : hasMagic(pattern, { semantics })) {
    yield* first(matching(backend, pattern, semantics, root, { pageSize, signal, onWarning }), limit);
    return;
  }
  const name = writtenName(pattern, { semantics });
  const place = { root, signal, onWarning };
  const listing = { limit, pageSize, signal, onWarning };
  const objects = semantics === "fnmatch"
    ? objectsBelow(backend, await listingPrefix(backend, name, place), listing)
    : objectAndBelow(backend, await treeKey(backend, name, place), listing);
  yield* first(relativeTo(root, objects), limit);
}

async function* matching(
  backend: Backend,
  pattern: string,
  semantics: GlobSemantics,
  root: string,
  listing: ListingOptions,
): AsyncGenerator<ObjectInfo, void, void> {
  const matches = await globMatcher(pattern, { semantics });
  const depths = semantics === "path" && !pattern.includes("**") ? depthsOf(pattern) : [];
  for (const prefix of literalPrefixes(pattern, { semantics })) {
    const delimiter = depths.length === 1 && isOneDirectory(prefix, depths[0]) ? "/" : undefined;
    const objects = objectsBelow(backend, root + prefix, { ...listing, delimiter });
    for await (const info of relativeTo(root, objects)) if (matches(info.key)) yield info;
  }
}

/** What a search found, as Python's cottoncandy prints it: a table, and a line that counts. */
export function searchReport(pattern: string, found: readonly ObjectInfo[]): string {
  const count = `Found ${found.length} objects matching "${pattern}"`;
  return found.length === 0 ? count : `${objectTable(found)}\n${count}`;
}
