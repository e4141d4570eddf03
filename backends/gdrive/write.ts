/**
 * Storing an object: what is looked at before, and after.
 *
 * @module
 */
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { isUnshared } from "../../lib/bytes.ts";
import { checkPutOptions } from "../arguments.ts";
import type { Body, PutOptions, PutResult } from "../backend.ts";
import { cancelUnread } from "../body.ts";
import { CommitGate, withCommitted } from "../transport/mod.ts";
import { removeFile } from "./delete.ts";
import { asCommitted, asUncommitted, driveStatusOf, isDoubtful } from "./errors.ts";
import {
  descriptionOf,
  DRIVE_METADATA_LIMIT,
  type DriveFile,
  type FileDescription,
  fileEtag,
  isAt,
  oldestFirst,
  replacementOf,
} from "./file.ts";
import { isPartSize } from "../options.ts";
import type { UploadTarget } from "./session.ts";
import type { DriveStore, FoundKey } from "./store.ts";
import { Uploader } from "./upload.ts";

/** Stores an object: all or nothing. */
export async function putFile(
  store: DriveStore,
  key: string,
  body: Body,
  options: PutOptions = {},
): Promise<PutResult> {
  const gate = new CommitGate(options.signal);
  const { signal } = gate;
  try {
    signal.throwIfAborted();
    const description = checkedDescription(store, key, body, options);
    return await store.locks.run(key, signal, async () => {
      const found = await asUncommitted(signal, async () => {
        const found = await store.find(key, signal, options.onWarning);
        // Where there is no condition, a stream's file is looked at when its first bytes are to go.
        return isConditional(options) || sendableBytes(body) ? await store.now(found, signal) : found;
      });
      checkPutConditions(store, found, options);
      const file = await upload(store, found, description, body, options, gate);
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
export function checkedDescription(
  store: DriveStore,
  key: string,
  body: Body,
  options: PutOptions,
): FileDescription {
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
  { ifAbsent, ifMatch }: Pick<PutOptions, "ifAbsent" | "ifMatch">,
): void {
  if (ifAbsent && file) throw alreadyExistsError(store, key);
  if (ifMatch !== undefined && (!file || fileEtag(file) !== ifMatch)) {
    throw new PreconditionFailedError(
      `"${key}" in ${store.name} is not, or no longer, the version ${ifMatch}. Read it again.`,
      { key, bucket: store.name, committed: "no" },
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

async function upload(
  store: DriveStore,
  found: FoundKey,
  description: FileDescription,
  body: Body,
  options: PutOptions,
  gate: CommitGate,
): Promise<DriveFile> {
  const { key } = found;
  const bytes = sendableBytes(body);
  const total = bytes?.byteLength ?? options.size;
  const place = new WritePlace(store, found, options, gate.signal, bytes !== undefined);
  const locate = (again: boolean) => place.locate(description, again);
  const beforeCommit = (target: UploadTarget) => place.isStill(target);
  const uploader = new Uploader(store, { key, total, locate, beforeCommit }, gate, options);
  let written: DriveFile;
  try {
    written = bytes ? await uploader.putBytes(bytes) : await uploader.putStream(body);
  } catch (error) {
    await uploader.abandon();
    await place.forgetGone(error);
    throw uploader.failureOf(error);
  }
  await place.confirm(await uploader.locate(), written);
  return written;
}

/** The place of an object that is being written: looked for when there is something to send, and looked at before the last bytes are. */
export class WritePlace {
  readonly #store: DriveStore;
  readonly #options: PutOptions;
  readonly #signal: AbortSignal;
  readonly #isFresh: boolean;
  #found: FoundKey;

  /** `isFresh`: what the key stands for was just looked at, and there is something to send. */
  constructor(
    store: DriveStore,
    found: FoundKey,
    options: PutOptions,
    signal: AbortSignal,
    isFresh: boolean,
  ) {
    this.#store = store;
    this.#found = found;
    this.#options = options;
    this.#signal = signal;
    this.#isFresh = isFresh;
  }

  /** Finds the place; `again`: the one that it gave before is gone. */
  async locate(description: FileDescription, again: boolean): Promise<UploadTarget> {
    const [store, signal] = [this.#store, this.#signal];
    return await asUncommitted(signal, async () => {
      if (again) {
        await store.forgetVanished(this.#found, signal);
        await this.#look();
      } else if (!this.#isFresh) {
        // The source may have taken long.
        this.#found = await store.now(this.#found, signal);
        checkPutConditions(store, this.#found, this.#options);
      }
      return await uploadTargetOf(store, this.#found, description, signal);
    });
  }

  /** Whether a place is still the object's; throws where a condition does not hold any more. */
  async isStill({ before }: UploadTarget): Promise<boolean> {
    return await asUncommitted(this.#signal, async () => {
      const { key, location } = this.#found;
      if (isConditional(this.#options)) {
        await this.#look();
        return !before || this.#found.files.some(({ id }) => id === before.id);
      }
      if (!before) return true;
      const file = await this.#store.reload(before, key, this.#signal);
      return file !== undefined && isAt(file, location.name, before.parents);
    });
  }

  /** Where nothing was written because something is gone: whoever writes again shall find another place. */
  async forgetGone(error: unknown): Promise<void> {
    if (error instanceof NotFoundError) await this.#store.forgetVanished(this.#found).catch(() => {});
  }

  /** What follows belongs to a write that has been done. */
  async confirm({ before, parent }: UploadTarget, written: DriveFile): Promise<void> {
    const [store, found] = [this.#store, this.#found];
    if (before) confirmPlace(store, found, before, written);
    store.overlay.wrote(written, parent);
    if (!before) await removeDuplicates(store, found, written, this.#options.ifAbsent ?? false);
  }

  async #look(): Promise<void> {
    const { key } = this.#found;
    this.#found = await this.#store.findNow(key, this.#signal, this.#options.onWarning);
    checkPutConditions(this.#store, this.#found, this.#options);
  }
}

async function uploadTargetOf(
  store: DriveStore,
  { location, files: [before] }: FoundKey,
  description: FileDescription,
  signal: AbortSignal,
): Promise<UploadTarget> {
  if (before) {
    const resource = { mimeType: description.mimeType, ...replacementOf(description, before) };
    return { id: before.id, before, parent: before.parents[0] ?? "", description, resource };
  }
  const parent = await store.folders.ensure(location.folders, signal);
  const id = await store.files.newId(signal);
  const resource = { id, name: location.name, parents: [parent], ...description };
  return { id, parent, description, resource };
}

/**
 * Throws where a file that was written anew is no longer the object's, since somebody renamed or moved it at that moment.
 *
 * @param before What it was.
 */
export function confirmPlace(
  store: DriveStore,
  { key, location }: FoundKey,
  before: DriveFile,
  written: DriveFile,
): void {
  if (isAt(written, location.name, before.parents)) return;
  store.overlay.wrote(written, written.parents[0] ?? "");
  throw new CottonCandyError(
    `somebody renamed or moved the file of "${key}" in ${store.name} at the moment when it was written: it is "${written.name}" now, and has what was written. Write again.`,
    { key, bucket: store.name, committed: "no" },
  );
}

/**
 * Makes a change whose answer may get lost: where it is unknown whether it took effect, the file is looked at.
 *
 * @param isDone Whether the change is seen in the file.
 */
export async function confirmLostChange(
  store: DriveStore,
  id: string,
  key: string,
  signal: AbortSignal,
  change: () => Promise<DriveFile>,
  isDone: (file: DriveFile) => boolean,
): Promise<DriveFile> {
  try {
    return await change();
  } catch (error) {
    signal.throwIfAborted();
    if (!isDoubtful(error)) throw error;
    const file = await store.lookAfter(id, key, error);
    if (file && isDone(file)) return file;
    throw withCommitted(error, "no");
  }
}

/**
 * Sees to it that a new file is the only one of its name, although others may have made one at the same moment: of plain writes the newest stays,
 * as if it had come last, of those that must be the first the oldest.
 *
 * @throws {AlreadyExistsError} when it is taken away again.
 */
export async function removeDuplicates(
  store: DriveStore,
  { key }: FoundKey,
  file: DriveFile,
  ifAbsent: boolean,
): Promise<void> {
  const found = await asCommitted(() => store.find(key, undefined, () => {}));
  const older = found.files.filter((other) => other.id !== file.id && oldestFirst(other, file) < 0);
  if (older.length > 0 && ifAbsent) {
    // One that stays is not seen: an older one is.
    const failure = await removeFile(store, file, key, false).then(() => undefined, (error) => error);
    throw alreadyExistsError(store, key, failure);
  }
  // A listing may show what others have renamed or moved since.
  const { files: others } = await asCommitted(() => store.now({ ...found, files: older }));
  try {
    // The oldest is what is seen: it goes last.
    for (const other of others.toReversed()) await removeFile(store, other, key, true);
  } catch (error) {
    if (!(error instanceof CottonCandyError)) throw error;
    if (driveStatusOf(error) !== 403) throw withCommitted(error, "yes");
    await removeFile(store, file, key, false).catch(() => {});
    throw new AccessDeniedError(
      `somebody else made "${key}" in ${store.name} at the same time, and you may not move that to the trash: it is what is seen. Write again, over it.`,
      { key, bucket: store.name, committed: "no", cause: error },
    );
  }
}

/** The error when there is an object already. */
export function alreadyExistsError(store: DriveStore, key: string, cause?: unknown): AlreadyExistsError {
  return new AlreadyExistsError(
    `"${key}" in ${store.name} exists already. Allow overwriting, or choose another name.`,
    { key, bucket: store.name, committed: "no", cause },
  );
}
