import { InvalidArgumentError, PreconditionFailedError, UnsupportedError } from "../../lib/errors.ts";
import { isUnshared } from "../../lib/bytes.ts";
import { checkPutOptions } from "../arguments.ts";
import type { Body, PutOptions, PutResult } from "../backend.ts";
import { cancelUnread } from "../body.ts";
import { isPartSize } from "../options.ts";
import { CommitGate } from "../transport/mod.ts";
import {
  alreadyExistsError,
  asUncommitted,
  confirmPlace,
  forgetVanished,
  giveWay,
  removeDuplicates,
} from "./conflicts.ts";
import {
  descriptionOf,
  DRIVE_METADATA_LIMIT,
  type DriveFile,
  type FileDescription,
  fileEtag,
  isAt,
  replacementOf,
} from "./file.ts";
import type { DriveStore, FoundKey } from "./store.ts";
import { Uploader, uploadStream, type UploadTarget } from "./upload.ts";

/** Stores an object: all or nothing. */
export async function putFile(
  store: DriveStore,
  key: string,
  body: Body,
  options: PutOptions = {},
): Promise<PutResult> {
  const gate = new CommitGate(options.signal);
  try {
    gate.signal.throwIfAborted();
    const described = checked(store, key, body, options);
    return await store.locks.run(key, gate.signal, async () => {
      const found = await asUncommitted(gate.signal, async () => {
        const found = await store.find(key, gate.signal, options.onWarning);
        // Where there is no condition, a stream's file is looked at when its first bytes are to go.
        return isConditional(options) || sendableBytes(body) ? await store.now(found, gate.signal) : found;
      });
      checkPutConditions(store, found, options);
      const file = await uploadToFile(store, found, described, body, options, gate);
      options.onProgress?.({ key, loaded: file.size ?? 0, total: file.size, done: true });
      return { key, size: file.size ?? 0, etag: fileEtag(file) };
    });
  } catch (error) {
    cancelUnread(body, error);
    throw error;
  } finally {
    gate.close();
  }
}

/** Checks what is asked for, before anything is sent; gives what is written beside the bytes. */
function checked(store: DriveStore, key: string, body: Body, options: PutOptions): FileDescription {
  const bucket = store.name;
  const metadata = checkPutOptions(key, body, options, { bucket, metadataLimit: DRIVE_METADATA_LIMIT });
  const where = { key, bucket, committed: "no" } as const;
  const { partSize, acl } = options;
  if (partSize !== undefined && !isPartSize(partSize)) {
    throw new InvalidArgumentError(
      `\`partSize\` is a positive whole number of bytes, not ${partSize}`,
      where,
    );
  }
  refuseAcl(acl, where);
  return descriptionOf(metadata, options.contentType);
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
export function checkPutConditions(
  store: DriveStore,
  { key, files: [file] }: FoundKey,
  { ifAbsent, ifMatch }: { ifAbsent?: boolean; ifMatch?: string },
): void {
  const where = { key, bucket: store.name, committed: "no" } as const;
  if (ifAbsent && file) throw alreadyExistsError(store, key);
  if (ifMatch !== undefined && (!file || fileEtag(file) !== ifMatch)) {
    throw new PreconditionFailedError(
      `"${key}" in ${store.name} is not, or no longer, the version ${ifMatch}. Read it again.`,
      where,
    );
  }
}

function isConditional({ ifAbsent, ifMatch }: PutOptions): boolean {
  return ifAbsent === true || ifMatch !== undefined;
}

/** A body that can be sent as it is. */
function sendableBytes(body: Body): Uint8Array<ArrayBuffer> | undefined {
  return body instanceof Uint8Array && isUnshared(body) ? body : undefined;
}

async function uploadToFile(
  store: DriveStore,
  first: FoundKey,
  described: FileDescription,
  body: Body,
  options: PutOptions,
  gate: CommitGate,
): Promise<DriveFile> {
  const { key } = first;
  const { ifAbsent = false } = options;
  const { signal } = gate;
  let found = first;
  let target: UploadTarget | undefined;
  const bytes = sendableBytes(body);
  const look = async () => {
    found = await store.findNow(key, signal, options.onWarning);
    checkPutConditions(store, found, options);
  };
  const locate = (again: boolean) =>
    asUncommitted(signal, async () => {
      if (again) {
        await forgetVanished(store, found, signal);
        await look();
      } else if (!bytes) {
        // The source may have taken long.
        found = await store.now(found, signal);
        checkPutConditions(store, found, options);
      }
      return target = await uploadTargetOf(store, found, described, signal);
    });
  const beforeCommit = async ({ before }: UploadTarget) => {
    if (isConditional(options)) {
      await asUncommitted(signal, look);
      return !before || found.files.some(({ id }) => id === before.id);
    }
    if (!before) return true;
    return await asUncommitted(signal, async () => {
      const file = await store.look(before, key, signal);
      if (!file || !isAt(file, found.place.name, before.parents)) return false;
      // Out of the trash it is taken again, but not where another one has taken its place.
      return !file.trashed || (await store.findNow(key, signal, () => {})).files.length === 0;
    });
  };
  const total = bytes?.length ?? options.size;
  const uploader = new Uploader(store, { key, total, locate, beforeCommit }, gate, options);
  let written: DriveFile;
  try {
    written = bytes ? await uploader.putBytes(bytes) : await uploadStream(uploader, body, options.size, gate);
  } catch (error) {
    await uploader.abandon();
    throw uploader.told(error);
  }
  // What follows belongs to a write that has been done.
  const file = await confirmPlace(store, found, written, target?.parent ?? "", target?.before);
  if (!target?.before) await removeDuplicates(store, found, file, ifAbsent);
  else if (written.trashed) await giveWay(store, found, file);
  return file;
}

async function uploadTargetOf(
  store: DriveStore,
  { place, files: [before] }: FoundKey,
  described: FileDescription,
  signal: AbortSignal,
): Promise<UploadTarget> {
  if (before) {
    const resource = { mimeType: described.mimeType, ...replacementOf(described, before) };
    return { id: before.id, before, parent: before.parents[0] ?? "", described, resource };
  }
  const parent = await store.folders.ensure(place.folders, signal);
  const id = await store.files.newId(signal);
  return { id, parent, described, resource: { id, name: place.name, parents: [parent], ...described } };
}
