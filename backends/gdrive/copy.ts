import {
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import type { CopyOptions, PutResult } from "../backend.ts";
import { checkKey } from "../keys.ts";
import { checkMetadata } from "../metadata.ts";
import type { About } from "./errors.ts";
import { type DriveFile, etagOf, FIELDS, headOf } from "./file.ts";
import { ALL_DRIVES, JSON_BODY } from "./files.ts";
import { checkConditions, refuseAcl, remove, settle } from "./put.ts";
import { describe, type Described, METADATA_LIMIT, replacing } from "./properties.ts";
import type { DriveStore, Found } from "./store.ts";

/** How much longer than usual Drive may take to copy. */
const PATIENCE = 10;
/** How often a copy is begun anew whose source changed meanwhile. */
const TRIES = 3;

/** Copies an object within the drive; its bytes don't pass through here. */
export async function copyObject(
  store: DriveStore,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<PutResult> {
  const { signal, fromBucket, acl, metadata } = options;
  signal?.throwIfAborted();
  checkKey(from);
  checkKey(to);
  const where = { key: to, bucket: store.name };
  if (fromBucket !== undefined) {
    throw new UnsupportedError(
      "Google Drive has no buckets to copy from: read from the other store and write here",
      where,
    );
  }
  refuseAcl(acl, where);
  const given = metadata && checkMetadata(metadata, METADATA_LIMIT);
  if (from === to && !given) {
    throw new InvalidArgumentError("copying an object onto itself needs new metadata", where);
  }
  return await store.locks.run(to, signal, async () => {
    const found = await store.find(to, signal, options.onWarning);
    for (let attempt = 1;; attempt++) {
      const source = await sourceOf(store, from, options);
      checkConditions(store, found, { ifAbsent: options.ifAbsent });
      const { metadata: own, contentType } = headOf(from, source);
      const described = describe(given ?? own, contentType);
      const file = from === to
        ? await describeAnew(store, to, source, described, signal)
        : await copyFile(store, source, found, described, options);
      if (file) return { key: to, size: file.size ?? 0, etag: etagOf(file) };
      if (options.ifSourceMatch !== undefined || attempt === TRIES) throw changedSource(store, from);
    }
  });
}

async function sourceOf(store: DriveStore, key: string, options: CopyOptions): Promise<DriveFile> {
  const { files: [file], isDocument } = await store.find(key, options.signal, options.onWarning);
  const where = { key, bucket: store.name, committed: "no" } as const;
  if (!file) {
    throw isDocument
      ? new UnsupportedError(`"${key}" in ${store.name} is a document of Google's: it has no bytes`, where)
      : new NotFoundError(`there is no "${key}" in ${store.name}.`, where);
  }
  if (options.ifSourceMatch !== undefined && etagOf(file) !== options.ifSourceMatch) {
    throw changedSource(store, key);
  }
  return file;
}

function changedSource(store: DriveStore, key: string): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${key}" in ${store.name} is not, or no longer, the version that was named. Look it up again.`,
    { key, bucket: store.name, committed: "no" },
  );
}

/** Gives a file other metadata. */
async function describeAnew(
  store: DriveStore,
  key: string,
  source: DriveFile,
  described: Described,
  signal: AbortSignal | undefined,
): Promise<DriveFile> {
  const about: About = { operation: "files.update", key, writes: true };
  const change = { mimeType: described.mimeType, ...replacing(described, source) };
  const file = await store.files.patch(source.id, change, about, { signal });
  store.recent.wrote(file, source.parents[0] ?? "");
  return file;
}

/** Makes a copy, and takes away what it replaces; `undefined` where the source was written anew meanwhile. */
async function copyFile(
  store: DriveStore,
  source: DriveFile,
  found: Found,
  described: Described,
  options: CopyOptions,
): Promise<DriveFile | undefined> {
  const { key, place, files: replaced } = found;
  const { signal, ifAbsent = false } = options;
  const about: About = { operation: "files.copy", key, writes: true };
  const parent = await store.folders.ensure(place.folders, signal);
  const id = await store.files.newId(signal);
  const resource = {
    id,
    name: place.name,
    parents: [parent],
    mimeType: described.mimeType,
    ...replacing(described, source),
  };
  const file = await store.files.created(id, about, () =>
    store.client.json(about, {
      method: "POST",
      path: `/drive/v3/files/${source.id}/copy`,
      query: { ...ALL_DRIVES, fields: FIELDS },
      headers: JSON_BODY,
      body: JSON.stringify(resource),
    }, { signal, requestSignal: null, patience: PATIENCE }));
  // An abort comes too late from here on: the copy is there.
  if (file.md5 !== source.md5 || file.size !== source.size) {
    await remove(store, file, about, false);
    return undefined;
  }
  store.recent.wrote(file, parent);
  try {
    // Until the oldest is gone, it is what is seen.
    for (const old of [...replaced].reverse()) await remove(store, old, about, true);
  } catch (error) {
    await remove(store, file, about, false).catch(() => {});
    throw error;
  }
  if (replaced.length === 0) await settle(store, found, file, ifAbsent);
  return file;
}
