import {
  type Bucket,
  CreateBucketCommand,
  DeleteBucketCommand,
  ListBucketsCommand,
} from "@aws-sdk/client-s3";
import { AlreadyExistsError } from "../../lib/errors.ts";
import type { BucketInfo, BucketOperations } from "../backend.ts";
import { compareKeys } from "../keys.ts";
import { bucketAcl } from "./acl.ts";
import { bucketExists } from "./bucket_exists.ts";
import type { S3Store } from "./store.ts";

/**
 * The operations on a store's buckets.
 *
 * @param storeOf Gives the client of a bucket: each may be in a region of its own.
 */
export function bucketOperations(store: S3Store, storeOf: (bucket: string) => S3Store): BucketOperations {
  return {
    async list({ signal } = {}) {
      const found: BucketInfo[] = [];
      let token: string | undefined;
      do {
        const output = await store.call(
          { operation: "ListBuckets" },
          signal,
          (client, options) => client.send(new ListBucketsCommand({ ContinuationToken: token }), options),
        );
        for (const bucket of output.Buckets ?? []) found.push(...infoOf(bucket));
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
      await other.call(
        about,
        signal,
        (client, options) => client.send(new CreateBucketCommand({ Bucket: name, ACL }), options),
      );
    },
    async remove(name, { signal } = {}) {
      await storeOf(name).call(
        { operation: "DeleteBucket", writes: true },
        signal,
        (client, options) => client.send(new DeleteBucketCommand({ Bucket: name }), options),
      );
    },
    async exists(name, { signal } = {}) {
      return await bucketExists(storeOf(name), signal);
    },
  };
}

function infoOf({ Name: name, CreationDate: created }: Bucket): BucketInfo[] {
  return name === undefined ? [] : [{ name, created }];
}
