import {
  AlreadyExistsError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { isPlain } from "../../lib/streams/chunk.ts";
import type { Body, PutOptions, PutResult } from "../backend.ts";
import { refuse } from "../body.ts";
import { Gate } from "../http/gate.ts";
import { checkKey } from "../keys.ts";
import { checkMetadata } from "../metadata.ts";
import type { About } from "./errors.ts";
import { type DriveFile, etagOf, oldestFirst } from "./file.ts";
import { isPartSize } from "./options.ts";
import { describe, type Described, METADATA_LIMIT } from "./properties.ts";
import type { DriveStore, Found } from "./store.ts";
import { Uploader, type UploadTarget } from "./upload.ts";
import { uploadStream } from "./upload_stream.ts";

/** Stores an object: all or nothing. */
export async function putObject(
  store: DriveStore,
  key: string,
  body: Body,
  options: PutOptions = {},
): Promise<PutResult> {
  const gate = new Gate(options.signal);
  try {
    gate.signal.throwIfAborted();
    const described = checked(store, key, body, options);
    return await store.locks.run(key, gate.signal, async () => {
      const found = await store.find(key, gate.signal, options.onWarning);
      checkConditions(store, found, options);
      const file = await write(store, found, described, body, options, gate);
      options.onProgress?.({ key, loaded: file.size ?? 0, total: file.size, done: true });
      return { key, size: file.size ?? 0, etag: etagOf(file) };
    });
  } catch (error) {
    refuse(body, error);
    throw error;
  } finally {
    gate.close();
  }
}

/** Checks what is asked for, before anything is sent; gives what is written beside the bytes. */
function checked(store: DriveStore, key: string, body: Body, options: PutOptions): Described {
  checkKey(key);
  const where = { key, bucket: store.name, committed: "no" } as const;
  const { size, partSize, acl, ifAbsent, ifMatch } = options;
  const metadata = checkMetadata(options.metadata, METADATA_LIMIT);
  if (ifAbsent && ifMatch !== undefined) {
    throw new InvalidArgumentError("`ifAbsent` and `ifMatch` exclude each other", where);
  }
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
    throw new InvalidArgumentError(`size is a whole number of bytes from 0 on, not ${size}`, where);
  }
  if (body instanceof Uint8Array && size !== undefined && size !== body.length) {
    throw new IntegrityError(`the body of "${key}" has ${body.length} bytes, not ${size}`, where);
  }
  if (partSize !== undefined && !isPartSize(partSize)) {
    throw new InvalidArgumentError(`\`partSize\` is from 1 byte to 1 GiB, not ${partSize}`, where);
  }
  refuseAcl(acl, where);
  return describe(metadata, options.contentType);
}

/** Drive has no canned ACLs: one that is asked for must not be taken for granted. */
export function refuseAcl(acl: string | undefined, where: { key: string; bucket: string }): void {
  if (acl === undefined) return;
  throw new UnsupportedError(
    `Google Drive knows no canned ACL "${acl}": an object is shared as its folder is; share that in Drive`,
    { ...where, committed: "no" },
  );
}

/** Throws unless a write's conditions hold for what there is. */
export function checkConditions(
  store: DriveStore,
  { key, files: [file] }: Found,
  { ifAbsent, ifMatch }: { ifAbsent?: boolean; ifMatch?: string },
): void {
  const where = { key, bucket: store.name, committed: "no" } as const;
  if (ifAbsent && file) throw exists(store, key);
  if (ifMatch !== undefined && (!file || etagOf(file) !== ifMatch)) {
    throw new PreconditionFailedError(
      `"${key}" in ${store.name} is not, or no longer, the version ${ifMatch}. Read it again.`,
      where,
    );
  }
}

/** The error where an object must not be there. */
export function exists(store: DriveStore, key: string): AlreadyExistsError {
  return new AlreadyExistsError(
    `"${key}" in ${store.name} exists already. Allow overwriting, or choose another name.`,
    { key, bucket: store.name, committed: "no" },
  );
}

async function write(
  store: DriveStore,
  found: Found,
  described: Described,
  body: Body,
  options: PutOptions,
  gate: Gate,
): Promise<DriveFile> {
  const { key, place } = found;
  const target = await targetOf(store, found, described, gate.signal);
  const parent = target.create?.parent;
  const again = async () => {
    if (!options.ifAbsent && options.ifMatch === undefined) return;
    checkConditions(store, await store.find(key, gate.signal, options.onWarning), options);
  };
  const bytes = body instanceof Uint8Array && isPlain(body) ? body : undefined;
  const uploader = new Uploader(store, target, gate, options, bytes?.length ?? options.size, again);
  let file: DriveFile;
  try {
    file = bytes ? await uploader.putBytes(bytes) : await uploadStream(uploader, body, options.size, gate);
  } catch (error) {
    await uploader.abandon();
    if (parent !== undefined && bytes && error instanceof NotFoundError && !gate.signal.aborted) {
      // The folder was deleted since it was found.
      store.folders.forget(place.folders);
      if (await store.files.get(parent, { operation: "files.get", key }, gate.signal)) throw error;
      return await write(store, found, described, body, options, gate);
    }
    throw uploader.told(error);
  }
  // What follows belongs to a write that has been done.
  if (file.trashed) file = await rescue(store, found, file);
  store.recent.wrote(file, parent ?? found.files[0]?.parents[0] ?? "");
  if (target.create) await settle(store, found, file, options.ifAbsent ?? false);
  return file;
}

async function targetOf(
  store: DriveStore,
  { key, place, files: [before] }: Found,
  described: Described,
  signal: AbortSignal,
): Promise<UploadTarget> {
  if (before) return { key, before, described };
  const parent = await store.folders.ensure(place.folders, signal);
  return { key, described, create: { id: await store.files.newId(signal), name: place.name, parent } };
}

/** A write belongs to a folder that somebody has moved to the trash meanwhile: it goes to one that is there. */
async function rescue(store: DriveStore, { key, place }: Found, file: DriveFile): Promise<DriveFile> {
  store.folders.forget(place.folders);
  const parent = await store.folders.ensure(place.folders);
  const query: Record<string, string> = file.parents.includes(parent)
    ? {}
    : { addParents: parent, removeParents: file.parents.join(",") };
  return await store.files.patch(file.id, { trashed: false }, {
    operation: "files.update",
    key,
    writes: true,
  }, {
    query,
  });
}

/**
 * Sees to it that a new file is the only one of its name, although others may have made one at the same moment: of plain writes the newest stays,
 * as if it had come last, of those that must be the first the oldest.
 */
export async function settle(
  store: DriveStore,
  { key }: Found,
  file: DriveFile,
  ifAbsent: boolean,
): Promise<void> {
  const { files } = await store.find(key, undefined, () => {});
  const older = files.filter((other) => other.id !== file.id && oldestFirst(other, file) < 0);
  if (older.length === 0) return;
  const about = { operation: "files.delete", key };
  if (ifAbsent) {
    await remove(store, file, about, false);
    throw exists(store, key);
  }
  // The oldest is what is seen: it goes last.
  for (const other of older.reverse()) await remove(store, other, about, true);
}

/** Takes a file away, and remembers it. Gives the file as it is in the trash, if that is where it went. */
export async function remove(
  store: DriveStore,
  file: DriveFile,
  about: About,
  trash: boolean,
): Promise<DriveFile | undefined> {
  const gone = trash ? await store.files.trash(file.id, about) : await store.files.discard(file.id, about);
  store.recent.removed(file, file.parents[0] ?? "", gone?.version);
  return gone;
}
