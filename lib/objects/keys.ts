/**
 * Which key a name stands for.
 *
 * People's names are cleaned as Python's cottoncandy does (`../names.ts`): `/sub01//run1` is `sub01/run1`. But stores keep keys as they are, `sub01//run1` may be an
 * object of its own, and a listing that gives it gives a name that looks the same. So a name that cleaning would change is looked up before: where something is
 * stored under exactly it, it is that, in every method, and nothing else is read, written or deleted. All other names, so nearly all, cost nothing.
 *
 * What was listed or looked up stays exact for the store at hand, also once its object is gone: who deletes `x//y` a second time is not to delete `x/y`.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { AccessDeniedError, InvalidArgumentError } from "../errors.ts";
import { cleanName, cleanPrefix } from "../names.ts";

/** Options of what looks a name up. */
type NameOptions = RequestOptions & {
  /** What the name is relative to: `""`, the default, or a prefix that ends in `/`. */
  readonly root?: string;
};

/** Of each store, keys that were seen, or are to be written, though cleaning would change them. */
const seen = new WeakMap<Backend, Set<string>>();
/** How many are remembered of what was listed; whatever else is there is looked up. */
const REMEMBERED = 100_000;

/** Whether cleaning changes a name, or what begins a key. */
export function isUnclean(name: string): boolean {
  return name.startsWith("/") || name.includes("//");
}

/** Remembers a key that was listed, or what keys begin with that were. */
export function rememberListed(backend: Backend, key: string): void {
  if (isUnclean(key) && (seen.get(backend)?.size ?? 0) < REMEMBERED) exactKey(backend, key);
}

/** A key that is meant exactly, whatever is stored: of what goes below a directory that was looked up. */
export function exactKey(backend: Backend, key: string): string {
  if (!isUnclean(key)) return key;
  let keys = seen.get(backend);
  if (!keys) seen.set(backend, keys = new Set());
  keys.add(key);
  return key;
}

/** Whether a key was seen, though cleaning would change it, or keys below it. */
export function wasSeen(backend: Backend, key: string): boolean {
  const keys = seen.get(backend);
  return keys !== undefined && (keys.has(key) || keys.has(`${key}/`));
}

/**
 * The key of one object's name: the name as it is where there is an object of exactly that key, else cleaned. At most one request, and none for a name that
 * is clean.
 *
 * @throws {InvalidArgumentError} as {@linkcode cleanName} does.
 * @throws {AccessDeniedError} when the store doesn't tell whether there is such an object.
 */
export async function objectKey(backend: Backend, name: string, options: NameOptions): Promise<string> {
  return await exactOr(
    backend,
    name,
    cleanName(name),
    options,
    async (key, request) => await backend.head(key, request) !== undefined,
  );
}

/**
 * The key of a name that stands for an object and what is below it: the name as it is where something is stored under exactly that, else cleaned. What is only
 * slashes is the root, `""`.
 *
 * @throws {InvalidArgumentError} as {@linkcode cleanPrefix} does.
 * @throws {AccessDeniedError} when the store doesn't tell whether there is something.
 */
export async function treeKey(backend: Backend, name: string, options: NameOptions): Promise<string> {
  return await exactOr(
    backend,
    name,
    cleanPrefix(name),
    options,
    async (key, request) =>
      !key.endsWith("/") && await backend.head(key, request) !== undefined ||
      await isAnyBelow(backend, directoryOf(key), request),
  );
}

/** What listed names are to begin with: as it is where some do, else cleaned. What is only slashes is `""`. */
export async function listingPrefix(
  backend: Backend,
  prefix: string,
  options: NameOptions,
): Promise<string> {
  return await exactOr(
    backend,
    prefix,
    cleanPrefix(prefix),
    options,
    (key, request) => isAnyBelow(backend, key, request),
  );
}

async function exactOr(
  backend: Backend,
  name: string,
  clean: string,
  { root = "", signal, onWarning }: NameOptions,
  isThere: (key: string, request: RequestOptions) => Promise<boolean>,
): Promise<string> {
  if (name === clean || clean === "") return root + clean;
  const key = root + name;
  if (wasSeen(backend, key)) return key;
  try {
    if (!await isThere(key, { signal, onWarning })) return root + clean;
  } catch (error) {
    // No store has keys that are so long.
    if (error instanceof InvalidArgumentError) return root + clean;
    if (!(error instanceof AccessDeniedError)) throw error;
    throw new AccessDeniedError(
      `${backend.name} does not say whether something is stored under exactly ${
        JSON.stringify(name)
      }: write ${JSON.stringify(clean)} if that is what you mean`,
      { key, bucket: backend.bucket, committed: "no", cause: error },
    );
  }
  return exactKey(backend, key);
}

/**
 * Throws where `"/"` may be meant as everything, or as what a listing gave: the directory without a name, which is a part of it.
 *
 * @throws {InvalidArgumentError} when there is such a directory.
 */
export async function refuseAmbiguousRoot(
  backend: Backend,
  name: string,
  options: NameOptions,
): Promise<void> {
  if (name === "" || !await isAnyBelow(backend, (options.root ?? "") + name, options)) return;
  throw new InvalidArgumentError(
    `${
      JSON.stringify(name)
    } is everything, and there are objects whose names begin so as well: say "" for everything, ` +
      "or take them one by one",
    { bucket: backend.bucket, committed: "no" },
  );
}

async function isAnyBelow(
  backend: Backend,
  prefix: string,
  { signal, onWarning }: RequestOptions,
): Promise<boolean> {
  for await (const _ of backend.list({ prefix, pageSize: 1, signal, onWarning })) return true;
  return false;
}

/** What all keys below an object begin with: `name/`, and `""` for the whole bucket. */
export function directoryOf(key: string): string {
  return key === "" || key.endsWith("/") ? key : `${key}/`;
}
