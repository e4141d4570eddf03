import { GetObjectAclCommand } from "@aws-sdk/client-s3";
import { UnsupportedError } from "../../lib/errors.ts";
import type { Owner } from "../backend.ts";
import { checkKey } from "../keys.ts";
import type { S3Store } from "./store.ts";

/** Who owns an object, which only its ACL tells. */
export async function ownerOf(store: S3Store, key: string, signal?: AbortSignal): Promise<Owner> {
  checkKey(key);
  const output = await store.call(
    { operation: "GetObjectAcl", key },
    signal,
    (client, options) => client.send(new GetObjectAclCommand({ Bucket: store.bucket, Key: key }), options),
  );
  const { ID: id, DisplayName: displayName } = output.Owner ?? {};
  if (id === undefined) {
    throw new UnsupportedError(`${store.endpoint} does not tell who owns "${key}"`, {
      key,
      bucket: store.bucket,
    });
  }
  return { id, displayName };
}
