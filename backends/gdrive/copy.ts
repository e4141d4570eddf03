import {
  AccessDeniedError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { checkKey, checkMetadata } from "../arguments.ts";
import type { CopyOptions, PutResult } from "../backend.ts";
import { CommitGate } from "../transport/mod.ts";
import type { DriveCallOptions } from "./client.ts";
import {
  asUncommitted,
  confirmLostChange,
  confirmPlace,
  forgetVanished,
  giveWay,
  removeDuplicates,
  removeFile,
} from "./conflicts.ts";
import { type DriveCall, isEffectUnknown } from "./errors.ts";
import {
  descriptionOf,
  DRIVE_METADATA_LIMIT,
  type DriveFile,
  FIELDS,
  type FileDescription,
  fileEtag,
  fileHead,
  isDescribed,
  memberOf,
  replacementOf,
} from "./file.ts";
import { ALL_DRIVES, JSON_BODY } from "./files.ts";
import type { DriveStore, FoundKey } from "./store.ts";
import { checkPutConditions, refuseAcl } from "./write.ts";

/** How much longer than usual Drive may take to copy. */
const PATIENCE = 10;
/** How often a copy is begun anew whose source changed meanwhile, or whose folder is gone. */
const TRIES = 3;

/** Copies an object within the drive; its bytes don't pass through here. */
export async function copyObject(
  store: DriveStore,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<PutResult> {
  const { fromBucket, acl, metadata } = options;
  options.signal?.throwIfAborted();
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
  const given = metadata && checkMetadata(metadata, DRIVE_METADATA_LIMIT);
  if (from === to && !given) {
    throw new InvalidArgumentError("copying an object onto itself needs new metadata", where);
  }
  const gate = new CommitGate(options.signal);
  try {
    const file = await store.locks.run(
      to,
      gate.signal,
      () => run({ store, from, to, options, metadata: given, gate }),
    );
    return { key: to, size: file.size ?? 0, etag: fileEtag(file) };
  } finally {
    gate.close();
  }
}

/** One copy. */
interface Job {
  readonly store: DriveStore;
  readonly from: string;
  readonly to: string;
  readonly options: CopyOptions;
  /** In place of the source's. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly gate: CommitGate;
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
    const source = copySourceOf(job, origin);
    checkPutConditions(store, found, { ifAbsent });
    const { metadata, contentType } = fileHead(from, source);
    const described = descriptionOf(job.metadata ?? metadata, contentType);
    try {
      const file = from === to
        ? await describeAnew(job, found, source, described)
        : await makeCopy(job, found, source, described);
      if (file) return file;
      if (ifSourceMatch !== undefined || attempt === TRIES) throw sourceChangedError(job);
    } catch (error) {
      const isGone = error instanceof NotFoundError && error.committed !== "yes";
      if (!isGone || attempt === TRIES) throw error;
      gate.open();
      await forgetVanished(store, found, signal);
      await forgetVanished(store, origin, signal);
    }
  }
}

function copySourceOf(job: Job, { files: [file], isDocument }: FoundKey): DriveFile {
  const { from, store: { name }, options: { ifSourceMatch } } = job;
  const where = { key: from, bucket: name, committed: "no" } as const;
  if (!file) {
    throw isDocument
      ? new UnsupportedError(`"${from}" in ${name} is a document of Google's: it has no bytes`, where)
      : new NotFoundError(`there is no "${from}" in ${name}.`, where);
  }
  if (ifSourceMatch !== undefined && fileEtag(file) !== ifSourceMatch) throw sourceChangedError(job);
  return file;
}

function sourceChangedError({ from, store }: Job): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${from}" in ${store.name} is not, or no longer, the version that was named. Look it up again.`,
    { key: from, bucket: store.name, committed: "no" },
  );
}

/** What was sent can't be taken back: an abort that comes then is too late. */
function callOf({ gate }: Job): DriveCallOptions {
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
  described: FileDescription,
): Promise<DriveFile> {
  const { store, to } = job;
  const about: DriveCall = { operation: "files.update", key: to, writes: true };
  const change = { mimeType: described.mimeType, ...replacementOf(described, source) };
  const file = await confirmLostChange(
    store,
    source.id,
    to,
    job.gate.signal,
    () => store.files.patch(source.id, change, about, callOf(job)),
    (file) => isDescribed(file, described),
  );
  const kept = await confirmPlace(store, found, file, source.parents[0] ?? "", source);
  if (file.trashed) await giveWay(store, found, kept);
  // Metadata alone make no version.
  if (job.options.ifSourceMatch === undefined || fileEtag(kept) === fileEtag(source)) return kept;
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
  described: FileDescription,
): Promise<DriveFile | undefined> {
  const { store, options, gate } = job;
  const { key, place, files: replaced } = found;
  const { signal } = gate;
  const about: DriveCall = { operation: "files.copy", key, writes: true };
  const [parent, id] = await asUncommitted(signal, async () => {
    await mayReplace(job, replaced);
    return [await store.folders.ensure(place.folders, signal), await store.files.newId(signal)];
  });
  const resource = {
    id,
    name: place.name,
    parents: [parent],
    mimeType: described.mimeType,
    ...replacementOf(described, source),
  };
  const copy = () =>
    store.client.json(about, {
      method: "POST",
      path: `/drive/v3/files/${source.id}/copy`,
      query: { ...ALL_DRIVES, fields: FIELDS },
      headers: JSON_BODY,
      body: JSON.stringify(resource),
    }, { ...callOf(job), patience: PATIENCE });
  // Until the old one is gone there are two, of which nobody need be warned; of those that were there before, everybody has been.
  if (replaced.length === 1) store.beingReplaced.add(key);
  try {
    const made = await confirmLostChange(
      store,
      id,
      key,
      signal,
      () => store.files.created(id, about, copy),
      () => true,
    );
    // An abort comes too late from here on: the copy is there.
    if (made.md5 !== source.md5 || made.size !== source.size) {
      await removeMixed(job, made, replaced.length > 0);
      gate.open();
      return undefined;
    }
    const file = await confirmPlace(store, found, made, parent);
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
    for (const old of [...replaced].reverse()) await removeFile(store, old, to, true);
  } catch (error) {
    // As long as it may be gone, the copy must stay.
    if (!isEffectUnknown(error)) await removeFile(store, file, to, false).catch(() => {});
    throw error;
  }
}

/** Throws where what the copy replaces could not be taken away: then the copy could not be, either, and would stay. */
async function mayReplace({ store, to, gate }: Job, replaced: readonly DriveFile[]): Promise<void> {
  for (const { id } of replaced) {
    const answer = await store.client.json({ operation: "files.get", key: to, writes: "later" }, {
      method: "GET",
      path: `/drive/v3/files/${id}`,
      query: { ...ALL_DRIVES, fields: "capabilities(canTrash)" },
    }, { signal: gate.signal });
    if (memberOf(memberOf(answer, "capabilities"), "canTrash") !== false) continue;
    throw new AccessDeniedError(
      `"${to}" in ${store.name} can't be replaced by a copy: you may not move it to the trash. Write it anew, or delete it first.`,
      { key: to, bucket: store.name, committed: "no" },
    );
  }
}
