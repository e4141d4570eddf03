/** PutObject, GetObject, HeadObject, GetObjectAcl, DeleteObject and DeleteObjects. */
import { emptyReply, type Reply } from "../http/reply.ts";
import { checksumHeaders, objectHeaders, readAttributes, versionHeaders } from "./attributes.ts";
import { type Call, findBucket, OWNER, queryInteger, xmlReply } from "./call.ts";
import { checkDelete, checkWrite, isNotModified, rangeHolds } from "./condition.ts";
import { S3Error, s3Error } from "./error.ts";
import { objectRange } from "./range.ts";
import { checkCustomerKey, encryptionHeaders, etagOf, readTagSet, taggingReply } from "./keeping.ts";
import { type Bucket, sliceChunks, type StoredObject } from "./store.ts";
import { findVersion, removeObject, removeVersion, writeObject } from "./versions.ts";
import { childText, document, element, parseXml, text, type XmlElement } from "./xml.ts";

/** The object of a call, or NoSuchKey; AccessDenied for those who may not list. */
export function findObject(
  call: Call,
  bucketName: string = call.bucketName,
  key: string = call.key,
  versionId: string | null = call.query.get("versionId"),
): StoredObject {
  const bucket = findBucket(call, bucketName);
  if (versionId !== null) return findVersion(bucket, key, versionId);
  const object = bucket.objects.get(key);
  if (object) return object;
  if (!call.may("ListObjectsV2")) throw s3Error("AccessDenied", "Access Denied");
  throw s3Error("NoSuchKey", "The specified key does not exist.", { Key: key });
}

/** PutObject. */
export function putObject(call: Call): Reply {
  const bucket = findBucket(call);
  const attributes = readAttributes(call);
  const object: StoredObject = {
    ...attributes,
    key: call.key,
    chunks: [call.body],
    size: call.body.length,
    etag: etagOf([call.body], attributes.encryption),
    lastModified: call.now,
    checksum: call.checksum && { ...call.checksum, type: "FULL_OBJECT" },
  };
  checkWrite(call, bucket.objects.get(call.key));
  const stored = writeObject(bucket, object);
  return emptyReply(200, {
    etag: `"${stored.etag}"`,
    ...checksumHeaders(call, stored),
    ...encryptionHeaders(stored.encryption),
    ...versionHeaders(stored),
  });
}

/** The bytes that a read asks for: a range, a part, or all. */
function selection(call: Call, object: StoredObject) {
  const whole = { start: 0, end: object.size, isPartial: false, headers: {} as Record<string, string> };
  if (call.query.has("partNumber")) {
    if (call.header("range") !== undefined) {
      throw s3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
    }
    const number = queryInteger(call, "partNumber", 1, 1, 10000);
    const sizes = object.parts ?? [object.size];
    if (number > sizes.length) {
      throw s3Error("InvalidPartNumber", "The requested partnumber is not satisfiable");
    }
    const start = sizes.slice(0, number - 1).reduce((sum, size) => sum + size, 0);
    const headers: Record<string, string> = object.parts
      ? { "x-amz-mp-parts-count": String(sizes.length) }
      : {};
    return { start, end: start + sizes[number - 1], isPartial: object.size > 0, headers };
  }
  if (call.features.ignoreRange || !rangeHolds(call, object)) return whole;
  const range = objectRange(call.header("range"), object.size);
  return range ? { ...range, isPartial: true, headers: {} as Record<string, string> } : whole;
}

/** GetObject and HeadObject: the same answer, but for the bytes. */
export function readObject(call: Call): Reply {
  const object = findObject(call);
  checkCustomerKey(call, object);
  if (isNotModified(call, object)) {
    return emptyReply(304, { etag: `"${object.etag}"`, "last-modified": object.lastModified.toUTCString() });
  }
  const { start, end, isPartial, headers } = selection(call, object);
  Object.assign(headers, objectHeaders(call, object), { "content-length": String(end - start) });
  if (isPartial) headers["content-range"] = `bytes ${start}-${end - 1}/${object.size}`;
  // The checksum is the whole object's; with a part of its bytes it would mislead.
  if (call.header("x-amz-checksum-mode")?.toUpperCase() === "ENABLED" && start === 0 && end === object.size) {
    Object.assign(headers, checksumHeaders(call, object));
  }
  return {
    status: isPartial ? 206 : 200,
    headers,
    body: call.operation === "HeadObject" ? [] : sliceChunks(object.chunks, start, end),
  };
}

/** GetObjectAcl: the owner, and the grants of the canned ACL. */
export function getObjectAcl(call: Call): Reply {
  const object = findObject(call);
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  const grant = (grantee: string, permission: string) =>
    element("Grant", grantee, text("Permission", permission));
  const owner = text("ID", OWNER.id) + text("DisplayName", OWNER.displayName);
  const group = (name: string) =>
    `<Grantee ${xsi} xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/${name}</URI></Grantee>`;
  const grants = [grant(`<Grantee ${xsi} xsi:type="CanonicalUser">${owner}</Grantee>`, "FULL_CONTROL")];
  if (object.acl?.startsWith("public-read")) grants.push(grant(group("AllUsers"), "READ"));
  if (object.acl === "public-read-write") grants.push(grant(group("AllUsers"), "WRITE"));
  if (object.acl === "authenticated-read") grants.push(grant(group("AuthenticatedUsers"), "READ"));
  return xmlReply(
    document("AccessControlPolicy", element("Owner", owner), element("AccessControlList", ...grants)),
  );
}

/** DeleteObject. */
export function deleteObject(call: Call): Reply {
  const bucket = findBucket(call);
  const versionId = call.query.get("versionId");
  if (versionId !== null) return emptyReply(204, removeVersion(bucket, call.key, versionId));
  checkDelete(call, call.key, call.header("if-match"), bucket.objects.get(call.key));
  return emptyReply(204, removeObject(bucket, call.key, call.now));
}

/** DeleteObjects: each key has its own answer. */
export function deleteObjects(call: Call): Reply {
  if (!call.features.deleteObjects) {
    throw s3Error("NotImplemented", "A header you provided implies functionality that is not implemented");
  }
  const malformed = () =>
    s3Error(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  const bucket = findBucket(call);
  let root: XmlElement;
  try {
    root = parseXml(new TextDecoder("utf-8", { fatal: true }).decode(call.body));
  } catch {
    throw malformed();
  }
  const items = root.children.filter((child) => child.name === "Object");
  if (root.name !== "Delete" || items.length === 0 || items.length > 1000) throw malformed();
  const isQuiet = childText(root, "Quiet") === "true";
  const results = items.map((item) => {
    const key = childText(item, "Key");
    if (!key) throw malformed();
    const versionId = childText(item, "VersionId");
    try {
      if (versionId !== undefined) {
        removeVersion(bucket, key, versionId);
        return isQuiet ? "" : element("Deleted", text("Key", key), text("VersionId", versionId));
      }
      checkDelete(call, key, childText(item, "ETag"), bucket.objects.get(key));
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      return element("Error", text("Key", key), text("Code", error.code), text("Message", error.message));
    }
    removeObject(bucket, key, call.now);
    return isQuiet ? "" : element("Deleted", text("Key", key));
  });
  return xmlReply(document("DeleteResult", ...results));
}

/** GetObjectTagging. */
export function getObjectTagging(call: Call): Reply {
  return taggingReply(findObject(call).tags);
}

/** PutObjectTagging: all of an object's tags anew. */
export function putObjectTagging(call: Call): Reply {
  retag(call, readTagSet(call.body));
  return emptyReply(200);
}

/** DeleteObjectTagging. */
export function deleteObjectTagging(call: Call): Reply {
  retag(call, {});
  return emptyReply(204);
}

/** Tags belong to a version, and changing them makes no new one. */
function retag(call: Call, tags: Readonly<Record<string, string>>): void {
  const before = findObject(call);
  const bucket: Bucket = findBucket(call);
  const after = { ...before, tags };
  if (bucket.objects.get(call.key) === before) bucket.objects.set(call.key, after);
  const versions = bucket.history.get(call.key);
  const at = versions?.findIndex(({ object }) => object === before) ?? -1;
  if (versions && at >= 0) versions[at] = { ...versions[at], object: after };
}
