/**
 * What readers of formats need of objects: a door of its own, so that who reads one array does not load what lists, deletes and writes.
 *
 * @module
 */
import type { ObjectHead, RequestOptions } from "../../../backends/backend.ts";
import type { OptionTable } from "../../options.ts";
import type { ObjectReadOptions, ReadOptions, WriteOptions } from "../options.ts";
import { SCHEME_ENTRY } from "../../../crypto/scheme.ts";
import { UnsupportedError } from "../../errors.ts";

export { objectKey, treeKey } from "../keys.ts";

/** How many objects, or parts of one, are worked on at once where the caller does not say. */
export const CONCURRENCY = 8;

/**
 * The metadata key that tells objects of one upload to a folder from those of another: the document that makes them an array and each part carry the same value. Python ignores it.
 */
export const GENERATION_KEY = "cc-generation";

/** How an object's bytes are encrypted, where that is for its reader to undo. A store that decrypts never says. */
export function schemeOf(metadata: ObjectHead["metadata"]): string | undefined {
  return Object.hasOwn(metadata, SCHEME_ENTRY) ? metadata[SCHEME_ENTRY] : undefined;
}

/**
 * Throws where an object's bytes are encrypted, as a store that decrypts never says: as an array's items they would be numbers like any others.
 *
 * @throws {UnsupportedError} which says how to open the store.
 */
export function refuseEncrypted({ key, metadata }: Pick<ObjectHead, "key" | "metadata">): void {
  const scheme = schemeOf(metadata);
  if (scheme === undefined) return;
  throw new UnsupportedError(
    `"${key}" is encrypted (${scheme}): open the store with getEncryptedInterface and the key, or read the bytes as they are stored, as with downloadObject`,
    { key },
  );
}

/** The names of {@linkcode RequestOptions}. */
export const REQUEST_OPTIONS: OptionTable<RequestOptions> = { signal: true, onWarning: true };
/** The names of {@linkcode ReadOptions}. */
export const READ_OPTIONS: OptionTable<ReadOptions> = {
  ...REQUEST_OPTIONS,
  concurrency: true,
  onProgress: true,
};
/** The names of {@linkcode ObjectReadOptions}. */
export const OBJECT_READ_OPTIONS: OptionTable<ObjectReadOptions> = { ...READ_OPTIONS, versionId: true };
/** The names of {@linkcode WriteOptions}. */
export const WRITE_OPTIONS: OptionTable<WriteOptions> = {
  ...READ_OPTIONS,
  acl: true,
  metadata: true,
  contentType: true,
  overwrite: true,
  storageClass: true,
  tags: true,
};
/** The name of an option of its own. */
export const RANGE_OPTION: { readonly range: true } = { range: true };
