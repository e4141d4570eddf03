import {
  CreateBucketCommand,
  DeleteBucketCommand,
  HeadBucketCommand,
  ListBucketsCommand,
} from "@aws-sdk/client-s3";
import { AccessDeniedError, AlreadyExistsError, NotFoundError } from "../../lib/errors.ts";
import { compareKeys } from "../arguments.ts";
import type { BucketInfo, BucketOperations } from "../backend.ts";
import { s3FailureOf } from "./errors.ts";
import { bucketAcl } from "./acl.ts";
import type { S3Store } from "./store.ts";

/** Whether there is the store's bucket. One that may not be looked into exists, and so does one in another region. */
export async function bucketExists(store: S3Store, signal?: AbortSignal): Promise<boolean> {
  try {
    await store.send({ operation: "HeadBucket" }, new HeadBucketCommand({ Bucket: store.bucket }), signal);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    if (error instanceof AccessDeniedError) return true;
    // A redirection without a region is a proxy's, who knows of no bucket.
    const { status, region } = s3FailureOf(error);
    if (status === 301 && region !== undefined) return true;
    throw error;
  }
}

/**
 * The operations on a store's buckets.
 *
 * @param storeOf Gives the client of a bucket: each may be in a region of its own.
 */
export function s3Buckets(store: S3Store, storeOf: (bucket: string) => S3Store): BucketOperations {
  return {
    async list({ signal } = {}) {
      const found: BucketInfo[] = [];
      let token: string | undefined;
      do {
        const command = new ListBucketsCommand({ ContinuationToken: token });
        const output = await store.send({ operation: "ListBuckets" }, command, signal);
        for (const { Name: name, CreationDate: created } of output.Buckets ?? []) {
          if (name !== undefined) found.push({ name, created });
        }
        token = output.ContinuationToken || undefined;
      } while (token !== undefined);
      return found.sort((a, b) => compareKeys(a.name, b.name));
    },
    async create(name, { signal, acl } = {}) {
      const other = storeOf(name);
      const about = { operation: "CreateBucket", writes: true };
      const ACL = bucketAcl(acl);
      // Amazon's oldest region says yes to what is there already.
      if (await bucketExists(other, signal)) {
        throw new AlreadyExistsError(`the bucket "${name}" exists already.`, {
          bucket: name,
          committed: "no",
        });
      }
      // Outside us-east-1 the SDK adds the location constraint.
      await other.send(about, new CreateBucketCommand({ Bucket: name, ACL }), signal);
    },
    async remove(name, { signal } = {}) {
      const about = { operation: "DeleteBucket", writes: true };
      await storeOf(name).send(about, new DeleteBucketCommand({ Bucket: name }), signal);
    },
    async exists(name, { signal } = {}) {
      return await bucketExists(storeOf(name), signal);
    },
  };
}
