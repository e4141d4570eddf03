import { GetObjectAclCommand } from "@aws-sdk/client-s3";
import { UnsupportedError } from "../../lib/errors.ts";
import { checkKey } from "../arguments.ts";
import type { Owner } from "../backend.ts";
import type { S3Store } from "./store.ts";

/** Who owns an object, which only its ACL tells. */
export async function s3ObjectOwner(store: S3Store, key: string, signal?: AbortSignal): Promise<Owner> {
  checkKey(key);
  const command = new GetObjectAclCommand({ Bucket: store.bucket, Key: key });
  const output = await store.send({ operation: "GetObjectAcl", key }, command, signal);
  const { ID: id, DisplayName: displayName } = output.Owner ?? {};
  if (id === undefined) {
    throw new UnsupportedError(`${store.endpoint} does not tell who owns "${key}"`, {
      key,
      bucket: store.bucket,
    });
  }
  return { id, displayName };
}
