/**
 * What a web server has, by an index that it gives.
 *
 * @module
 */
import { objectNotFoundError } from "../../conditions.ts";
import { UnsupportedError } from "../../../lib/errors.ts";
import type { ListOptions, ObjectInfo, Prefix } from "../../backend.ts";
import { listed } from "../../listing.ts";
import { headWebObject } from "../read.ts";
import type { WebStore } from "../store.ts";

/**
 * Lists what there is.
 *
 * @throws {UnsupportedError} when it is not known where the server says it.
 */
export async function* listWeb(
  store: WebStore,
  options: ListOptions,
): AsyncGenerator<ObjectInfo | Prefix, void, void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const { only } = store.address;
  if (only !== undefined) return yield* listed(options, () => theOne(store, only, signal));
  const { listing } = store.options;
  if (listing === undefined) {
    throw new UnsupportedError(
      `${store.name} can't be listed: a web server gives what it is asked for by name. Where there is an index, say which: \`listing: "autoindex"\` for the pages of directories, "s3" for a public bucket, or { json: url } for a list of names; or open the store itself, such as s3://bucket`,
    );
  }
  if (listing === "autoindex") {
    const { walkPages } = await import("./autoindex.ts");
    return yield* listed(options, (cursor) => walkPages(store, cursor, options));
  }
  if (listing === "s3" || "s3" in listing) {
    const { listBucket } = await import("./s3.ts");
    return yield* listBucket(store, listing === "s3" ? undefined : listing.s3, options);
  }
  const { walkJson } = await import("./json.ts");
  yield* listed(options, (cursor) => walkJson(store, listing.json, cursor, options));
}

async function* theOne(
  store: WebStore,
  key: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectInfo, void, void> {
  const head = await headWebObject(store, key, { signal });
  if (!head) throw objectNotFoundError(store.placeOf(key));
  const { size, lastModified, etag } = head;
  yield { key, size, lastModified, etag };
}
