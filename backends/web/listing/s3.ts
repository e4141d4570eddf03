/**
 * A bucket that everybody may list, as `ListObjectsV2` gives it.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 *
 * @module
 */
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import { compareKeys } from "../../arguments.ts";
import type { ListOptions, ObjectInfo, Prefix } from "../../backend.ts";
import { BUCKET_PAGE, bucketPageOf } from "../../bucket_listing.ts";
import { percentEncode } from "../../transport/mod.ts";
import { rootName } from "../../xml.ts";
import { placeAt } from "../address.ts";
import { plainTag } from "../answers.ts";
import type { WebStore } from "../store.ts";
import { askIndex } from "./answer.ts";

/** Where a bucket is, and what the keys of all objects below the base URL begin with. */
interface Bucket {
  readonly url: URL;
  readonly prefix: string;
}

/**
 * Finds the bucket that the base URL is in: the one that the host is named after, as in `bucket.s3.amazonaws.com`, or the first part of the path.
 *
 * @param named The bucket's URL, where it was said.
 * @throws {InvalidArgumentError} when the base is not in the bucket that was said.
 */
export function bucketOf(base: URL, named: string | undefined): Bucket {
  const url = named === undefined ? new URL("/", base) : new URL(named, base);
  if (named === undefined) {
    const isHost = /^.+\.(?:s3[.-]|storage\.googleapis\.com$|[^.]+\.digitaloceanspaces\.com$)/.test(
      base.hostname,
    );
    if (!isHost) url.pathname = base.pathname.split("/", 2).join("/");
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  if (url.origin === base.origin && base.pathname.startsWith(url.pathname)) {
    return { url, prefix: keyOf(base, base.pathname.slice(url.pathname.length)) };
  }
  // A domain of one's own stands in front of the bucket: its paths are keys.
  if (url.origin !== base.origin) return { url, prefix: keyOf(base, base.pathname.slice(1)) };
  throw new InvalidArgumentError(
    `the base URL ${base.origin}${base.pathname} is not in the bucket ${url.origin}${url.pathname}`,
  );
}

function keyOf(base: URL, path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new InvalidArgumentError(
      `the path of the base URL ${base.origin}${base.pathname} is not UTF-8, as every key in a bucket is`,
    );
  }
}

/**
 * Lists a bucket page by page. What comes is held against what was asked for.
 *
 * @throws {IntegrityError} when an answer lists something else, or in no order.
 * @throws {UnsupportedError} when an answer is no listing.
 */
export async function* listBucket(
  store: WebStore,
  named: string | undefined,
  options: ListOptions,
): AsyncGenerator<ObjectInfo | Prefix, void, void> {
  const bucket = bucketOf(store.address.base, named);
  const { prefix = "", startAfter = "", delimiter, pageSize, signal } = options;
  const wrong = (what: string) =>
    new IntegrityError(`${bucket.url.origin} does not list its bucket as it was asked to: ${what}`);
  let last = "";
  let token: string | undefined;
  do {
    signal?.throwIfAborted();
    const query = {
      "list-type": "2",
      // XML can't hold every character that a key can.
      "encoding-type": "url",
      prefix: bucket.prefix + prefix,
      ...(delimiter ? { delimiter } : {}),
      ...(startAfter === "" ? {} : { "start-after": bucket.prefix + startAfter }),
      ...(pageSize === undefined
        ? {}
        : { "max-keys": `${Math.min(1000, Math.max(1, Math.floor(pageSize)))}` }),
      ...(token === undefined ? {} : { "continuation-token": token }),
    };
    const place = placeAt(bucket.url);
    const search = Object.entries(query).map(([name, value]) => `${name}=${percentEncode(value)}`).join("&");
    const also = bucket.url.search === "" ? "" : `&${bucket.url.search.slice(1)}`;
    const path = `${bucket.url.pathname.replace(/(.)\/$/, "$1")}?${search}${also}`;
    const { text } = await askIndex(store, prefix, { ...place, path }, signal);
    if (rootName(text) !== BUCKET_PAGE) {
      throw new UnsupportedError(
        `${bucket.url.origin}${bucket.url.pathname} answers no listing of a bucket: give the bucket's own URL, \`listing: { s3: "https://…" }\``,
      );
    }
    const page = bucketPageOf(text, wrong);
    const entries = page.entries.map((entry) => below(bucket.prefix, entry, wrong));
    for (const entry of entries.sort((a, b) => compareKeys(nameOfEntry(a), nameOfEntry(b)))) {
      const name = nameOfEntry(entry);
      // As some stores do that take "after" for "from".
      if (name === startAfter && "key" in entry) continue;
      if (!name.startsWith(prefix)) throw wrong(`"${name}" does not begin with "${prefix}"`);
      if (last !== "" && compareKeys(name, last) <= 0) throw wrong(`"${name}" comes after "${last}"`);
      last = name;
      // A folder's placeholder, where the base is that folder.
      if (name !== "") yield entry;
    }
    if (page.more && (!page.token || page.token === token)) {
      throw wrong("it says that more follows, and not where");
    }
    token = page.more ? page.token : undefined;
  } while (token !== undefined);
}

function nameOfEntry(entry: ObjectInfo | Prefix): string {
  return "key" in entry ? entry.key : entry.prefix;
}

/** An entry as it is named below the base URL. */
function below(
  root: string,
  entry: ObjectInfo | Prefix,
  wrong: (what: string) => IntegrityError,
): ObjectInfo | Prefix {
  const name = nameOfEntry(entry);
  if (!name.startsWith(root)) throw wrong(`"${name}" does not begin with "${root}"`);
  const key = name.slice(root.length);
  if ("prefix" in entry) return { prefix: key };
  const { size, lastModified, etag } = entry;
  return { key, size, lastModified, etag: plainTag(etag) };
}
