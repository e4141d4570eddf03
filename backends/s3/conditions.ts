import type { HeadObjectCommandOutput, ObjectCannedACL } from "@aws-sdk/client-s3";
import { Crc } from "../../lib/checksums.ts";
import { AlreadyExistsError, CottonCandyError, PreconditionFailedError } from "../../lib/errors.ts";
import type { ObjectHead, PutOptions, PutResult } from "../backend.ts";
import { refusesConditions, s3Error, s3FailureOf, type S3Operation } from "./errors.ts";
import { isCrc } from "./parts.ts";
import { headS3Object, plainETag, quotedETag } from "./response.ts";
import type { S3Store } from "./store.ts";

/** What is to be written, and how. */
export interface WriteTarget extends Omit<PutOptions, "acl"> {
  /** The object. */
  readonly key: string;
  /** Canned ACL. */
  readonly acl?: ObjectCannedACL;
  /** Headers of a copied object that are kept as they are. */
  readonly kept?: KeptHeaders;
}

/** Headers of an object that say nothing to this library, and are not lost when it is copied. */
export type KeptHeaders = Pick<
  HeadObjectCommandOutput,
  "CacheControl" | "ContentDisposition" | "ContentEncoding" | "ContentLanguage"
>;

/** Conditions of a write, as headers. */
export interface ConditionFields {
  /** `"*"`: only if there is no such object. */
  readonly IfNoneMatch?: string;
  /** Only over this version. */
  readonly IfMatch?: string;
}

/** The conditions as messages need them. */
export function conditionsOf(
  target: Pick<PutOptions, "ifAbsent" | "ifMatch">,
): { ifAbsent?: boolean; ifMatch?: boolean } {
  return { ifAbsent: target.ifAbsent, ifMatch: target.ifMatch !== undefined };
}

/** Asks whether a write's conditions hold at this moment. */
export async function checkS3Conditions(
  store: S3Store,
  target: WriteTarget,
  signal?: AbortSignal,
): Promise<void> {
  const { key, ifAbsent, ifMatch } = target;
  if (!ifAbsent && ifMatch === undefined) return;
  const head = await headS3Object(store, key, signal);
  const details = { key, bucket: store.bucket, committed: "no" } as const;
  if (ifAbsent && head) {
    throw new AlreadyExistsError(
      `"${key}" in bucket "${store.bucket}" exists already. Allow overwriting, or choose another name.`,
      details,
    );
  }
  if (ifMatch !== undefined && head?.etag !== plainETag(ifMatch)) {
    throw new PreconditionFailedError(
      `"${key}" in bucket "${store.bucket}" is not, or no longer, the version ${ifMatch}. Read it again.`,
      details,
    );
  }
}

/**
 * Makes a request with the write's conditions in its headers. A store that does not know them (Swift answers 501) is asked first, and then
 * written to without: the best that can be done there.
 */
export async function withConditions<T>(
  store: S3Store,
  target: WriteTarget,
  signal: AbortSignal | undefined,
  send: (conditions: ConditionFields) => Promise<T>,
): Promise<T> {
  const { ifAbsent, ifMatch } = target;
  if (!ifAbsent && ifMatch === undefined) return await send({});
  if (store.dialect.conditions) {
    const quoted = store.dialect.quotedIfMatch;
    const IfNoneMatch = ifAbsent ? "*" : undefined;
    try {
      return await send({ IfNoneMatch, IfMatch: quoted ? quotedETag(ifMatch) : plainETag(ifMatch) });
    } catch (error) {
      if (quoted && error instanceof PreconditionFailedError && await isCurrent(store, target, signal)) {
        const result = await send({ IfNoneMatch, IfMatch: plainETag(ifMatch) });
        store.dialect.quotedIfMatch = false;
        return result;
      }
      if (!refusesConditions(s3FailureOf(error))) throw error;
      store.dialect.conditions = false;
    }
  }
  await checkS3Conditions(store, target, signal);
  return await send({});
}

/** Whether the object is the version that `ifMatch` names: then a store that denied it does not understand the header as it was sent. */
async function isCurrent(
  store: S3Store,
  { key, ifMatch }: WriteTarget,
  signal?: AbortSignal,
): Promise<boolean> {
  return ifMatch !== undefined && (await headS3Object(store, key, signal))?.etag === plainETag(ifMatch);
}

/** How to recognise what was written. */
export interface Written {
  /** Its size in bytes. */
  readonly size: number;
  /** The ETag that a plain store gives it; `undefined` when that can't be known. */
  etag(): Promise<string | undefined>;
  /** All of its bytes, where they are at hand. */
  bytes?(): Uint8Array;
  /** Its CRC, where that is at hand. */
  crc?(): Crc | undefined;
}

/**
 * Makes a write whose answer may get lost. When it is unknown whether it took effect (the connection broke, and asking again gave "exists already" or
 * "no such upload"), the object is looked up: if it is what was written, the write succeeded.
 *
 * @param undo Called when it did not, before the object is looked up for the last time.
 */
export async function confirmLostWrite(
  store: S3Store,
  about: S3Operation,
  write: () => Promise<PutResult>,
  written: Written,
  undo?: () => Promise<void>,
): Promise<PutResult> {
  try {
    return await write();
  } catch (error) {
    if (!isUncertain(error) || about.key === undefined) throw error;
    for (const last of undo ? [false, true] : [true]) {
      if (last) await undo?.();
      let head: ObjectHead | undefined;
      try {
        head = await headS3Object(store, about.key);
      } catch {
        throw error;
      }
      const stored = head ? await isWritten(head, written) : false;
      if (head && stored) {
        return { key: about.key, size: head.size, etag: head.etag, versionId: head.versionId };
      }
      if (last && stored === undefined) throw error;
    }
    throw s3Error(causeOf(error), { bucket: store.bucket, ...about }, store.endpoint, false);
  }
}

function isUncertain(error: unknown): boolean {
  if (!(error instanceof CottonCandyError)) return false;
  return error.committed === "unknown" || s3FailureOf(error).code === "NoSuchUpload";
}

function causeOf(error: unknown): unknown {
  return error instanceof CottonCandyError ? error.cause : error;
}

/** Whether an object is what was written; `undefined` where nothing that the store tells can decide it. */
async function isWritten(head: ObjectHead, written: Written): Promise<boolean | undefined> {
  if (head.size !== written.size) return false;
  const { checksum } = head;
  if (checksum && isCrc(checksum.algorithm)) {
    const known = written.crc?.();
    if (known?.algorithm === checksum.algorithm) return known.toBase64() === checksum.value;
    const bytes = written.bytes?.();
    if (bytes) return new Crc(checksum.algorithm).update(bytes).toBase64() === checksum.value;
  }
  const etag = await written.etag();
  // Another ETag proves nothing: that of an encrypted object is no digest of its bytes.
  return etag !== undefined && etag === head.etag ? true : undefined;
}
