/**
 * Copies within the drive: the bytes don't pass through here.
 *
 * @module
 */
import {
  AccessDeniedError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { checkKey, checkMetadata, checkStorage, refuseVersion } from "../arguments.ts";
import type { CopyOptions, PutResult } from "../backend.ts";
import { CommitGate, isUncertain } from "../transport/mod.ts";
import type { DriveCallOptions } from "./client.ts";
import { refuseTrashed, removeFile } from "./delete.ts";
import { asUncommitted, type DriveCall } from "./errors.ts";
import {
  descriptionOf,
  DRIVE_METADATA_LIMIT,
  type DriveFile,
  FILE_FIELDS,
  type FileDescription,
  fileEtag,
  fileHead,
  isDescribed,
  replacementOf,
} from "./file.ts";
import { ALL_DRIVES, JSON_BODY, ownedBy } from "./files.ts";
import { missingError } from "./read.ts";
import type { DriveStore, FoundKey } from "./store.ts";
import { checkPutConditions, confirmLostChange, confirmPlace, refuseAcl, removeDuplicates } from "./write.ts";

/** How much longer than usual Drive may take to copy. */
const PATIENCE = 10;
/** How often a copy is begun anew whose source changed meanwhile, or whose folder is gone. */
const TRIES = 3;

/** One copy. */
interface Job {
  readonly store: DriveStore;
  readonly from: string;
  readonly to: string;
  readonly options: CopyOptions;
  readonly gate: CommitGate;
}

/** Copies an object within the drive. */
export async function copyFile(
  store: DriveStore,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<PutResult> {
  const { fromBucket, acl, signal } = options;
  signal?.throwIfAborted();
  checkKey(from);
  checkKey(to);
  const where = { key: to, bucket: store.name, committed: "no" } as const;
  if (fromBucket !== undefined) {
    throw new UnsupportedError(
      "Google Drive has no buckets to copy from: read from the other store and write here",
      where,
    );
  }
  refuseAcl(acl, where);
  checkStorage(options, {}, where);
  refuseVersion(options.fromVersionId, { ...where, key: from });
  const metadata = options.metadata && checkMetadata(options.metadata, DRIVE_METADATA_LIMIT);
  if (from === to && !metadata) {
    throw new InvalidArgumentError("copying an object onto itself needs new metadata", where);
  }
  const gate = new CommitGate(signal);
  try {
    const job = { store, from, to, options: { ...options, metadata }, gate };
    const file = await store.locks.run(to, gate.signal, () => run(job));
    return { key: to, size: file.size ?? 0, etag: fileEtag(file) };
  } finally {
    gate.close();
  }
}

/** Done while nobody else here writes to the key. */
async function run(job: Job): Promise<DriveFile> {
  const { store, from, to, options, gate } = job;
  const { signal } = gate;
  const { onWarning, ifAbsent, ifSourceMatch } = options;
  for (let attempt = 1;; attempt++) {
    const [found, origin] = await asUncommitted(signal, async () => [
      await store.findNow(to, signal, onWarning),
      await store.findNow(from, signal, onWarning),
    ]);
    const [source] = origin.files;
    if (!source) throw missingError(store, origin, "no");
    if (ifSourceMatch !== undefined && fileEtag(source) !== ifSourceMatch) {
      throw sourceChangedError(store, from);
    }
    checkPutConditions(store, found, { ifAbsent });
    const { metadata, contentType } = fileHead(from, source);
    const description = descriptionOf(options.metadata ?? metadata, contentType);
    try {
      const file = from === to
        ? await describeAnew(job, found, source, description)
        : await makeCopy(job, found, source, description);
      if (file) return file;
      if (ifSourceMatch !== undefined || attempt === TRIES) throw sourceChangedError(store, from);
    } catch (error) {
      const isGone = error instanceof NotFoundError && error.committed !== "yes";
      if (!isGone || attempt === TRIES) throw error;
      gate.open();
      await store.forgetVanished(found, signal);
      await store.forgetVanished(origin, signal);
    }
  }
}

/** The error when the source is another version than the one that was named. */
export function sourceChangedError(store: DriveStore, from: string): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${from}" in ${store.name} is not, or no longer, the version that was named. Look it up again.`,
    { key: from, bucket: store.name, committed: "no" },
  );
}

/** What was sent can't be taken back: an abort that comes then is too late. */
function callOptionsOf({ gate }: Job): DriveCallOptions {
  return {
    signal: gate.signal,
    requestSignal: null,
    onSent: () => gate.close(),
    onRefused: () => gate.open(),
  };
}

/** Gives a file other metadata. */
async function describeAnew(
  job: Job,
  found: FoundKey,
  source: DriveFile,
  description: FileDescription,
): Promise<DriveFile> {
  const { store, to, gate } = job;
  const call: DriveCall = { operation: "files.update", key: to, writes: true };
  const change = replacementOf(description, source);
  const file = await confirmLostChange(
    store,
    source.id,
    to,
    gate.signal,
    () => store.files.patch(source.id, change, call, callOptionsOf(job)),
    // What it is to have it may have had before.
    (file) =>
      file.version !== source.version && isDescribed(file, { ...description, mimeType: source.mimeType }),
  );
  confirmPlace(store, found, source, file);
  await refuseTrashed(store, file, to, false);
  store.overlay.wrote(file, source.parents[0] ?? "");
  // Metadata alone make no version.
  if (job.options.ifSourceMatch === undefined || fileEtag(file) === fileEtag(source)) return file;
  throw new PreconditionFailedError(
    `"${to}" in ${store.name} was written anew at the moment when it was given other metadata: they belong to the version before. Look at it again.`,
    { key: to, bucket: store.name, committed: "yes" },
  );
}

/** Makes a copy, and takes away what it replaces; `undefined` where the source was written anew meanwhile. */
async function makeCopy(
  job: Job,
  found: FoundKey,
  source: DriveFile,
  description: FileDescription,
): Promise<DriveFile | undefined> {
  const { store, options, gate } = job;
  const { key, location, files: replaced } = found;
  const { signal } = gate;
  const call: DriveCall = { operation: "files.copy", key, writes: true };
  const [parent, id] = await asUncommitted(signal, async () => {
    await checkReplaceable(store, key, replaced, signal);
    return [await store.folders.ensure(location.folders, signal), await store.files.newId(signal)];
  });
  const resource = {
    id,
    name: location.name,
    parents: [parent],
    // No type: it is the source's, and with another Drive would copy the bytes anew, which takes minutes (rclone/rclone#3033).
    ...replacementOf(description, source),
  };
  const copy = () =>
    store.client.file(id, call, {
      method: "POST",
      path: `/drive/v3/files/${source.id}/copy`,
      query: { ...ALL_DRIVES, fields: FILE_FIELDS },
      headers: JSON_BODY,
      body: JSON.stringify(resource),
    }, { ...callOptionsOf(job), patience: PATIENCE });
  // Until the old one is gone there are two, of which nobody need be warned; of those that were there before, everybody has been.
  if (replaced.length === 1) store.beingReplaced.add(key);
  try {
    const change = () => store.files.created(id, call, copy);
    const file = await confirmLostChange(store, id, key, signal, change, () => true);
    // An abort comes too late from here on: the copy is there.
    if (file.md5 !== source.md5 || file.size !== source.size) {
      await removeMixed(job, file, replaced.length > 0);
      gate.open();
      return undefined;
    }
    await refuseTrashed(store, file, key, true);
    store.overlay.wrote(file, parent);
    if (replaced.length > 0) await takePlace(job, file, replaced);
    else await removeDuplicates(store, found, file, options.ifAbsent ?? false);
    return file;
  } finally {
    store.beingReplaced.delete(key);
  }
}

/** Takes away a copy of bytes that are not those whose metadata it was given. */
async function removeMixed({ store, from, to }: Job, made: DriveFile, isHidden: boolean): Promise<void> {
  try {
    await removeFile(store, made, to, false);
  } catch (cause) {
    throw new IntegrityError(
      `"${from}" in ${store.name} was written anew while it was copied, and the copy, which has new bytes and old metadata, could not be deleted: ` +
        (isHidden
          ? `there are two files "${to}", of which the older counts.`
          : `delete "${to}", or copy again.`),
      { key: to, bucket: store.name, committed: isHidden ? "no" : "yes", cause },
    );
  }
}

/** Takes away what a copy replaces. */
async function takePlace({ store, to }: Job, file: DriveFile, replaced: readonly DriveFile[]): Promise<void> {
  try {
    // Until the oldest is gone, it is what is seen.
    for (const old of replaced.toReversed()) await removeFile(store, old, to, true);
  } catch (error) {
    // As long as it may be gone, the copy must stay.
    if (!isUncertain(error)) await removeFile(store, file, to, false).catch(() => {});
    throw error;
  }
}

/** Throws where what is to be replaced could not be taken away: then a copy could not be, either, and would stay. */
export async function checkReplaceable(
  store: DriveStore,
  to: string,
  replaced: readonly DriveFile[],
  signal: AbortSignal,
): Promise<void> {
  for (const { id } of replaced) {
    const rights = await store.files.rights(id, to, signal);
    if (rights.canTrash) continue;
    throw new AccessDeniedError(
      `"${to}" in ${store.name} can't be replaced: you may not move it to the trash, since ${
        ownedBy(rights)
      }; or write it anew.`,
      { key: to, bucket: store.name, committed: "no" },
    );
  }
}
