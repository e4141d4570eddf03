/**
 * Deleting objects and trees of them.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import { MAX_KEY_BYTES } from "../../backends/arguments.ts";
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { type FailedObject, InvalidArgumentError, NotFoundError, UnsupportedError } from "../errors.ts";
import { asError } from "../error_context.ts";
import { globMatcher, hasMagic, literalPrefixes } from "../glob/mod.ts";
import { cleanPrefix } from "../names.ts";
import {
  directoryOf,
  isUnclean,
  notAnObjectError,
  objectsBelow,
  REQUEST_OPTIONS,
  type RootOptions,
  throwIfFailed,
  treeKey,
  untoldError,
} from "../objects/mod.ts";

/** Options of {@linkcode removeObjects}. */
export interface RmOptions extends RequestOptions {
  /** Delete what is below the name too, and take wildcards; default false. */
  readonly recursive?: boolean;
  /** Default true; false moves to the store's trash instead. */
  readonly delete?: boolean;
  /** Delete nothing, and tell what would be. */
  readonly dryRun?: boolean;
}

const RM_OPTIONS: OptionTable<RmOptions> = {
  ...REQUEST_OPTIONS,
  recursive: true,
  delete: true,
  dryRun: true,
};

/** What was deleted. */
export interface RmResult {
  /** The names of the objects, relative as the name given was; with `dryRun`, of those that would be. */
  readonly deleted: string[];
}

/**
 * Deletes an object, or with `recursive` an object and exactly what is below it: `name` and `name/…`, and never `name2`. All that is to go is listed
 * before the first is deleted.
 *
 * With `recursive` the name may have wildcards, as for `globMatcher`: what matches is deleted with all that is below it. An object or a directory whose
 * name has the wildcards as they are written goes before, so that what `ls` gives is what is deleted.
 *
 * @throws {InvalidArgumentError} when the name is empty or `/`, is a directory, or has wildcards, and `recursive` isn't set. Nothing was deleted then.
 * @throws {NotFoundError} when nothing has the name, or matches it.
 * @throws {UnsupportedError} for `delete: false` where the store has no trash.
 * @throws {PartialFailureError} when some of several objects could not be deleted; it tells which.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { removeObjects } from "@cottoncandy/cottoncandy/filesystem";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * for (const name of ["data/exp/x", "data/exp/y", "data/exp2/x"]) await writeObject(backend, name, "…");
 * const { deleted } = await removeObjects(backend, "data/exp", { recursive: true });
 * console.assert(deleted.join() === "data/exp/x,data/exp/y");
 * console.assert(await backend.head("data/exp2/x") !== undefined);
 * ```
 */
export async function removeObjects(
  backend: Backend,
  name: string,
  options: RmOptions & RootOptions = {},
): Promise<RmResult> {
  checkOptions(options, RM_OPTIONS);
  const { root = "", dryRun = false, delete: forGood = true } = options;
  if (!forGood && !backend.capabilities.trash) {
    throw new UnsupportedError(`${backend.name} has no trash: leave delete: false out to delete for good`, {
      bucket: backend.bucket,
    });
  }
  const clean = cleanPrefix(name);
  if (clean === "") {
    throw new InvalidArgumentError(
      `${JSON.stringify(name)} is everything there is: rm deletes what has a name (use "**" if you mean it)`,
    );
  }
  const { signal, onWarning } = options;
  const key = await treeKey(backend, name, { root, signal, onWarning });
  if (isUnclean(name) && key === root + clean && hasMagic(clean)) {
    throw new InvalidArgumentError(
      `there is nothing of exactly the name ${JSON.stringify(name)}, and as a pattern it would be read as ${
        JSON.stringify(clean)
      }, which matches other names: write it so if that is what you mean`,
    );
  }
  const keys = await keysOf(backend, root, key.slice(root.length), options);
  if (!dryRun) await deleteAll(backend, key, keys, options);
  return { deleted: keys.map((key) => key.slice(root.length)) };
}

/** The full keys of what is to be deleted. */
async function keysOf(backend: Backend, root: string, name: string, options: RmOptions): Promise<string[]> {
  const key = root + name;
  // What cleaning would change is here only when it is exactly a name.
  const magic = !isUnclean(name) && hasMagic(name);
  // A pattern may be longer than any key.
  const mayBeKey = !magic || new TextEncoder().encode(key).byteLength <= MAX_KEY_BYTES;
  const own = mayBeKey && await backend.head(key, options);
  if (!options.recursive) {
    if (own) return [key];
    if (!magic) throw await notAnObjectError(backend, key, "deleted", options);
    throw new InvalidArgumentError(
      `"${name}" has wildcards and no object has it as its name: pass recursive: true to delete what matches it`,
    );
  }
  const directory = directoryOf(key);
  const keys = new Set(own && directory !== key ? [key] : []);
  if (mayBeKey) {
    for await (const below of objectsBelow(backend, directory, options)) keys.add(below.key);
  }
  if (magic && keys.size === 0) return await matchingKeys(backend, root, name, options);
  if (keys.size > 0) return [...keys];
  throw nothingError(backend, "has the name", key);
}

function nothingError({ name, bucket }: Backend, verb: string, key: string): NotFoundError {
  return new NotFoundError(`nothing in ${name} ${verb} "${key}"`, { key, bucket });
}

async function matchingKeys(
  backend: Backend,
  root: string,
  pattern: string,
  options: RmOptions,
): Promise<string[]> {
  const matches = await globMatcher(pattern);
  const matchesAbove = await globMatcher(`${pattern}/**`);
  const keys = new Set<string>();
  for (const prefix of literalPrefixes(pattern)) {
    for await (const { key } of objectsBelow(backend, root + prefix, options)) {
      const name = key.slice(root.length);
      // The root's own placeholder has no name.
      if (name !== "" && (matches(name) || matchesAbove(name))) keys.add(key);
    }
  }
  if (keys.size > 0) return [...keys];
  throw nothingError(backend, "matches", root + pattern);
}

async function deleteAll(
  backend: Backend,
  name: string,
  keys: readonly string[],
  { signal, onWarning, delete: forGood = true }: RmOptions,
): Promise<void> {
  const left = new Set(keys);
  const done: string[] = [];
  const failed: FailedObject[] = [];
  try {
    for await (const { key, error } of backend.delete(keys, { signal, onWarning, trash: !forGood })) {
      if (!left.delete(key)) continue;
      if (error) failed.push({ key, error });
      else done.push(key);
    }
    for (const key of left) failed.push({ key, error: untoldError(backend, key) });
  } catch (error) {
    signal?.throwIfAborted();
    if (done.length === 0 && failed.length === 0) throw error;
    // A batch failed as a whole: its keys, and those behind it, are in neither list.
    const [key = name] = left;
    failed.push({ key, error: asError(error) });
  }
  throwIfFailed(`of ${keys.length} objects under "${name}", deleted`, { done, failed }, backend);
}
