/**
 * Objects of a bucket as a stream of what the store lists.
 *
 * Everything that lists takes a `root`: what names, on the way in and out, are relative to.
 *
 * @module
 */
import { collect } from "../async.ts";
import { REQUEST_OPTIONS } from "./reading/mod.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import type { Backend, ObjectInfo, Prefix, RequestOptions } from "../../backends/backend.ts";
import { type CottonCandyError, IntegrityError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import { directoryOf, listingPrefix, rememberListed } from "./keys.ts";

/** Options of what works with names below a prefix of the bucket. */
export interface RootOptions extends RequestOptions {
  /** What names are relative to, those given and those that come back: `""`, the default, or a prefix that ends in `/`. */
  readonly root?: string;
}

/** Options of everything that lists. */
export interface ListingOptions extends RequestOptions {
  /** The most entries to give; default all there are. */
  readonly limit?: number;
  /** Keys asked of the store in one request; never limits how many are listed. Stores have their own most, 1000 for S3. */
  readonly pageSize?: number;
}

/** Options of {@linkcode listObjects}. */
export interface ObjectsOptions extends ListingOptions {
  /** Only objects whose names begin with this; it may end anywhere in a name. */
  readonly prefix?: string;
}

/** The names of {@linkcode ListingOptions}. */
export const LISTING_OPTIONS: OptionTable<ListingOptions> = {
  ...REQUEST_OPTIONS,
  limit: true,
  pageSize: true,
};
const OBJECTS_OPTIONS: OptionTable<ObjectsOptions> = { ...LISTING_OPTIONS, prefix: true };

/**
 * The objects of a bucket, or those whose names begin with a prefix, in the order of their UTF-8 bytes. Complete however many there are; pages are
 * asked for as they are needed.
 *
 * @throws {InvalidArgumentError} when `limit` or `pageSize` makes no sense, before anything is sent.
 * @throws {NotFoundError} when there is no such bucket.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { listObjects, writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * await writeObject(backend, "sub01/run1", "scan");
 * await writeObject(backend, "sub02/run1", "scan");
 * const keys: string[] = [];
 * for await (const { key } of listObjects(backend, { prefix: "sub02" })) keys.push(key);
 * console.assert(keys.join() === "sub02/run1");
 * ```
 */
export async function* listObjects(
  backend: Backend,
  options: ObjectsOptions & RootOptions = {},
): AsyncGenerator<ObjectInfo, void, void> {
  checkOptions(options, OBJECTS_OPTIONS);
  const { root = "", prefix = "", limit } = options;
  checkListing(options);
  const from = await listingPrefix(backend, prefix, options);
  yield* first(relativeTo(root, objectsBelow(backend, from, options)), limit);
}

/**
 * How many bytes the objects of a bucket have together, as stored; or those whose names begin with a prefix.
 *
 * @throws {NotFoundError} when there is no such bucket.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { totalSize, writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const backend = new MemoryBackend();
 * await writeObject(backend, "a/x", "12345");
 * await writeObject(backend, "b/y", "67");
 * console.assert(await totalSize(backend) === 7 && await totalSize(backend, { prefix: "a/" }) === 5);
 * ```
 */
export async function totalSize(
  backend: Backend,
  options: ObjectsOptions & RootOptions = {},
): Promise<number> {
  checkOptions(options, OBJECTS_OPTIONS);
  let total = 0;
  for await (const { size } of listObjects(backend, options)) total += size;
  return total;
}

/**
 * What the store lists, page by page. An abort ends it at once, even where further entries have come already.
 *
 * @throws {IntegrityError} for what was not asked for: whoever deletes what is listed must not delete that.
 */
export async function* listEntries(
  backend: Backend,
  place: { readonly prefix: string; readonly delimiter?: string },
  options: ListingOptions = {},
): AsyncGenerator<ObjectInfo | Prefix, void, void> {
  const { signal, onWarning } = options;
  for await (const entry of backend.list({ ...place, signal, onWarning, pageSize: pageSizeFor(options) })) {
    signal?.throwIfAborted();
    const listed = "key" in entry ? entry.key : entry.prefix;
    if (typeof listed !== "string" || !listed.startsWith(place.prefix)) {
      throw new IntegrityError(
        `${backend.name} was asked for what begins with ${JSON.stringify(place.prefix)}, and lists ${
          JSON.stringify(listed)
        }: nothing in this listing can be relied on`,
        { bucket: backend.bucket },
      );
    }
    rememberListed(backend, listed);
    yield entry;
  }
  signal?.throwIfAborted();
}

/** All objects whose full keys begin with a prefix, in order; with a delimiter, those that don't have it behind the prefix. */
export async function* objectsBelow(
  backend: Backend,
  prefix: string,
  options: ListingOptions & { readonly delimiter?: string } = {},
): AsyncGenerator<ObjectInfo, void, void> {
  const { delimiter } = options;
  for await (const entry of listEntries(backend, { prefix, delimiter }, options)) {
    if ("key" in entry) yield entry;
  }
}

/**
 * An object and all below it, by its full key: `name` and `name/…`, and never `name2`. A key that ends in `/` stands for all that begins with it,
 * and `""` for the whole bucket.
 */
export async function* objectAndBelow(
  backend: Backend,
  key: string,
  options: ListingOptions = {},
): AsyncGenerator<ObjectInfo, void, void> {
  if (directoryOf(key) !== key) {
    const head = await backend.head(key, options);
    if (head) {
      const { size, lastModified, etag, versionId } = head;
      yield { key, size, lastModified, etag, versionId };
    }
  }
  yield* objectsBelow(backend, directoryOf(key), options);
}

/** How many objects of a directory are counted for a message: those that one request lists. */
const COUNTED = 1000;

/**
 * Why nothing can be done with a key that is no object, where only an object was meant: it is a directory, or nothing at all.
 *
 * @param done What can be done with a directory: `"deleted"`.
 */
export async function notAnObjectError(
  backend: Backend,
  key: string,
  done: string,
  { signal, onWarning }: RequestOptions,
): Promise<CottonCandyError> {
  const { bucket, name } = backend;
  const below = objectsBelow(backend, directoryOf(key), { signal, onWarning });
  const { length } = await collect<ObjectInfo>(first(below, COUNTED));
  if (length === 0) return new NotFoundError(`there is no object "${key}" in ${name}`, { key, bucket });
  const objects = length === 1 ? "1 object" : `${length < COUNTED ? "" : "at least "}${length} objects`;
  return new InvalidArgumentError(
    `"${key}" is no object but a directory with ${objects}: pass recursive: true to have all of it ${done}`,
    { key, bucket },
  );
}

/** The same objects under their names below a root, without the root's own placeholder, which has none. */
export function relativeTo<T extends { readonly key: string }>(
  root: string,
  objects: AsyncIterable<T>,
): AsyncIterable<T> {
  // Each generator that a listing goes through costs as much as reading a key.
  return root === "" ? objects : below(root, objects);
}

async function* below<T extends { readonly key: string }>(
  root: string,
  objects: AsyncIterable<T>,
): AsyncGenerator<T, void, void> {
  for await (const info of objects) {
    if (info.key.length > root.length) yield { ...info, key: info.key.slice(root.length) };
  }
}

/** The first entries of a listing, of which no more is asked for than is given. */
export function first<T>(entries: AsyncIterable<T>, limit: number = Infinity): AsyncIterable<T> {
  return limit === Infinity ? entries : limited(entries, limit);
}

async function* limited<T>(entries: AsyncIterable<T>, limit: number): AsyncGenerator<T, void, void> {
  if (limit <= 0) return;
  let count = 0;
  for await (const entry of entries) {
    yield entry;
    if (++count >= limit) return;
  }
}

/**
 * Checks `limit` and `pageSize`.
 *
 * @throws {InvalidArgumentError} when `limit` is neither a whole number from 0 nor `Infinity`, or `pageSize` is no whole number from 1.
 */
export function checkListing({ limit = Infinity, pageSize = 1 }: ListingOptions): void {
  if (limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new InvalidArgumentError(`limit is a whole number from 0, and not ${limit}: leave it out for all`);
  }
  if (!(Number.isSafeInteger(pageSize) && pageSize > 0)) {
    throw new InvalidArgumentError(`pageSize is a whole number from 1, and not ${pageSize}`);
  }
}

/** Keys to ask for in one request: not many more than are wanted. */
function pageSizeFor({ limit, pageSize }: ListingOptions): number | undefined {
  return pageSize ?? (limit === undefined || limit > 1000 ? undefined : Math.max(1, limit));
}
