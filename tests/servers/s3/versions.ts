/** Versions of objects, and what hides them: "Using versioning in S3 buckets". Here too are objects written and removed, with versions or without. */
import { randomBytes } from "node:crypto";
import type { Reply } from "../http/reply.ts";
import { type Call, findBucket, OWNER, queryInteger, xmlReply } from "./call.ts";
import { s3Error } from "./error.ts";
import { encodeKey, encodingType, page } from "./listing.ts";
import { type Bucket, compareKeys, type StoredObject } from "./store.ts";
import { document, element, text } from "./xml.ts";

/** One version of an object; without the object it is a delete marker. */
export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: Date;
  readonly object?: StoredObject;
}

const newId = () => randomBytes(24).toString("base64url");

/** Makes an object the current one of its key, beside or in place of what there is. */
export function writeObject(bucket: Bucket, object: StoredObject): StoredObject {
  if (!bucket.versioning) {
    bucket.objects.set(object.key, object);
    return object;
  }
  const versionId = newId();
  const stored = { ...object, versionId };
  history(bucket, object.key).unshift({
    key: object.key,
    versionId,
    lastModified: object.lastModified,
    object: stored,
  });
  bucket.objects.set(object.key, stored);
  return stored;
}

/** Removes an object, or hides it; answers the headers that tell which. */
export function removeObject(bucket: Bucket, key: string, now: Date): Record<string, string> {
  bucket.objects.delete(key);
  if (!bucket.versioning) return {};
  const versionId = newId();
  history(bucket, key).unshift({ key, versionId, lastModified: now });
  return { "x-amz-delete-marker": "true", "x-amz-version-id": versionId };
}

/** Removes one version for good. */
export function removeVersion(bucket: Bucket, key: string, versionId: string): Record<string, string> {
  if (!bucket.versioning) {
    if (versionId === "null") bucket.objects.delete(key);
    return { "x-amz-version-id": versionId };
  }
  checkVersionId(versionId);
  const versions = history(bucket, key);
  const at = versions.findIndex((version) => version.versionId === versionId);
  const [removed] = at < 0 ? [] : versions.splice(at, 1);
  const current = versions[0]?.object;
  if (current) bucket.objects.set(key, current);
  else bucket.objects.delete(key);
  return {
    "x-amz-version-id": versionId,
    ...(removed && !removed.object ? { "x-amz-delete-marker": "true" } : {}),
  };
}

/** The version of a key that was asked for, or what S3 says of it. */
export function findVersion(bucket: Bucket, key: string, versionId: string): StoredObject {
  if (bucket.versioning) checkVersionId(versionId);
  const none = () =>
    s3Error("NoSuchVersion", "The specified version does not exist.", { Key: key, VersionId: versionId });
  if (!bucket.versioning) {
    const object = versionId === "null" ? bucket.objects.get(key) : undefined;
    if (!object) throw none();
    return object;
  }
  const version = history(bucket, key).find((version) => version.versionId === versionId);
  if (!version) throw none();
  if (version.object) return version.object;
  throw s3Error(
    "MethodNotAllowed",
    "The specified method is not allowed against this resource.",
    { Method: "GET", ResourceType: "DeleteMarker" },
    { "x-amz-delete-marker": "true", "x-amz-version-id": versionId, allow: "DELETE" },
  );
}

function checkVersionId(versionId: string): void {
  if (versionId === "null" || /^[\w-]{32}$/.test(versionId)) return;
  throw s3Error("InvalidArgument", "Invalid version id specified", {
    ArgumentName: "versionId",
    ArgumentValue: versionId,
  });
}

function history(bucket: Bucket, key: string): StoredVersion[] {
  let versions = bucket.history.get(key);
  if (!versions) bucket.history.set(key, versions = []);
  return versions;
}

/** All versions by key, the newest of each first; of a bucket without versions its objects. */
function allVersions(bucket: Bucket): StoredVersion[] {
  const versions = bucket.versioning
    ? [...bucket.history.values()].flat()
    : [...bucket.objects.values()].map((object) => ({
      key: object.key,
      versionId: "null",
      lastModified: object.lastModified,
      object,
    }));
  // Sorting is stable: within a key the newest stays first.
  return versions.sort((a, b) => compareKeys(a.key, b.key));
}

/** ListObjectVersions. */
export function listObjectVersions(call: Call): Reply {
  const { query } = call;
  const bucket = findBucket(call);
  const type = encodingType(call);
  const prefix = query.get("prefix") ?? "", delimiter = query.get("delimiter") ?? "";
  const keyMarker = query.get("key-marker") ?? "", idMarker = query.get("version-id-marker") ?? "";
  if (idMarker !== "" && keyMarker === "") {
    throw s3Error("InvalidArgument", "A version-id marker cannot be specified without a key marker.");
  }
  const limit = Math.min(queryInteger(call, "max-keys", 1000, 1, 2 ** 31 - 1), call.features.maxKeys);
  const sorted = allVersions(bucket);
  const at = sorted.findIndex((version) => version.key === keyMarker && version.versionId === idMarker);
  const candidates = at >= 0
    ? sorted.slice(at + 1)
    : sorted.filter((version) => compareKeys(version.key, keyMarker) > 0);
  const found = page(candidates, { prefix, delimiter, after: at >= 0 ? "" : keyMarker, limit });
  const last = found.items.at(-1);
  const encoded = (name: string, value: string) => text(name, encodeKey(call, value));
  const isLatest = (version: StoredVersion) =>
    sorted.find(({ key }) => key === version.key)?.versionId === version.versionId;
  const owner = element("Owner", text("ID", OWNER.id), text("DisplayName", OWNER.displayName));
  return xmlReply(document(
    "ListVersionsResult",
    text("Name", bucket.name),
    encoded("Prefix", prefix),
    encoded("KeyMarker", keyMarker),
    text("VersionIdMarker", idMarker),
    found.isTruncated ? encoded("NextKeyMarker", found.last) : "",
    found.isTruncated && last?.key === found.last ? text("NextVersionIdMarker", last.versionId) : "",
    text("MaxKeys", limit),
    text("EncodingType", type),
    text("IsTruncated", found.isTruncated),
    ...found.items.map((version) =>
      element(
        version.object ? "Version" : "DeleteMarker",
        encoded("Key", version.key),
        text("VersionId", version.versionId),
        text("IsLatest", isLatest(version)),
        text("LastModified", version.lastModified.toISOString()),
        ...(version.object
          ? [
            text("ETag", `"${version.object.etag}"`),
            text("Size", version.object.size),
            text("StorageClass", version.object.storageClass ?? "STANDARD"),
          ]
          : []),
        owner,
      )
    ),
    ...found.prefixes.map((name) => element("CommonPrefixes", encoded("Prefix", name))),
  ));
}
