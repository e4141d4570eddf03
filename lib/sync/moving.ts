/**
 * Moving an object to another store: copied, looked at, and only then deleted.
 *
 * @module
 */
import type { ObjectInfo, RequestOptions } from "../../backends/backend.ts";
import { messageOf } from "../error_context.ts";
import { CottonCandyError, IntegrityError, InvalidArgumentError } from "../errors.ts";
import { deleteOne } from "../objects/mod.ts";
import { type CopyingOptions, copyOne } from "./copying.ts";
import type { Side } from "./pairs.ts";

/**
 * Copies one object, or with `move` moves it.
 *
 * @returns Bytes of the object in its new place.
 * @throws {AlreadyExistsError} with `ifAbsent`, where there is one of its name.
 * @throws {CottonCandyError} as {@linkcode copyOne} does, and with `move` where the copy is stored and the source could not be deleted: `committed` is `"yes"` then.
 */
export async function transferOne(
  from: Side,
  source: ObjectInfo,
  to: Side,
  key: string,
  options: CopyingOptions,
): Promise<number> {
  if (!options.move) return (await copyOne(from, source, to, key, options)).size;
  const { signal, onWarning, acl, storageClass, ifAbsent } = options;
  // What is given to the copies alone asks for copies.
  if (from.backend === to.backend && acl === undefined && storageClass === undefined) {
    const request = { ifSourceMatch: source.etag, ifAbsent, signal, onWarning };
    const moved = await from.backend.move?.(source.key, key, request);
    if (moved) return moved.size;
  }
  const { size, etag } = await copyOne(from, source, to, key, options);
  const stored = await to.backend.head(key, { signal, onWarning });
  if (stored?.size !== size) {
    throw new IntegrityError(
      `the copy "${key}" in ${to.backend.name} ${
        stored ? "is not what was copied" : "is gone"
      }: "${source.key}" is kept`,
      { key, bucket: to.backend.bucket, committed: "unknown" },
    );
  }
  await refuseSame(from, source.key, to, stored, { signal, onWarning });
  try {
    await deleteOne(from.backend, { key: source.key, ifMatch: etag }, { signal, onWarning });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CottonCandyError(
      `"${source.key}" was copied and is in both places now, since it could not be deleted from ${from.backend.name}: ${
        messageOf(cause)
      }`,
      { key: source.key, bucket: from.backend.bucket, committed: "yes", cause },
    );
  }
  return size;
}

/**
 * Throws where what would be deleted after a move is the copy itself: one bucket can be reached by several addresses and credentials, which nothing tells from several buckets but that the copy's
 * time is the source's, too.
 */
async function refuseSame(
  { backend: from }: Side,
  sourceKey: string,
  { backend: to }: Side,
  stored: ObjectInfo,
  options: RequestOptions,
): Promise<void> {
  if (from.name !== to.name || sourceKey !== stored.key) return;
  const source = await from.head(sourceKey, options);
  const isOne = source?.etag === stored.etag && source?.versionId === stored.versionId &&
    source?.lastModified.getTime() === stored.lastModified.getTime();
  if (!isOne) return;
  throw new InvalidArgumentError(
    `"${sourceKey}" in ${from.name} seems to be one object with the copy that was stored, reached another way, or was written in the same second: it is kept`,
    { key: sourceKey, bucket: from.bucket, committed: "yes" },
  );
}
