import type {
  ObjectHead,
  ObjectInfo,
  OnProgress,
  OpenOptions,
  PutOptions,
  RequestOptions,
} from "../../backends/backend.ts";
import {
  AlreadyExistsError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../errors.ts";
import { exactKey } from "../objects/mod.ts";
import type { ResumeStore } from "../objects/resuming/mod.ts";
import { type ByteBudget, streamFrom } from "../streams/mod.ts";
import { contentIdentity, type SyncCompare } from "./comparing.ts";
import { warnOfCoding, withTime } from "./copy_metadata.ts";
import { areOneStore, type Side } from "./pairs.ts";

/** How an object is copied. */
export interface CopyingOptions extends RequestOptions, Pick<PutOptions, "acl" | "storageClass"> {
  /** Deletes the source once its copy is stored. */
  readonly move?: boolean;
  /** Makes a copy only where the target's store has nothing of its name at that moment; else it is an `AlreadyExistsError`. */
  readonly ifAbsent?: boolean;
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
 * Whether the target's store is to refuse copies over what somebody has stored there since it was listed. One that can't decide on that by itself would have to be asked twice of each
 * object: there the listing has to do.
 */
export function isDecidedByStore(compare: SyncCompare, { backend }: Side): boolean {
  return compare === "missing" && backend.capabilities.atomicCreate;
}

/** Whether an object was not copied since the target's store had one of its name, as was asked for. What may have been copied, its answer lost, is not taken for that. */
export function wasThere(error: unknown, { ifAbsent }: CopyingOptions): boolean {
  return ifAbsent === true && error instanceof AlreadyExistsError && error.committed === "no";
}

/** What was copied. */
interface Copied {
  /** Bytes. */
  readonly size: number;
  /** Which version of the source. */
  readonly etag: string | undefined;
}

/** A copy that was stored of a version which the source is not, or not surely, any more. */
interface Outdated {
  /** Which version of the target it is. */
  readonly outdated: string | undefined;
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
  let own: string | undefined;
  for (let attempt = 1;; attempt++) {
    try {
      const copied = reaches(from, to)
        ? await copyWithin(from, source, to, key, options)
        : await copyThrough(from, source, to, key, options, own);
      if (!("outdated" in copied)) return copied;
      // What is there now is ours, and nothing else is to be replaced.
      if (options.ifAbsent) own = copied.outdated ?? changing(from, source);
    } catch (error) {
      if (!(error instanceof PreconditionFailedError) || attempt === ATTEMPTS) throw error;
    }
    if (attempt === ATTEMPTS) changing(from, source);
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
  const { signal, onWarning, acl, storageClass, move, ifAbsent } = options;
  const { size } = await backend.copy(source.key, key, {
    fromBucket: from.backend.bucket === backend.bucket ? undefined : from.backend.bucket,
    ifSourceMatch: source.etag,
    metadata: await metadataWithin(from, source, options),
    ifAbsent,
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

/** @param own The version of the target that is to be replaced, where it is a copy that was made before. */
async function copyThrough(
  from: Side,
  source: ObjectInfo,
  to: Side,
  key: string,
  options: CopyingOptions,
  own: string | undefined,
): Promise<Copied | Outdated> {
  const { signal } = options;
  const release = await options.memory?.acquire(Math.min(source.size, STREAMED), signal);
  try {
    return await copyVersion(from, source, to, key, options, own);
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
  own: string | undefined,
): Promise<Copied | Outdated> {
  const began = performance.now();
  // Where a copy of ours was left, nobody would take up the next: the name is taken.
  const resume = own === undefined && source.size > ONE_GO && source.etag !== undefined
    ? options.resume
    : undefined;
  const { info: { size, etag }, stored } = resume
    ? await copyResumably(from, source, to, key, options, resume)
    : await copyAtOnce(from, source, to, key, options, own);
  // A file can be changed after it was read, and before the store says when it was written.
  const mayHaveChanged = from.backend.capabilities.contentTimes && performance.now() - began > PROMPT;
  if (mayHaveChanged && (await from.backend.head(source.key, requestOf(options)))?.etag !== etag) {
    return { outdated: stored };
  }
  return { size, etag };
}

/** What was read, and which version of the target it became. */
interface Stored {
  readonly info: ObjectHead;
  readonly stored: string | undefined;
}

async function copyAtOnce(
  from: Side,
  source: ObjectInfo,
  to: Side,
  key: string,
  options: CopyingOptions,
  own: string | undefined,
): Promise<Stored> {
  const request = requestOf(options);
  // Reads one version, which is the one whose time and metadata go with it.
  const reader = await from.backend.open(source.key, request);
  try {
    const { info } = reader;
    const body = info.size <= SMALL
      ? await reader.read(undefined, request)
      : reader.stream(undefined, { signal: request.signal });
    const put = { ...putOf(from, info, to, key, options, own), size: info.size };
    return { info, stored: (await to.backend.put(key, body, put)).etag };
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
): Promise<Stored> {
  const request = requestOf(options);
  const info = await from.backend.head(source.key, request) ?? gone(from, source);
  const { size, etag, lastModified, checksum } = info;
  const { uploadResumably } = await import("../objects/resuming/mod.ts");
  const { metadata, ifAbsent, ...put } = putOf(from, info, to, key, options, undefined);
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
  const { etag: stored } = await uploadResumably(
    to.backend,
    exactKey(to.backend, key),
    identified,
    metadata,
    {
      ...put,
      overwrite: !ifAbsent,
    },
    resume,
  );
  return { info, stored };
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
  { acl, storageClass, onProgress, move, ifAbsent, ...options }: CopyingOptions,
  ifMatch: string | undefined,
): PutOptions & { readonly metadata: Readonly<Record<string, string>> } {
  warnOfCoding(info.contentEncoding, key, options.onWarning);
  const metadata = withTime(from, info, info.metadata, to.backend.capabilities.metadataLimit);
  const put = { contentType: info.contentType, acl, storageClass, onProgress, metadata };
  return {
    ...put,
    durable: move,
    ifAbsent: ifMatch === undefined && ifAbsent,
    ifMatch,
    ...requestOf(options),
  };
}

function gone({ backend }: Side, { key }: ObjectInfo): never {
  throw new NotFoundError(`"${key}" in ${backend.name} was deleted before it was copied`, {
    key,
    bucket: backend.bucket,
    committed: "no",
  });
}

function changing({ backend }: Side, { key }: ObjectInfo): never {
  throw new PreconditionFailedError(
    `"${key}" in ${backend.name} is changed all the time, and the copy may be of an older state: sync again when it is at rest`,
    { key, bucket: backend.bucket, committed: "unknown" },
  );
}

/** Whether an object that could not be copied is a placeholder of a directory, which the target has no use for. */
export function isNoPlaceFor(error: unknown, { key, size }: ObjectInfo): boolean {
  return size === 0 && key.endsWith("/") &&
    (error instanceof UnsupportedError || error instanceof InvalidArgumentError);
}
