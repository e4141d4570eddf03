/** ListObjects (1 and 2), and what the listing of uploads shares with it: order, delimiters, pages, encoding. */
import { Buffer } from "node:buffer";
import type { Reply } from "../http/reply.ts";
import { type Call, findBucket, OWNER, queryInteger, xmlReply } from "./call.ts";
import { s3Error } from "./error.ts";
import { compareKeys, type StoredObject } from "./store.ts";
import { document, element, text } from "./xml.ts";

/** One page of a listing. */
export interface Page<T> {
  readonly items: T[];
  readonly prefixes: string[];
  readonly isTruncated: boolean;
  /** The last key or prefix of the page. */
  readonly last: string;
}

/** What to list. */
export interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only what comes after; a prefix stands for all of its keys. */
  readonly after: string;
  readonly limit: number;
}

/** Cuts a page from items in the order of their keys; a common prefix counts as one. */
export function page<T extends { readonly key: string }>(sorted: Iterable<T>, request: PageRequest): Page<T> {
  const { prefix, delimiter, after, limit } = request;
  const items: T[] = [], prefixes: string[] = [];
  let last = "";
  for (const item of sorted) {
    if (!item.key.startsWith(prefix)) continue;
    const cut = delimiter === "" ? -1 : item.key.indexOf(delimiter, prefix.length);
    const name = cut < 0 ? item.key : item.key.slice(0, cut + delimiter.length);
    if (after !== "" && compareKeys(name, after) <= 0) continue;
    if (cut >= 0 && prefixes.at(-1) === name) continue;
    if (items.length + prefixes.length >= limit) return { items, prefixes, isTruncated: limit > 0, last };
    if (cut < 0) items.push(item);
    else prefixes.push(name);
    last = name;
  }
  return { items, prefixes, isTruncated: false, last };
}

/** encoding-type=url is a form's encoding: a space is `+`; slashes stay. */
export function encodeKey(call: Call, key: string): string {
  const type = call.query.get("encoding-type");
  if (type === null || type === "") return key;
  return encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/")
    .replace(/[!'()~]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
}

/** The encoding asked for, or InvalidArgument. */
export function encodingType(call: Call): string | undefined {
  const type = call.query.get("encoding-type") || undefined;
  if (type !== undefined && type !== "url") {
    throw s3Error("InvalidArgument", "Invalid Encoding Method specified in Request", {
      ArgumentName: "encoding-type",
      ArgumentValue: type,
    });
  }
  return type;
}

const owner = () => element("Owner", text("ID", OWNER.id), text("DisplayName", OWNER.displayName));

function content(call: Call, object: StoredObject, withOwner: boolean): string {
  return element(
    "Contents",
    text("Key", encodeKey(call, object.key)),
    text("LastModified", object.lastModified.toISOString()),
    text("ETag", `"${object.etag}"`),
    text("ChecksumAlgorithm", object.checksum?.algorithm),
    text("ChecksumType", object.checksum?.type),
    text("Size", object.size),
    withOwner ? owner() : "",
    text("StorageClass", object.storageClass ?? "STANDARD"),
  );
}

const encodeToken = (last: string) => Buffer.from("1" + last).toString("base64");
function decodeToken(token: string): string {
  const plain = Buffer.from(token, "base64").toString();
  if (!plain.startsWith("1") || encodeToken(plain.slice(1)) !== token) {
    throw s3Error("InvalidArgument", "The continuation token provided is incorrect", {
      ArgumentName: "continuation-token",
    });
  }
  return plain.slice(1);
}

/** Encoded once each, not at every comparison. */
function sortedObjects(objects: ReadonlyMap<string, StoredObject>): StoredObject[] {
  return [...objects.values()].map((object) => ({ object, bytes: Buffer.from(object.key) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ object }) => object);
}

/** ListObjects and ListObjectsV2. */
export function listObjects(call: Call): Reply {
  const { query } = call;
  const bucket = findBucket(call);
  const isV2 = call.operation === "ListObjectsV2";
  const prefix = query.get("prefix") ?? "", delimiter = query.get("delimiter") ?? "";
  const limit = Math.min(queryInteger(call, "max-keys", 1000, 0, 2 ** 31 - 1), call.features.maxKeys);
  const token = query.get("continuation-token");
  if (token === "") throw s3Error("InvalidArgument", "The continuation token provided is incorrect");
  const marker = query.get(isV2 ? "start-after" : "marker") ?? "";
  const after = isV2 && token !== null ? decodeToken(token) : marker;
  const found = page(sortedObjects(bucket.objects), { prefix, delimiter, after, limit });
  const encoded = (name: string, value: string) => text(name, encodeKey(call, value));
  const type = encodingType(call);
  return xmlReply(document(
    "ListBucketResult",
    text("Name", bucket.name),
    encoded("Prefix", prefix),
    isV2
      ? text("KeyCount", found.items.length + found.prefixes.length) +
        (token === null ? "" : text("ContinuationToken", token)) +
        (marker === "" ? "" : encoded("StartAfter", marker)) +
        (found.isTruncated ? text("NextContinuationToken", encodeToken(found.last)) : "")
      // Without a delimiter the last key is the next marker, and isn't told.
      : encoded("Marker", marker) +
        (found.isTruncated && delimiter !== "" ? encoded("NextMarker", found.last) : ""),
    text("MaxKeys", limit),
    delimiter === "" ? "" : encoded("Delimiter", delimiter),
    text("EncodingType", type),
    text("IsTruncated", found.isTruncated),
    ...found.items.map((object) => content(call, object, !isV2 || query.get("fetch-owner") === "true")),
    ...found.prefixes.map((name) => element("CommonPrefixes", encoded("Prefix", name))),
  ));
}
