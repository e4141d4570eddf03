/**
 * Uploads in parts that outlive a process: begun here, taken up again by what the store lists of their parts, and left to be resumed when they fail.
 *
 * @module
 */
import { toBase64, toHex } from "../../../lib/base64.ts";
import { isUnshared, unshared } from "../../../lib/bytes.ts";
import { type Crc, crcOf, digestOf, isCrc } from "../../../lib/checksums.ts";
import {
  AlreadyExistsError,
  CottonCandyError,
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
} from "../../../lib/errors.ts";
import type {
  Body,
  PutResult,
  RequestOptions,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../../backend.ts";
import { cancelUnread, checkAnnounced, checkReadable, drainInParts } from "../../body.ts";
import { CommitGate } from "../../transport/mod.ts";
import { checkUploadSize } from "../../upload_token.ts";
import { plainETag } from "../answers.ts";
import { isNoUpload } from "../errors.ts";
import { s3FailureOf, S3Refusal } from "../failure.ts";
import { abortUpload, forgetUpload, type ListedPart, listS3Parts, listS3Uploads } from "../listing/mod.ts";
import { headS3Object } from "../read.ts";
import type { S3Store } from "../store.ts";
import { beginUpload } from "./begin.ts";
import { checkS3Conditions } from "./conditions.ts";
import { MultipartUpload, type SentPart } from "./multipart.ts";
import { PartPlan } from "./parts.ts";
import { targetOf } from "./target.ts";
import { readToken, type ResumableUpload, tokenOf } from "./token.ts";

/** Begins an upload that can be resumed. */
export async function startUploadInParts(
  store: S3Store,
  key: string,
  { size, ...options }: StartUploadOptions,
): Promise<UploadToken> {
  const { signal } = options;
  signal?.throwIfAborted();
  const target = targetOf(store, key, new Uint8Array(), options);
  checkUploadSize(size, { key, bucket: store.bucket, committed: "no" });
  const partSize = new PartPlan(options.partSize ?? store.options.partSize, size).size(0);
  const begun = await beginUpload(store, target, signal, true);
  try {
    // A store that does not list parts, or not to everybody, had better say so before they are sent.
    await listS3Parts(store, key, begun.uploadId, signal);
    const began = store.clock.at(begun.began);
    return await tokenOf(store, { target: { ...target, size }, partSize, begun, began });
  } catch (error) {
    await abortUpload(store, key, begun.uploadId);
    throw error;
  }
}

/** Sends what the store lacks of an upload that was begun, and completes it. */
export async function resumeUploadInParts(
  store: S3Store,
  token: UploadToken,
  body: Body,
  options: ResumeUploadOptions = {},
): Promise<PutResult> {
  const gate = new CommitGate(options.signal);
  try {
    gate.signal.throwIfAborted();
    const upload = await readToken(store, token);
    const { target: { key, size }, partSize, begun: { uploadId } } = upload;
    const where = { key, bucket: store.bucket, committed: "no" } as const;
    checkReadable(body, where);
    if (body instanceof Uint8Array) checkAnnounced(body.byteLength, size, true, where);
    const plan = new PartPlan(partSize, size);
    let stored: StoredParts;
    try {
      stored = { listed: await listS3Parts(store, key, uploadId, gate.signal) };
    } catch (error) {
      stored = { gone: await goneError(store, upload, error) };
    }
    if ("listed" in stored) {
      checkListed(stored.listed, upload, store);
      if (await isCompleted(store, upload, gate.signal)) stored = { gone: noUploadError(store, upload) };
    }
    return await sendMissing(store, upload, plan, stored, body, gate, options);
  } catch (error) {
    cancelUnread(body, error);
    throw error;
  } finally {
    gate.close();
  }
}

/** Ends an upload that was begun; one that is over already is left alone. */
export async function abortUploadInParts(
  store: S3Store,
  token: UploadToken,
  { signal }: RequestOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const { target: { key }, begun: { uploadId } } = await readToken(store, token);
  await forgetUpload(store, key, uploadId, signal);
}

/** What the store has: parts, or no such upload any more, which it may have completed. */
type StoredParts = { readonly listed: ReadonlyMap<number, ListedPart> } | { readonly gone: Error };

/** The error of an upload that the store does not know any more; throws it at once where no object is there that it could have become. */
async function goneError(
  store: S3Store,
  upload: ResumableUpload,
  error: unknown,
): Promise<Error> {
  const { key, size } = upload.target;
  if (!(error instanceof CottonCandyError) || !isNoUpload(s3FailureOf(error))) throw error;
  const gone = noUploadError(store, upload, error.cause);
  if ((await headS3Object(store, key))?.size !== size) throw gone;
  return gone;
}

function noUploadError(
  { bucket }: S3Store,
  { target: { key } }: ResumableUpload,
  cause: unknown = new S3Refusal({ status: 404, code: "NoSuchUpload", message: "" }),
): NotFoundError {
  return new NotFoundError(
    `there is no upload of "${key}" to resume any more: it was aborted elsewhere, or cleaned up. Begin anew.`,
    { key, bucket, committed: "no", cause },
  );
}

/** Whether an upload whose parts the store lists was completed: Swift goes on listing all of them, S3Proxy none. Only under a condition does it make a difference, since what is there may be its own object then. */
async function isCompleted(
  store: S3Store,
  { target, begun: { uploadId } }: ResumableUpload,
  signal: AbortSignal,
): Promise<boolean> {
  const { key } = target;
  try {
    await checkS3Conditions(store, target, signal);
    return false;
  } catch (error) {
    if (!(error instanceof AlreadyExistsError || error instanceof PreconditionFailedError)) throw error;
    for await (const pending of listS3Uploads(store, { prefix: key, signal })) {
      if (pending.uploadId === uploadId) throw error;
      if (pending.key !== key) break;
    }
    return true;
  }
}

/** Throws unless the parts that the store has are as long as they were to be. */
function checkListed(
  listed: ReadonlyMap<number, ListedPart>,
  { target: { key, size }, partSize }: ResumableUpload,
  { bucket }: S3Store,
): void {
  const count = Math.max(1, Math.ceil(size / partSize));
  for (const part of listed.values()) {
    const expected = part.number > count ? 0 : Math.min(partSize, size - (part.number - 1) * partSize);
    if (part.number <= count && part.size === expected) continue;
    throw new IntegrityError(
      `the store has ${part.size} bytes as part ${part.number} of the upload of "${key}", which was to have ${expected} there: it is none that was begun here. Abort it and begin anew.`,
      { key, bucket, committed: "no" },
    );
  }
}

/**
 * Walks the body: parts that the store has are held against it, others are sent. Of an upload that is gone none is sent, and what it would have become is held against the object.
 */
async function sendMissing(
  store: S3Store,
  { target, begun, began = -Infinity }: ResumableUpload,
  plan: PartPlan,
  stored: StoredParts,
  body: Body,
  gate: CommitGate,
  { concurrency, onProgress }: ResumeUploadOptions,
): Promise<PutResult> {
  const { key, size } = target;
  const source = body instanceof Uint8Array && isUnshared(body) ? "memory" : "stream";
  const upload = new MultipartUpload(store, { ...target, concurrency, onProgress }, gate, source, size, {
    ...begun,
    // From the server's clock, which has answered, to this process's.
    began: began - (store.clock.at(0) ?? 0),
  });
  let index = 0;
  let number = 0;
  const take = async (part: Uint8Array<ArrayBuffer>, memory?: Uint8Array<ArrayBuffer>) => {
    number++;
    const has = "gone" in stored
      ? await asListed(part, number, begun.setting)
      : await asStored(store, key, part, stored.listed.get(number), begun);
    if (has) upload.skip(part.byteLength, has, memory);
    else await upload.add(part, memory !== undefined);
  };
  try {
    if (body instanceof Uint8Array) {
      const bytes = unshared(body);
      let offset = 0;
      do await take(bytes.subarray(offset, offset += plan.size(0))); while (offset < size);
    } else {
      const rest = await drainInParts(body, {
        room: (before) => plan.room(index++, before),
        memory: (length) => upload.buffer(length),
        take: (part) => take(part, part),
      }, { size, signal: gate.signal });
      await take(rest, rest);
    }
    return "gone" in stored
      ? await upload.confirm(() => Promise.reject(stored.gone))
      : await upload.complete();
  } catch (error) {
    return await upload.abandon(error);
  }
}

/** A part as the store would list it, had it got it. */
async function asListed(
  part: Uint8Array<ArrayBuffer>,
  number: number,
  setting: ResumableUpload["begun"]["setting"],
): Promise<SentPart> {
  const ETag = toHex(await digestOf("MD5", part));
  return {
    completed: { PartNumber: number, ETag },
    crc: isCrc(setting) ? await crcOf(setting, part) : undefined,
  };
}

/**
 * A part that the store has; `undefined` when it hasn't, or when nothing that it tells can prove that it has these bytes.
 *
 * @throws {IntegrityError} when it has others.
 */
async function asStored(
  { bucket }: S3Store,
  key: string,
  part: Uint8Array<ArrayBuffer>,
  listed: ListedPart | undefined,
  { setting, digestETags }: ResumableUpload["begun"],
): Promise<SentPart | undefined> {
  if (!listed) return undefined;
  const { number, etag, checksum } = listed;
  const crc = isCrc(setting) ? await crcOf(setting, part) : undefined;
  const plain = plainETag(etag) ?? "";
  const expected = checksum?.value ?? (digestETags && /^[0-9a-f]{32}$/.test(plain) ? plain : undefined);
  if (expected === undefined) return undefined;
  const actual = checksum
    ? await checksumOf(checksum.algorithm, part, crc)
    : toHex(await digestOf("MD5", part));
  if (actual !== expected) {
    throw new IntegrityError(
      `part ${number} of the upload of "${key}" is not what the store has (${
        checksum?.algorithm ?? "MD5"
      } ${actual}, not ${expected}): the data are not those with which it was begun. Abort it and begin anew.`,
      { key, bucket, committed: "no" },
    );
  }
  // Its checksum belongs into the list of parts where the upload was begun with such.
  const noted = checksum && checksum.algorithm === setting ? { [`Checksum${setting}`]: expected } : {};
  return { completed: { PartNumber: number, ETag: etag, ...noted }, crc };
}

async function checksumOf(
  algorithm: NonNullable<ListedPart["checksum"]>["algorithm"],
  bytes: Uint8Array<ArrayBuffer>,
  known: Crc | undefined,
): Promise<string> {
  if (!isCrc(algorithm)) return toBase64(await digestOf(algorithm, bytes));
  return (known?.algorithm === algorithm ? known : await crcOf(algorithm, bytes)).toBase64();
}
