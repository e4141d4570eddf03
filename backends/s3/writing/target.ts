/**
 * What is to be written, and how: a put's options as S3 understands them, checked before anything is sent.
 *
 * @module
 */
import type { BucketCannedACL, ObjectCannedACL } from "@aws-sdk/client-s3";
import { InvalidArgumentError } from "../../../lib/errors.ts";
import { checkPutOptions } from "../../arguments.ts";
import type { Body, PutOptions } from "../../backend.ts";
import { isPartSize } from "../../options.ts";
import { type KeptAs, keptAs } from "../keeping.ts";
import { MAX_PART, MIN_PART, S3_CAPABILITIES } from "../options.ts";
import type { ObjectAnswer } from "../requests/mod.ts";
import type { S3Store } from "../store.ts";

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
  ObjectAnswer,
  "CacheControl" | "ContentDisposition" | "ContentEncoding" | "ContentLanguage"
>;

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

/** Checks what is asked for, before anything is sent. */
export function targetOf(store: S3Store, key: string, body: Body, options: PutOptions): WriteTarget {
  const { bucket } = store;
  const metadata = checkPutOptions(key, body, options, { bucket, ...S3_CAPABILITIES });
  const { partSize } = options;
  if (partSize !== undefined && !isPartSize(partSize, MIN_PART, MAX_PART)) {
    throw new InvalidArgumentError(`parts have from 5 MiB to 5 GiB, not ${partSize} bytes`, {
      key,
      bucket,
      committed: "no",
    });
  }
  const target = {
    ...options,
    key,
    metadata,
    acl: objectAcl(options.acl),
    kept: keptAs(options, store.options),
  };
  if (isConditional(target) && !store.keepsConditions) {
    store.dialect.warnOfConditions(`${store.endpoint} may overlook If-None-Match and If-Match`, key);
  }
  return target;
}

// Canned ACLs: those that S3 knows by name. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html, "Canned ACL".

const BUCKET_ACLS: Readonly<Record<BucketCannedACL, true>> = {
  private: true,
  "public-read": true,
  "public-read-write": true,
  "authenticated-read": true,
};
const OBJECT_ACLS: Readonly<Record<ObjectCannedACL, true>> = {
  ...BUCKET_ACLS,
  "aws-exec-read": true,
  "bucket-owner-read": true,
  "bucket-owner-full-control": true,
};

/** A canned ACL of objects; throws {@linkcode InvalidArgumentError} when S3 has none of that name. */
export function objectAcl(acl: string | undefined): ObjectCannedACL | undefined {
  return acl === undefined ? undefined : one(OBJECT_ACLS, acl);
}

/** A canned ACL of buckets; throws {@linkcode InvalidArgumentError} when S3 has none of that name. */
export function bucketAcl(acl: string | undefined): BucketCannedACL | undefined {
  return acl === undefined ? undefined : one(BUCKET_ACLS, acl);
}

function one<T extends string>(known: Readonly<Record<T, true>>, acl: string): T {
  for (const name in known) if (name === acl) return name;
  throw new InvalidArgumentError(`"${acl}" is no canned ACL; S3 has ${Object.keys(known).join(", ")}`, {
    committed: "no",
  });
}
