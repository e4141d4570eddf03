import { GetObjectTaggingCommand, PutObjectTaggingCommand } from "@aws-sdk/client-s3";
import { checkKey } from "../arguments.ts";
import type { HeadOptions } from "../backend.ts";
import { taggingOf } from "./keeping.ts";
import type { S3Store } from "./store.ts";

/** An object's tags. */
export async function s3Tags(
  store: S3Store,
  key: string,
  { versionId, signal }: HeadOptions = {},
): Promise<Record<string, string>> {
  checkKey(key);
  const command = new GetObjectTaggingCommand({ Bucket: store.bucket, Key: key, VersionId: versionId });
  const { TagSet = [] } = await store.send({ operation: "GetObjectTagging", key }, command, signal);
  return Object.fromEntries(TagSet.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Replaces an object's tags. */
export async function setS3Tags(
  store: S3Store,
  key: string,
  tags: Readonly<Record<string, string>>,
  { versionId, signal }: HeadOptions = {},
): Promise<void> {
  checkKey(key);
  // Checks them.
  taggingOf(tags);
  const command = new PutObjectTaggingCommand({
    Bucket: store.bucket,
    Key: key,
    VersionId: versionId,
    Tagging: { TagSet: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
  });
  await store.send({ operation: "PutObjectTagging", key, writes: true }, command, signal);
}
