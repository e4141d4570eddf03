/**
 * Conditions of writes: as headers where the store decides on them, else looked up before.
 *
 * @module
 */
import type { HeadObjectCommandOutput, ObjectCannedACL } from "@aws-sdk/client-s3";
import { PreconditionFailedError } from "../../lib/errors.ts";
import type { PutOptions } from "../backend.ts";
import { checkWriteConditions } from "../conditions.ts";
import { plainETag, quotedETag } from "./answers.ts";
import { refusesConditions, s3FailureOf } from "./errors.ts";
import type { KeptAs } from "./keeping.ts";
import { headS3Object } from "./read.ts";
import type { S3Store } from "./store.ts";

/** What is to be written, and how. */
export interface WriteTarget extends Omit<PutOptions, "acl"> {
  /** The object. */
  readonly key: string;
  /** Canned ACL. */
  readonly acl?: ObjectCannedACL;
  /** How it is kept, and headers of a copied object that are kept as they are. */
  readonly kept?: KeptAs & KeptHeaders;
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

/** Whether a write may only succeed under a condition: of several that do the same, one. */
export function isConditional({ ifAbsent, ifMatch }: Pick<PutOptions, "ifAbsent" | "ifMatch">): boolean {
  return ifAbsent === true || ifMatch !== undefined;
}

/** Asks whether a write's conditions hold at this moment. */
export async function checkS3Conditions(
  store: S3Store,
  target: Pick<WriteTarget, "key" | "ifAbsent" | "ifMatch">,
  signal?: AbortSignal,
): Promise<void> {
  const { key, ifAbsent, ifMatch } = target;
  if (!isConditional({ ifAbsent, ifMatch })) return;
  const present = await headS3Object(store, key, signal);
  checkWriteConditions(present, { ifAbsent, ifMatch: plainETag(ifMatch) }, store.placeOf(key));
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
  if (!isConditional(target)) return await send({});
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
