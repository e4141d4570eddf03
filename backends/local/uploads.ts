/**
 * Uploads that outlive a process: begun, listed, ended. Each has a directory in `.cottoncandy/uploads` with what it was begun with, the bytes that have arrived, and the CRCs of those; complete, its
 * data file is put into the object's place like any that was written.
 *
 * @module
 */
import { asError } from "../../lib/error_context.ts";
import { type FailedObject, PartialFailureError } from "../../lib/errors.ts";
import { hasCode, readFully, unlessMissing, writeFully } from "../../lib/file_access.ts";
import { checkedAge, checkPutOptions, compareKeys, type PutLimits } from "../arguments.ts";
import type {
  AbortUploadsOptions,
  PendingUpload,
  PrefixOptions,
  RequestOptions,
  StartUploadOptions,
  UploadToken,
} from "../backend.ts";
import { checkUploadSize, checkUploadToken, malformedTokenError } from "../upload_token.ts";
import { checkBeforeWriting } from "./commit.ts";
import { guarded } from "./failures.ts";
import { type LocalRoot, OWN_DIRECTORY } from "./paths.ts";
import { notReserved } from "./sidecar.ts";
import { discard, inOwnDirectory } from "./temporary.ts";

/** The directory that uploads go to. */
export interface LocalStore extends PutLimits {
  /** Its name, to which tokens are bound. */
  readonly name: string;
  /** Its path, for errors. */
  readonly bucket: string;
  /** Wait until what is stored is on the medium. */
  readonly durable: boolean;
  /** The directory; `undefined` where it is missing and that is no error. */
  find(): Promise<LocalRoot | undefined>;
  /** The directory; made where it may be. */
  rootForWriting(): Promise<LocalRoot>;
}

/** What an upload was begun with. */
export interface Begun
  extends Pick<StartUploadOptions, "size" | "metadata" | "contentType" | "ifAbsent" | "ifMatch"> {
  readonly version: 1;
  readonly key: string;
  /** As ISO 8601. */
  readonly started: string;
}

const UPLOADS = "uploads";
// All files that are ours end in `.meta.json`, which Python's listings leave out.
const BEGUN = "begun.meta.json";
/** The data file. */
export const DATA = "data.meta.json";
/** The record of its blocks. */
export const BLOCKS = "blocks.meta.json";
/** Bytes that the file of what an upload was begun with has at most. */
const LONGEST = 1024 * 1024;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What an upload fails to do. */
export const STORED = "can't be stored";

/** Begins an upload. */
export async function startLocalUpload(
  store: LocalStore,
  key: string,
  { size, signal, ...options }: StartUploadOptions,
): Promise<UploadToken> {
  return await guarded(store, key, STORED, signal, async () => {
    signal?.throwIfAborted();
    const metadata = notReserved(checkPutOptions(key, new Uint8Array(), options, store));
    checkUploadSize(size, { key, bucket: store.bucket, committed: "no" });
    const root = await store.rootForWriting();
    await checkBeforeWriting(root, key, options);
    const { contentType, ifAbsent, ifMatch } = options;
    const started = new Date().toISOString();
    const begun: Begun = { version: 1, key, size, started, metadata, contentType, ifAbsent, ifMatch };
    const uploadId = crypto.randomUUID();
    const directory = await makeDirectory(root, uploadId);
    try {
      const record = await root.files.create(root.files.join(directory, BEGUN));
      try {
        await writeFully(record, new TextEncoder().encode(JSON.stringify(begun)), 0);
      } finally {
        await record.close();
      }
      const data = await root.files.create(root.files.join(directory, DATA));
      const { inode } = await data.stat().finally(() => data.close());
      return { version: 1, store: store.name, key, size, started, state: { uploadId, inode } };
    } catch (error) {
      await removeUpload(root, uploadId).catch(() => {});
      throw error;
    }
  });
}

async function makeDirectory(root: LocalRoot, id: string): Promise<string> {
  await root.holds(uploadsOf(root));
  const directory = root.below(OWN_DIRECTORY, UPLOADS, id);
  await inOwnDirectory(root, async () => {
    try {
      await root.files.makeDirectory(root.below(OWN_DIRECTORY, UPLOADS), false);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
    await root.files.makeDirectory(directory, false);
  });
  return directory;
}

/** Ends an upload; one that is over is left alone. */
export async function abortLocalUpload(
  store: LocalStore,
  token: UploadToken,
  { signal }: RequestOptions,
): Promise<void> {
  const { key } = checkUploadToken(token, store);
  const id = idOf(token);
  await guarded(store, key, "has an upload that can't be ended", signal, async () => {
    signal?.throwIfAborted();
    const root = await store.find();
    if (root) await removeUpload(root, id);
  });
}

/** Uploads that are not complete, by their keys. */
export async function* listLocalUploads(
  store: LocalStore,
  { prefix = "", signal }: PrefixOptions,
): AsyncGenerator<PendingUpload, void, void> {
  yield* await guarded(store, undefined, "can't be looked through for uploads", signal, async () => {
    signal?.throwIfAborted();
    const root = await store.find();
    const found: PendingUpload[] = [];
    if (!root) return found;
    for (const { id, directory } of await uploadDirectories(root)) {
      signal?.throwIfAborted();
      const begun = await readBegun(root, directory);
      if (!begun?.key.startsWith(prefix)) continue;
      found.push({ key: begun.key, uploadId: id, started: new Date(begun.started) });
    }
    return found.sort((a, b) => compareKeys(a.key, b.key) || a.started.getTime() - b.started.getTime());
  });
}

/** Ends uploads that are old enough. */
export async function abortLocalUploads(
  store: LocalStore,
  { olderThan, only = () => true, ...options }: AbortUploadsOptions,
): Promise<PendingUpload[]> {
  const before = checkedAge(olderThan, { bucket: store.bucket });
  const ended: PendingUpload[] = [];
  const failed: FailedObject[] = [];
  for await (const upload of listLocalUploads(store, options)) {
    if (upload.started.getTime() > before || !only(upload)) continue;
    options.signal?.throwIfAborted();
    try {
      const root = await store.find();
      if (root) await removeUpload(root, upload.uploadId);
      ended.push(upload);
    } catch (error) {
      failed.push({ key: upload.key, error: asError(error) });
    }
  }
  const root = await store.find();
  // What can't say whose it is belongs to no prefix.
  if (root && (options.prefix ?? "") === "") await removeNeverBegun(root, before);
  if (failed.length === 0) return ended;
  throw new PartialFailureError("ended uploads:", ended.map(({ key }) => key), failed, {
    bucket: store.bucket,
  });
}

/** Removes what a process has left that died before it had said what it would upload, or whose machine lost that with its power. */
async function removeNeverBegun(root: LocalRoot, before: number): Promise<void> {
  const { files } = root;
  for (const { id, directory } of await uploadDirectories(root)) {
    const stat = await unlessMissing(files.stat(directory));
    if (!stat || stat.modified > before || await readBegun(root, directory)) continue;
    await removeUpload(root, id);
  }
  await removeIfEmpty(root);
}

/** The directories of all uploads. */
async function uploadDirectories(
  root: LocalRoot,
): Promise<{ readonly id: string; readonly directory: string }[]> {
  if (!await root.holds(uploadsOf(root))) return [];
  const entries = await unlessMissing(root.files.readDirectory(uploadsOf(root).directory)) ?? [];
  return entries.flatMap(({ name, kind }) =>
    kind === "directory" && ID.test(name) ? [{ id: name, directory: uploadOf(root, name).directory }] : []
  );
}

/** Removes all that there is of an upload, and directories that are empty then. */
export async function removeUpload(root: LocalRoot, id: string): Promise<void> {
  const upload = uploadOf(root, id);
  if (!await root.holds(upload)) return;
  const { files } = root;
  // What tells of it goes last, so that it is listed until all else is gone.
  for (const name of [DATA, BLOCKS, `${BLOCKS}.new`, BEGUN]) {
    await discard(files, files.join(upload.directory, name));
  }
  await unlessMissing(files.removeDirectory(upload.directory));
  await removeIfEmpty(root);
}

async function removeIfEmpty(root: LocalRoot): Promise<void> {
  try {
    await root.files.removeDirectory(uploadsOf(root).directory);
    await root.files.removeDirectory(root.below(OWN_DIRECTORY));
  } catch {
    // Not empty: others are at work, or have objects there.
  }
}

export async function readBegun(root: LocalRoot, directory: string): Promise<Begun | undefined> {
  const file = await unlessMissing(root.files.open(root.files.join(directory, BEGUN)));
  if (!file) return undefined;
  try {
    const bytes = new Uint8Array(Math.min(LONGEST, (await file.stat()).size));
    const begun: unknown = JSON.parse(
      new TextDecoder().decode(bytes.subarray(0, await readFully(file, bytes, 0))),
    );
    return isBegun(begun) ? begun : undefined;
  } catch (error) {
    // Cut off when its process was killed: nothing has arrived of it.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

function isBegun(value: unknown): value is Begun {
  if (typeof value !== "object" || value === null) return false;
  const { version, key, size, started, metadata, contentType, ifAbsent, ifMatch }: Partial<
    Record<keyof Begun, unknown>
  > = value;
  return version === 1 && typeof key === "string" && typeof size === "number" &&
    typeof started === "string" && !Number.isNaN(Date.parse(started)) &&
    typeof metadata === "object" && metadata !== null &&
    Object.values(metadata).every((text) => typeof text === "string") &&
    ["undefined", "string"].includes(typeof contentType) &&
    ["undefined", "boolean"].includes(typeof ifAbsent) && ["undefined", "string"].includes(typeof ifMatch);
}

function uploadsOf(root: LocalRoot): { readonly directory: string; readonly place: { directory: string[] } } {
  return {
    directory: root.below(OWN_DIRECTORY, UPLOADS),
    place: { directory: [OWN_DIRECTORY, UPLOADS] },
  };
}

export function uploadOf(
  root: LocalRoot,
  id: string,
): { readonly directory: string; readonly place: { directory: string[] } } {
  const segments = [OWN_DIRECTORY, UPLOADS, id];
  return { directory: root.below(...segments), place: { directory: segments } };
}

export function idOf({ key, state: { uploadId, inode } }: UploadToken): string {
  if (typeof uploadId === "string" && ID.test(uploadId) && typeof inode === "string") return uploadId;
  throw malformedTokenError("`state` can't be right", { key });
}
