/**
 * Objects and prefixes, as `ListObjectsV2` gives them.
 *
 * @module
 */
import { IntegrityError } from "../../lib/errors.ts";
import { compareKeys } from "../arguments.ts";
import type { ListOptions, ObjectInfo, Prefix } from "../backend.ts";
import { type BucketPage, bucketPageOf } from "../bucket_listing.ts";
import { plainETag, plainStorageClass } from "./answers.ts";
import { checkAnswer } from "./command.ts";
import type { ObjectInput } from "./requests/mod.ts";
import type { S3Store } from "./store.ts";
import { rootElement } from "./xml.ts";

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
  let before: readonly string[] = [];
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
    const names: string[] = [];
    let repeated: Set<string> | undefined;
    for (const entry of entries.sort(compareListed)) {
      const name = listedName(entry);
      if (last !== undefined && compareKeys(name, last) <= 0) {
        // Some stores repeat on a page what was at the end of the one before it.
        if (name === last || (repeated ??= new Set(before)).has(name)) continue;
        throw wrongListing(
          store,
          `"${name}" comes after "${last}". Without its order a listing can't be relied on`,
        );
      }
      names.push(last = name);
      // What has come already is not given either.
      options.signal?.throwIfAborted();
      yield entry;
    }
    if (more && names.length === 0 && entries.length > 0) {
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
    const page = await askForPage(store, {
      Prefix: prefix || undefined,
      Delimiter: delimiter || undefined,
      StartAfter: startAfter || undefined,
      MaxKeys: pageSize === undefined ? undefined : Math.min(1000, Math.max(1, Math.floor(pageSize))),
      ContinuationToken: token,
      // XML can't hold every character that a key can.
      EncodingType: "url",
    }, signal);
    store.seen = true;
    const entries: Listed[] = [];
    for (const entry of page.entries) {
      // As some stores do that take "after" for "from".
      if ("prefix" in entry) entries.push(wanted(entry));
      else if (entry.key !== startAfter) entries.push(wanted(plainInfo(entry)));
    }
    yield { entries, more: page.more };
    const next = page.more ? page.token : undefined;
    if (page.more && (next === undefined || next === token)) {
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

function plainInfo({ key, size, lastModified, etag, storageClass }: ObjectInfo): ObjectInfo {
  return { key, size, lastModified, etag: plainETag(etag), storageClass: plainStorageClass(storageClass) };
}

/** Asks for a page of a listing, and reads it. */
export async function askForPage(
  store: S3Store,
  input: ObjectInput,
  signal: AbortSignal | undefined,
): Promise<BucketPage> {
  const about = { operation: "ListObjectsV2", bucket: store.bucket } as const;
  const { xml: body = new Uint8Array() } = await store.request(about, input, signal);
  checkAnswer(about, { root: rootElement(body), body }, store.endpoint);
  const refuse = (why: string) => wrongListing(store, why);
  return bucketPageOf(textOf(body, refuse), refuse);
}

/** Else what is no UTF-8 would be read as names that nobody has written. */
function textOf(body: Uint8Array, refuse: (why: string) => Error): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw refuse("its text is not UTF-8");
  }
}
