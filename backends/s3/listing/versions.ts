import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from "@aws-sdk/client-s3";
import { CottonCandyError, NotFoundError } from "../../../lib/errors.ts";
import { checkKey, compareKeys } from "../../arguments.ts";
import type { ObjectVersion, PrefixOptions, RequestOptions } from "../../backend.ts";
import { plainETag, plainStorageClass } from "../answers.ts";
import type { S3Store } from "../store.ts";
import { markedPages, type Markers } from "./markers.ts";

/** Lists all versions page by page: by key, the newest of each first. */
export async function* listS3Versions(
  store: S3Store,
  { prefix = "", signal }: PrefixOptions = {},
): AsyncGenerator<ObjectVersion, void, void> {
  const ask = async ({ key, id }: Markers) =>
    await store.send(
      { operation: "ListObjectVersions" },
      new ListObjectVersionsCommand({
        Bucket: store.bucket,
        Prefix: prefix || undefined,
        EncodingType: "url",
        KeyMarker: key,
        VersionIdMarker: id,
      }),
      signal,
    );
  for await (const page of markedPages(store, "versions", prefix, ask, versionsIn)) yield* page;
}

/** The versions and delete markers of a page, which the SDK gives apart from each other, in the store's order. */
function versionsIn(
  { Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput,
  decode: (key: string) => string,
): ObjectVersion[] {
  const versions = Versions.map((version) => ({
    ...markerOf(version, decode),
    size: version.Size ?? 0,
    etag: plainETag(version.ETag),
    storageClass: plainStorageClass(version.StorageClass),
    isDeleteMarker: false,
  }));
  return [...versions, ...DeleteMarkers.map((marker) => markerOf(marker, decode))].sort((a, b) =>
    compareKeys(a.key, b.key) || Number(b.isLatest) - Number(a.isLatest) ||
    b.lastModified.getTime() - a.lastModified.getTime()
  );
}

/** What the store tells of versions and of delete markers alike. */
interface ListedVersion {
  readonly Key?: string;
  readonly VersionId?: string;
  readonly IsLatest?: boolean;
  readonly LastModified?: Date;
}

function markerOf(listed: ListedVersion, decode: (key: string) => string): ObjectVersion {
  return {
    key: decode(listed.Key ?? ""),
    size: 0,
    lastModified: listed.LastModified ?? new Date(0),
    versionId: listed.VersionId ?? "null",
    isLatest: listed.IsLatest ?? false,
    isDeleteMarker: true,
  };
}

/** Brings a deleted object back: the delete markers that hide it go, for good. Several deletions leave several of them. */
export async function undeleteS3Object(
  store: S3Store,
  key: string,
  { signal }: RequestOptions = {},
): Promise<ObjectVersion> {
  checkKey(key);
  const removed = new Set<string>();
  while (true) {
    const versions = await versionsOf(store, key, signal);
    if (versions.every(({ isDeleteMarker }) => isDeleteMarker)) {
      throw new NotFoundError(
        `there is no version of "${key}" in bucket "${store.bucket}" to bring back: what is deleted is kept only while the bucket's versioning is on`,
        { key, bucket: store.bucket },
      );
    }
    // Which marker is on top, only the store knows: their times may be equal.
    const latest = versions.find(({ isLatest }) => isLatest) ?? versions[0];
    if (!latest.isDeleteMarker) return latest;
    if (removed.has(latest.versionId)) {
      throw new CottonCandyError(
        `${store.endpoint} has said that a delete marker of "${key}" is removed, and still lists it: try again later`,
        { key, bucket: store.bucket, committed: "unknown" },
      );
    }
    await store.send(
      { operation: "DeleteObject", key, writes: true },
      new DeleteObjectCommand({ Bucket: store.bucket, Key: key, VersionId: latest.versionId }),
      signal,
    );
    removed.add(latest.versionId);
  }
}

async function versionsOf(
  store: S3Store,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectVersion[]> {
  const versions: ObjectVersion[] = [];
  for await (const version of listS3Versions(store, { prefix: key, signal })) {
    // In the order of keys, the key itself comes before all that begin with it.
    if (version.key !== key) break;
    versions.push(version);
  }
  return versions;
}
