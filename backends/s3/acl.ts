/**
 * Canned ACLs: those that S3 knows by name. Apart from the options, since the names are the SDK's, which is loaded late.
 *
 * @module
 */
import { BucketCannedACL, ObjectCannedACL } from "@aws-sdk/client-s3";
import { InvalidArgumentError } from "../../lib/errors.ts";

/** A canned ACL of objects; throws {@linkcode InvalidArgumentError} when S3 has none of that name. */
export function objectAcl(acl: string | undefined): ObjectCannedACL | undefined {
  return acl === undefined ? undefined : one(Object.values(ObjectCannedACL), acl);
}

/** A canned ACL of buckets; throws {@linkcode InvalidArgumentError} when S3 has none of that name. */
export function bucketAcl(acl: string | undefined): BucketCannedACL | undefined {
  return acl === undefined ? undefined : one(Object.values(BucketCannedACL), acl);
}

function one<T extends string>(known: readonly T[], acl: string): T {
  const found = known.find((name) => name === acl);
  if (found === undefined) {
    throw new InvalidArgumentError(`"${acl}" is no canned ACL; S3 has ${known.join(", ")}`, {
      committed: "no",
    });
  }
  return found;
}
