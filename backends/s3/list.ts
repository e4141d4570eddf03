import { type _Object, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { CottonCandyError, IntegrityError } from "../../lib/errors.ts";
import { compareKeys } from "../arguments.ts";
import type { ListOptions, ObjectInfo, Prefix } from "../backend.ts";
import { plainETag, plainStorageClass } from "./answers.ts";
import type { S3Store } from "./store.ts";

type Listed = ObjectInfo | Prefix;

/** Lists page by page; objects and prefixes come in one order. */
export async function* listS3Objects(
  store: S3Store,
  options: ListOptions = {},
): AsyncGenerator<Listed, void, void> {
  // Directory buckets list in no order at all.
  if (!store.bucket.endsWith("--x-s3")) return yield* inOrder(store, pages(store, options));
  const all: Listed[] = [];
  for await (const page of pages(store, options)) all.push(...page);
  yield* all.sort((a, b) => compareKeys(listedName(a), listedName(b)));
}

async function* inOrder(store: S3Store, pages: AsyncIterable<Listed[]>): AsyncGenerator<Listed, void, void> {
  let last: string | undefined;
  for await (const page of pages) {
    for (const entry of page.sort((a, b) => compareKeys(listedName(a), listedName(b)))) {
      const name = listedName(entry);
      const order = last === undefined ? 1 : compareKeys(name, last);
      // Some stores repeat a prefix on the page after it.
      if (order === 0 && "prefix" in entry) continue;
      if (order <= 0) {
        throw new CottonCandyError(
          `${store.endpoint} lists bucket "${store.bucket}" out of order: "${name}" after "${last}". Without its order a listing can't be relied on.`,
          { bucket: store.bucket },
        );
      }
      last = name;
      yield entry;
    }
  }
}

async function* pages(store: S3Store, options: ListOptions): AsyncGenerator<Listed[], void, void> {
  const { prefix, delimiter, startAfter, pageSize, signal } = options;
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
    const page: Listed[] = (output.Contents ?? []).map((object) => listedObject(object, decode));
    for (const { Prefix: name } of output.CommonPrefixes ?? []) {
      if (name !== undefined) page.push({ prefix: decode(name) });
    }
    yield page;
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

function listedObject(object: _Object, decode: (key: string) => string): ObjectInfo {
  return {
    key: decode(object.Key ?? ""),
    size: object.Size ?? 0,
    lastModified: object.LastModified ?? new Date(0),
    etag: plainETag(object.ETag),
    storageClass: plainStorageClass(object.StorageClass),
  };
}

/** Undoes `encoding-type=url`, which is that of forms: a space is a plus. */
function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch (cause) {
    throw new IntegrityError(`the store lists the key "${encoded}", which is not UTF-8`, { cause });
  }
}
