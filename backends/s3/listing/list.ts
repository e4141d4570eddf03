/**
 * Objects and prefixes, as `ListObjectsV2` gives them.
 *
 * @module
 */
import { type _Object, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { IntegrityError } from "../../../lib/errors.ts";
import { compareKeys } from "../../arguments.ts";
import type { ListOptions, ObjectInfo, Prefix } from "../../backend.ts";
import { plainETag, plainStorageClass } from "../answers.ts";
import type { S3Store } from "../store.ts";

type Listed = ObjectInfo | Prefix;

/**
 * Lists page by page; objects and prefixes come in one order. What the store lists is held against what was asked for, since it may be deleted next.
 *
 * @throws {IntegrityError} when an answer is no listing, or lists what was not asked for, or nothing that could be.
 */
export async function* listS3Objects(
  store: S3Store,
  options: ListOptions = {},
): AsyncGenerator<Listed, void, void> {
  const all: Listed[] = [];
  let before = new Set<string>();
  let last: string | undefined;
  // Directory buckets list in no order at all.
  let ordered = !store.bucket.endsWith("--x-s3");
  for await (const { entries, more } of pages(store, options)) {
    // Neither do stores that order names by something else than their bytes; while nothing has been given that is no harm.
    if (last === undefined) ordered &&= isOrdered(entries);
    if (!ordered) {
      all.push(...entries);
      continue;
    }
    const names = new Set<string>();
    let isNew = entries.length === 0;
    for (const entry of entries.sort(compareListed)) {
      const name = listedName(entry);
      // Some stores repeat on a page what was at the end of the one before it.
      if (names.has(name) || before.has(name)) continue;
      if (last !== undefined && compareKeys(name, last) <= 0) {
        throw wrongListing(
          store,
          `"${name}" comes after "${last}". Without its order a listing can't be relied on`,
        );
      }
      names.add(last = name);
      isNew = true;
      // What has come already is not given either.
      options.signal?.throwIfAborted();
      yield entry;
    }
    if (more && !isNew) {
      throw wrongListing(store, "a page repeats the one before it, and says that more follow");
    }
    before = names;
  }
  let previous: string | undefined;
  for (const entry of all.sort(compareListed)) {
    const name = listedName(entry);
    options.signal?.throwIfAborted();
    if (name !== previous) yield entry;
    previous = name;
  }
}

function compareListed(a: Listed, b: Listed): number {
  return compareKeys(listedName(a), listedName(b));
}

/** Whether a page's objects are in order, and so are its prefixes. */
function isOrdered(entries: readonly Listed[]): boolean {
  return entries.every((entry, i) =>
    i === 0 || "prefix" in entry !== "prefix" in entries[i - 1] || compareListed(entries[i - 1], entry) <= 0
  );
}

function wrongListing({ bucket, endpoint }: S3Store, what: string): IntegrityError {
  return new IntegrityError(`${endpoint} does not list bucket "${bucket}" as it was asked to: ${what}.`, {
    bucket,
  });
}

interface Page {
  /** Objects, then prefixes, as the store has them. */
  readonly entries: Listed[];
  /** The listing goes on. */
  readonly more: boolean;
}

async function* pages(store: S3Store, options: ListOptions): AsyncGenerator<Page, void, void> {
  const { prefix, delimiter, startAfter, pageSize, signal } = options;
  const wanted = checkerOf(store, options);
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: store.bucket,
      Prefix: prefix || undefined,
      Delimiter: delimiter || undefined,
      StartAfter: startAfter || undefined,
      MaxKeys: pageSize === undefined ? undefined : Math.min(1000, Math.max(1, Math.floor(pageSize))),
      ContinuationToken: token,
      // XML can't hold every character that a key can.
      EncodingType: "url",
    });
    const output = await store.send({ operation: "ListObjectsV2" }, command, signal);
    store.seen = true;
    const decode = output.EncodingType === "url" ? decodeKey : (key: string) => key;
    const entries: Listed[] = [];
    for (const object of output.Contents ?? []) {
      const info = listedObject(store, object, decode);
      // As some stores do that take "after" for "from".
      if (info.key !== startAfter) entries.push(wanted(info));
    }
    for (const { Prefix: name } of output.CommonPrefixes ?? []) {
      if (name !== undefined) entries.push(wanted({ prefix: decode(name) }));
    }
    yield { entries, more: output.IsTruncated === true };
    const next = output.IsTruncated ? output.NextContinuationToken : undefined;
    if (output.IsTruncated && (next === undefined || next === token)) {
      throw new IntegrityError(
        `${store.endpoint} says that the listing of bucket "${store.bucket}" goes on, but not where`,
        { bucket: store.bucket },
      );
    }
    token = next;
  } while (token !== undefined);
}

function listedName(entry: Listed): string {
  return "prefix" in entry ? entry.prefix : entry.key;
}

/** Gives back what was asked for, and throws on anything else: what does not know the request's parameters, a proxy or a small store, lists everything. */
function checkerOf(store: S3Store, options: ListOptions): (entry: Listed) => Listed {
  const { prefix = "", delimiter = "", startAfter = "" } = options;
  return (entry) => {
    const name = listedName(entry);
    const refuse = (why: string) => {
      throw wrongListing(store, `"${name}" ${why}`);
    };
    if (!name.startsWith(prefix)) refuse(`does not begin with "${prefix}"`);
    const end = delimiter ? name.indexOf(delimiter, prefix.length) : -1;
    if ("prefix" in entry ? end < 0 || end + delimiter.length !== name.length : end >= 0) {
      refuse(delimiter ? `is not summed up by "${delimiter}"` : "is summed up, by nothing that was named");
    }
    // A directory goes on after a key that is in it.
    const begun = "prefix" in entry && startAfter.startsWith(name);
    if (startAfter !== "" && !begun && compareKeys(name, startAfter) < 0) {
      refuse(`does not come after "${startAfter}"`);
    }
    return entry;
  };
}

function listedObject(store: S3Store, object: _Object, decode: (key: string) => string): ObjectInfo {
  const { Key: key, Size: size, LastModified: lastModified } = object;
  if (!key) throw wrongListing(store, "an object has no key");
  if (size === undefined || !Number.isSafeInteger(size) || size < 0) {
    throw wrongListing(store, `the size of "${key}" is ${size}`);
  }
  return {
    key: decode(key),
    size,
    lastModified: lastModified && !Number.isNaN(lastModified.getTime()) ? lastModified : new Date(0),
    etag: plainETag(object.ETag),
    storageClass: plainStorageClass(object.StorageClass),
  };
}

/** Undoes `encoding-type=url`, which is that of forms: a space is a plus. */
export function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch (cause) {
    throw new IntegrityError(`the store lists the key "${encoded}", which is not UTF-8`, { cause });
  }
}
