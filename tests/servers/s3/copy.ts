/** CopyObject, and the source that UploadPartCopy shares with it. */
import type { Reply } from "../http/reply.ts";
import { checksumHeaders, readAcl, readAlgorithm, readAttributes, versionHeaders } from "./attributes.ts";
import { type Call, findBucket, xmlReply } from "./call.ts";
import { checksum } from "./checksum.ts";
import { checkSource, checkWrite } from "./condition.ts";
import { s3Error } from "./error.ts";
import {
  checkCustomerKey,
  encryptionHeaders,
  etagOf,
  readEncryption,
  readStorageClass,
  readTags,
} from "./keeping.ts";
import { findObject } from "./objects.ts";
import { decodePercent } from "./route.ts";
import type { StoredObject } from "./store.ts";
import { writeObject } from "./versions.ts";
import { document, text } from "./xml.ts";

/** The object named by x-amz-copy-source, its conditions checked. `+` is a space there: keys have to be encoded. */
export function findCopySource(call: Call): { bucket: string; object: StoredObject } {
  const [path, query] = (call.header("x-amz-copy-source") ?? "").split("?", 2);
  const source = decodePercent(path.replaceAll("+", " ")).replace(/^\//, "");
  const slash = source.indexOf("/");
  if (slash <= 0 || slash === source.length - 1) {
    throw s3Error(
      "InvalidArgument",
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      {
        ArgumentName: "x-amz-copy-source",
        ArgumentValue: path,
      },
    );
  }
  const bucket = source.slice(0, slash);
  const versionId = new URLSearchParams(query ?? "").get("versionId");
  const object = findObject(call, bucket, source.slice(slash + 1), versionId);
  checkCustomerKey(call, object, "x-amz-copy-source-");
  checkSource(call, object);
  return { bucket, object };
}

/** Too large a source, as S3 words it. */
export function copyTooLarge(call: Call): Error {
  return s3Error(
    "InvalidRequest",
    `The specified copy source is larger than the maximum allowable size for a copy source: ${call.features.maxCopySize}`,
  );
}

/** CopyObject: all the bytes in one go, so the copy is never multipart and its ETag is their MD5. */
export function copyObject(call: Call): Reply {
  const target = findBucket(call);
  const { bucket, object: source } = findCopySource(call);
  const directive = call.header("x-amz-metadata-directive") ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE") {
    throw s3Error("InvalidArgument", "Unknown metadata directive.", {
      ArgumentName: "x-amz-metadata-directive",
      ArgumentValue: directive,
    });
  }
  const tagging = call.header("x-amz-tagging-directive") ?? "COPY";
  if (tagging !== "COPY" && tagging !== "REPLACE") {
    throw s3Error("InvalidArgument", "Unknown tagging directive.", {
      ArgumentName: "x-amz-tagging-directive",
      ArgumentValue: tagging,
    });
  }
  const isCurrent = target.objects.get(call.key) === source;
  const encryption = readEncryption(call);
  const isChanged = (readStorageClass(call) ?? "STANDARD") !== (source.storageClass ?? "STANDARD") ||
    encryption !== undefined;
  if (bucket === target.name && source.key === call.key && directive === "COPY" && isCurrent && !isChanged) {
    throw s3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  if (source.size > call.features.maxCopySize) throw copyTooLarge(call);
  const attributes = directive === "REPLACE" ? readAttributes(call) : {
    metadata: source.metadata,
    headers: source.headers,
    acl: readAcl(call),
    storageClass: readStorageClass(call),
    encryption,
  };
  const algorithm = readAlgorithm(call) ?? source.checksum?.algorithm;
  const object: StoredObject = {
    ...attributes,
    tags: tagging === "REPLACE" ? readTags(call) : source.tags,
    key: call.key,
    chunks: source.chunks,
    size: source.size,
    etag: etagOf(source.chunks, encryption),
    lastModified: call.now,
    checksum: algorithm && { algorithm, value: checksum(algorithm, source.chunks), type: "FULL_OBJECT" },
  };
  checkWrite(call, target.objects.get(call.key));
  const stored = writeObject(target, object);
  const known = checksumHeaders(call, stored);
  const headers = { ...encryptionHeaders(encryption), ...versionHeaders(stored) };
  const result = document(
    "CopyObjectResult",
    text("LastModified", object.lastModified.toISOString()),
    text("ETag", `"${object.etag}"`),
    ...Object.entries(known).map(([name, value]) =>
      text(name === "x-amz-checksum-type" ? "ChecksumType" : checksumElement(name), value)
    ),
  );
  return xmlReply(result, headers);
}

/** `x-amz-checksum-crc32` → `ChecksumCRC32`. */
export function checksumElement(header: string): string {
  return "Checksum" + header.slice("x-amz-checksum-".length).toUpperCase();
}
