/**
 * Conditions of writes: as headers where the store decides on them, else looked up before.
 *
 * @module
 */
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  PreconditionFailedError,
} from "../../../lib/errors.ts";
import type { ObjectHead, PutResult } from "../../backend.ts";
import { checkWriteConditions } from "../../conditions.ts";
import { withCommitted } from "../../transport/mod.ts";
import { plainETag, quotedETag } from "../answers.ts";
import { refusesConditions } from "../errors.ts";
import { s3FailureOf } from "../failure.ts";
import { headS3Object } from "../read.ts";
import type { S3Store } from "../store.ts";
import { isConditional, type WriteTarget } from "./target.ts";

/** Conditions of a write, as headers. */
export interface ConditionFields {
  /** `"*"`: only if there is no such object. */
  readonly IfNoneMatch?: string;
  /** Only over this version. */
  readonly IfMatch?: string;
}

/** Asks whether a write's conditions hold at this moment. */
export async function checkS3Conditions(
  store: S3Store,
  target: Pick<WriteTarget, "key" | "ifAbsent" | "ifMatch">,
  signal?: AbortSignal,
): Promise<void> {
  const { key, ifAbsent, ifMatch } = target;
  if (!isConditional({ ifAbsent, ifMatch })) return;
  let present: ObjectHead | undefined;
  try {
    present = await headS3Object(store, key, signal);
  } catch (error) {
    throw error instanceof CottonCandyError ? withCommitted(error, "no") : error;
  }
  checkWriteConditions(present, { ifAbsent, ifMatch: plainETag(ifMatch) }, store.placeOf(key));
}

/**
 * Makes a write with its conditions in the headers. That a store overlooks them (rclone) nobody could see from its answer; so where it isn't known to keep them, the object is looked
 * up before, and after it was created. A store that refuses them (Swift answers 501) is written to without. Two writers at the same moment can get past that: the best that can be
 * done there.
 *
 * @param looked The object has been looked up already.
 */
export async function withConditions(
  store: S3Store,
  target: WriteTarget,
  signal: AbortSignal | undefined,
  send: (conditions: ConditionFields) => Promise<PutResult>,
  looked = false,
): Promise<PutResult> {
  if (!isConditional(target)) return await send({});
  if (!looked && !store.keepsConditions) await lookBefore(store, target, signal);
  const result = await sendConditions(store, target, signal, send);
  // Who replaced a version may have been followed by the next who does, as it should be: that looks the same.
  if (target.ifAbsent && !store.keepsConditions) await lookAfter(store, target.key, result);
  return result;
}

/** Who may write but not look can't be told; the headers are sent all the same. */
async function lookBefore(
  store: S3Store,
  target: WriteTarget,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await checkS3Conditions(store, target, signal);
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error;
  }
}

/** Of several that created an object at once, all but the last see another's. */
async function lookAfter(store: S3Store, key: string, { etag }: PutResult): Promise<void> {
  const present = await headS3Object(store, key).catch(() => undefined);
  if (!present?.etag || !etag || present.etag === etag) return;
  throw new AlreadyExistsError(
    `"${key}" in bucket "${store.bucket}" was stored by another writer at the same moment, whose object is there now: ${store.endpoint} may overlook If-None-Match. Look it up again.`,
    { key, bucket: store.bucket, committed: "no" },
  );
}

async function sendConditions(
  store: S3Store,
  target: WriteTarget,
  signal: AbortSignal | undefined,
  send: (conditions: ConditionFields) => Promise<PutResult>,
): Promise<PutResult> {
  const { key, ifAbsent, ifMatch } = target;
  if (store.dialect.conditions) {
    const quoted = store.dialect.quotedIfMatch;
    const IfNoneMatch = ifAbsent ? "*" : undefined;
    try {
      return await send({ IfNoneMatch, IfMatch: quoted ? quotedETag(ifMatch) : plainETag(ifMatch) });
    } catch (error) {
      if (quoted && error instanceof PreconditionFailedError && await isCurrent(store, target, signal)) {
        try {
          const result = await send({ IfNoneMatch, IfMatch: plainETag(ifMatch) });
          store.dialect.quotedIfMatch = false;
          return result;
        } catch (again) {
          // Swift denies it in either form when parts are put together.
          const denied = again instanceof PreconditionFailedError && await isCurrent(store, target, signal);
          if (!denied || store.keepsConditions) throw again;
        }
      } else if (!refusesConditions(s3FailureOf(error))) throw error;
      store.dialect.conditions = false;
      store.dialect.warnOfConditions(`${store.endpoint} refuses If-None-Match and If-Match`, key);
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
