import { CreateBucketCommand, DeleteBucketCommand, ListBucketsCommand } from "@aws-sdk/client-s3";
import { AlreadyExistsError } from "../../lib/errors.ts";
import { compareKeys } from "../arguments.ts";
import type { BucketInfo, BucketOperations } from "../backend.ts";
import { bucketExists } from "./read.ts";
import type { S3Store } from "./store.ts";
import { bucketAcl } from "./writing/mod.ts";

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
