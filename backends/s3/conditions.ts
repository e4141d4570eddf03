import type { HeadObjectCommandOutput, ObjectCannedACL } from "@aws-sdk/client-s3";
import { AlreadyExistsError, PreconditionFailedError } from "../../lib/errors.ts";
import type { PutOptions } from "../backend.ts";
import { failureOf, refusesConditions } from "./errors.ts";
import { headObject } from "./head.ts";
import { plainETag, quotedETag } from "./info.ts";
import type { S3Store } from "./store.ts";

/** What is to be written, and how. */
export interface Target extends Omit<PutOptions, "acl"> {
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
export async function checkConditions(store: S3Store, target: Target, signal?: AbortSignal): Promise<void> {
  const { key, ifAbsent, ifMatch } = target;
  if (!ifAbsent && ifMatch === undefined) return;
  const head = await headObject(store, key, signal);
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
export async function conditionally<T>(
  store: S3Store,
  target: Target,
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
      if (!refusesConditions(failureOf(error))) throw error;
      store.dialect.conditions = false;
    }
  }
  await checkConditions(store, target, signal);
  return await send({});
}

/** Whether the object is the version that `ifMatch` names: then a store that denied it does not understand the header as it was sent. */
async function isCurrent(store: S3Store, { key, ifMatch }: Target, signal?: AbortSignal): Promise<boolean> {
  return ifMatch !== undefined && (await headObject(store, key, signal))?.etag === plainETag(ifMatch);
}
