import type {
  ObjectHead,
  ObjectInfo,
  OnProgress,
  OpenOptions,
  PutOptions,
  RequestOptions,
} from "../../backends/backend.ts";
import { formatContentTime, MTIME } from "../content_time.ts";
import {
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../errors.ts";
import { messageOf } from "../error_context.ts";
import { deleteOne, exactKey, metadataSize } from "../objects/mod.ts";
import type { ResumeStore } from "../objects/resuming/mod.ts";
import { type ByteBudget, streamFrom } from "../streams/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";
import { contentIdentity, sourceTime } from "./comparing.ts";
import { areOneStore, type Side } from "./pairs.ts";

/** How an object is copied. */
export interface CopyingOptions extends RequestOptions, Pick<PutOptions, "acl" | "storageClass"> {
  /** Deletes the source once its copy is stored. */
  readonly move?: boolean;
  /** Is told how many bytes of it have been moved. */
  readonly onProgress?: OnProgress;
  /** Remembers uploads of large objects, so that another process goes on with them; without it what fails leaves nothing. */
  readonly resume?: ResumeStore;
  /** Bounds what all copies together hold in memory. */
  readonly memory?: ByteBudget;
}

/** What a copy of a large object holds in memory: parts that are being gathered and sent. */
const STREAMED = 32 * 1024 * 1024;
/** Bytes of an object that are held in memory as a whole: sending them costs less than sending a stream. */
const SMALL = 1024 * 1024;
/** Bytes of an object that are sent in one go: there is nothing to be taken up. */
const ONE_GO = 8 * 1024 * 1024;
/** How long a store may take to answer before a file is looked at once more, in milliseconds: less than what {@linkcode comparisonOf} takes for safe. */
const PROMPT = 500;
/** How often an object is copied again that was changed meanwhile. */
const ATTEMPTS = 3;

/**
 * Where uploads are remembered that another process is to take up.
 *
 * @throws {UnsupportedError} where the target can't take uploads up.
 */
export async function resumeStoreFor(
  from: Side,
  to: Side,
  resume: boolean | ResumeStore = false,
): Promise<ResumeStore | undefined> {
  // A store copies by itself in one go.
  if (resume === false || areOneStore(from, to)) return undefined;
  if (to.backend.startUpload) return (await import("../objects/resuming/mod.ts")).resumeStoreOf(resume);
  throw new UnsupportedError(
    `${to.backend.name} can't take up an upload that was broken off: leave \`resume\` away; what is there already is not sent again`,
    { bucket: to.backend.bucket, committed: "no" },
  );
}

/**
 * Copies one object, or with `move` moves it.
 *
 * @returns Bytes of the object in its new place.
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
  const { signal, onWarning, acl, storageClass } = options;
  // What is given to the copies alone asks for copies.
  if (from.backend === to.backend && acl === undefined && storageClass === undefined) {
    const request = { ifSourceMatch: source.etag, signal, onWarning };
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

/** What was copied. */
interface Copied {
  /** Bytes. */
  readonly size: number;
  /** Which version of the source. */
  readonly etag: string | undefined;
}

/**
 * Copies one object with its metadata and content type, all or nothing: by the store itself where both sides are of one, else through this process. The copy is told when
 * the content last changed.
 *
 * @returns What was copied.
 * @throws {NotFoundError} when the source is gone.
 * @throws {PreconditionFailedError} when it is changed again and again while it is copied.
 */
export async function copyOne(
  from: Side,
  source: ObjectInfo,
  to: Side,
  key: string,
  options: CopyingOptions,
): Promise<Copied> {
  for (let attempt = 1;; attempt++) {
    try {
      const copied = reaches(from, to)
        ? await copyWithin(from, source, to, key, options)
        : await copyThrough(from, source, to, key, options);
      if (copied) return copied;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError) || attempt === ATTEMPTS) throw error;
    }
    if (attempt === ATTEMPTS) throw changingError(from, source);
    options.signal?.throwIfAborted();
    source = await from.backend.head(source.key, options) ?? gone(from, source);
  }
}

/** Whether the target's store can copy from the source's by itself. */
function reaches(from: Side, to: Side): boolean {
  return areOneStore(from, to) && to.backend.capabilities.serverSideCopy;
}

async function copyWithin(
  from: Side,
  source: ObjectInfo,
  { backend }: Side,
  key: string,
  options: CopyingOptions,
): Promise<Copied> {
  const { signal, onWarning, acl, storageClass, move } = options;
  const { size } = await backend.copy(source.key, key, {
    fromBucket: from.backend.bucket === backend.bucket ? undefined : from.backend.bucket,
    ifSourceMatch: source.etag,
    metadata: await metadataWithin(from, source, options),
    durable: move,
    acl,
    storageClass,
    signal,
    onWarning,
  });
  options.onProgress?.({ key, loaded: size, total: size, done: true });
  return { size, etag: source.etag };
}

/** What a copy within a store has to be told; nothing where the copy's ETag will say that it is one. */
async function metadataWithin(
  from: Side,
  source: ObjectInfo,
  options: RequestOptions,
): Promise<Readonly<Record<string, string>> | undefined> {
  const { contentTimes } = from.backend.capabilities;
  if (!contentTimes && /^[0-9a-f]{32}$/.test(source.etag ?? "")) return undefined;
  const head = await from.backend.head(source.key, options) ?? gone(from, source);
  return withTime(from, head, head.metadata, from.backend.capabilities.metadataLimit);
}

/** Gives nothing when the source was changed while it was copied. */
async function copyThrough(
  from: Side,
  source: ObjectInfo,
  to: Side,
  key: string,
  options: CopyingOptions,
): Promise<Copied | undefined> {
  const { signal } = options;
  const release = await options.memory?.acquire(Math.min(source.size, STREAMED), signal);
  try {
    return await copyVersion(from, source, to, key, options);
  } finally {
    release?.();
  }
}

async function copyVersion(
  from: Side,
  source: ObjectInfo,
  to: Side,
  key: string,
  options: CopyingOptions,
): Promise<Copied | undefined> {
  const began = performance.now();
  const { size, etag } = options.resume && source.size > ONE_GO && source.etag !== undefined
    ? await copyResumably(from, source, to, key, options, options.resume)
    : await copyAtOnce(from, source, to, key, options);
  // A file can be changed after it was read, and before the store says when it was written.
  const mayHaveChanged = from.backend.capabilities.contentTimes && performance.now() - began > PROMPT;
  if (mayHaveChanged && (await from.backend.head(source.key, requestOf(options)))?.etag !== etag) {
    return undefined;
  }
  return { size, etag };
}

async function copyAtOnce(
  from: Side,
  source: ObjectInfo,
  to: Side,
  key: string,
  options: CopyingOptions,
): Promise<ObjectHead> {
  const request = requestOf(options);
  // Reads one version, which is the one whose time and metadata go with it.
  const reader = await from.backend.open(source.key, request);
  try {
    const { info } = reader;
    const body = info.size <= SMALL
      ? await reader.read(undefined, request)
      : reader.stream(undefined, { signal: request.signal });
    await to.backend.put(key, body, { ...putOf(from, info, to, key, options), size: info.size });
    return info;
  } finally {
    await reader.close();
  }
}

/** Copies one version by an upload that is remembered. It is read no earlier, and from no byte before, than the target asks for. */
async function copyResumably(
  from: Side,
  source: ObjectInfo,
  to: Side,
  key: string,
  options: CopyingOptions,
  resume: ResumeStore,
): Promise<ObjectHead> {
  const request = requestOf(options);
  const info = await from.backend.head(source.key, request) ?? gone(from, source);
  const { size, etag, lastModified, checksum } = info;
  const { uploadResumably } = await import("../objects/resuming/mod.ts");
  const { metadata, ...put } = putOf(from, info, to, key, options);
  const id = `${from.backend.name}/${source.key}`;
  const fingerprint = JSON.stringify([size, etag, lastModified]);
  const open = (offset: number) =>
    streamFrom(
      piecesOf(from, source.key, { ...request, ifMatch: etag, range: offset > 0 ? { offset } : undefined }),
    );
  const bodyFrom = from.backend.capabilities.ranges && etag !== undefined
    ? { version: `${id} ${fingerprint}`, checksum, open }
    : undefined;
  const body = { id, fingerprint, size, bodyFrom, open: () => open(0) };
  const identified = { ...body, source: await contentIdentity(from, source, info, request) };
  await uploadResumably(to.backend, exactKey(to.backend, key), identified, metadata, put, resume);
  return info;
}

/** Opens an object when the first of its bytes is asked for. */
async function* piecesOf(
  { backend }: Side,
  key: string,
  options: OpenOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = await backend.open(key, options);
  const bytes = reader.stream().getReader();
  try {
    for (let read = await bytes.read(); !read.done; read = await bytes.read()) yield read.value;
  } finally {
    await bytes.cancel().catch(() => {});
    await reader.close();
  }
}

function requestOf({ signal, onWarning }: CopyingOptions): RequestOptions {
  return { signal, onWarning };
}

/** How a version is stored as a copy. */
function putOf(
  from: Side,
  info: ObjectHead,
  to: Side,
  key: string,
  { acl, storageClass, onProgress, move, ...options }: CopyingOptions,
): PutOptions & { readonly metadata: Readonly<Record<string, string>> } {
  warnOfCoding(info.contentEncoding, key, options.onWarning);
  const metadata = withTime(from, info, info.metadata, to.backend.capabilities.metadataLimit);
  const put = { contentType: info.contentType, acl, storageClass, onProgress, metadata };
  return { ...put, durable: move, ...requestOf(options) };
}

/** Metadata with the time at which the content last changed, where there is room. */
function withTime(
  from: Side,
  info: ObjectInfo,
  metadata: Readonly<Record<string, string>>,
  limit: number,
): Readonly<Record<string, string>> {
  if (MTIME in metadata && !from.backend.capabilities.contentTimes) return metadata;
  const time = sourceTime(from, info, metadata);
  const known = mayRecur(from, time) ? time - UNEQUAL : time;
  const timed = { ...metadata, [MTIME]: formatContentTime(known) };
  return metadataSize(timed) <= limit ? timed : metadata;
}

/** How far a time is put off that is not to be found equal. */
const UNEQUAL = 2;
/** For how long clocks give the same time: those that tell whole seconds, with what answers are underway, and those of file systems. In milliseconds. */
const TICK = { seconds: 2000, milliseconds: 20 };

/**
 * Whether what replaces an object right now may be given the time that it has, so that the two can't be told apart by it. As git does with files that are as young as its
 * index, its copy is given a time that is not found equal, and is copied once more when the time has passed.
 */
function mayRecur({ backend }: Side, time: number): boolean {
  const tick = time % 1000 === 0 ? TICK.seconds : TICK.milliseconds;
  // A clock of which nothing is known is taken to be right.
  const { least, most } = backend.clockOffset?.() ?? { least: 0, most: 0 };
  const now = Date.now();
  return time > now + least - tick && time < now + most + tick;
}

function warnOfCoding(coding: string | undefined, key: string, warn: OnWarning = warnOncePerKind): void {
  if (coding === undefined) return;
  warn({
    kind: "metadata",
    key,
    message:
      `"${key}" is copied as it is stored, encoded as ${coding}, and the copy does not say so: decode it when you read it`,
  });
}

function gone({ backend }: Side, { key }: ObjectInfo): never {
  throw new NotFoundError(`"${key}" in ${backend.name} was deleted before it was copied`, {
    key,
    bucket: backend.bucket,
    committed: "no",
  });
}

function changingError({ backend }: Side, { key }: ObjectInfo): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${key}" in ${backend.name} is changed all the time, and the copy may be of an older state: sync again when it is at rest`,
    { key, bucket: backend.bucket, committed: "unknown" },
  );
}

/** Whether an object that could not be copied is a placeholder of a directory, which the target has no use for. */
export function isNoPlaceFor(error: unknown, { key, size }: ObjectInfo): boolean {
  return size === 0 && key.endsWith("/") &&
    (error instanceof UnsupportedError || error instanceof InvalidArgumentError);
}
