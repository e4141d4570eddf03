/** CopyObject, and the source that UploadPartCopy shares with it. */
import type { Reply } from "../http/reply.ts";
import { checksumHeaders, readAcl, readAlgorithm, readAttributes } from "./attributes.ts";
import { type Call, checkVersion, findBucket, xmlReply } from "./call.ts";
import { checksum, md5 } from "./checksum.ts";
import { checkSource, checkWrite } from "./condition.ts";
import { s3Error } from "./error.ts";
import { findObject } from "./objects.ts";
import { decodePercent } from "./route.ts";
import type { StoredObject } from "./store.ts";
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
  checkVersion(new URLSearchParams(query ?? "").get("versionId"));
  const bucket = source.slice(0, slash);
  const object = findObject(call, bucket, source.slice(slash + 1));
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
  if (bucket === target.name && source.key === call.key && directive === "COPY") {
    throw s3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  if (source.size > call.features.maxCopySize) throw copyTooLarge(call);
  const attributes = directive === "REPLACE"
    ? readAttributes(call)
    : { metadata: source.metadata, headers: source.headers, acl: readAcl(call) };
  const algorithm = readAlgorithm(call) ?? source.checksum?.algorithm;
  const object: StoredObject = {
    ...attributes,
    key: call.key,
    chunks: source.chunks,
    size: source.size,
    etag: md5(source.chunks).toString("hex"),
    lastModified: call.now,
    checksum: algorithm && { algorithm, value: checksum(algorithm, source.chunks), type: "FULL_OBJECT" },
  };
  checkWrite(call, target.objects.get(call.key));
  target.objects.set(call.key, object);
  const known = checksumHeaders(call, object);
  return xmlReply(document(
    "CopyObjectResult",
    text("LastModified", object.lastModified.toISOString()),
    text("ETag", `"${object.etag}"`),
    ...Object.entries(known).map(([name, value]) =>
      text(name === "x-amz-checksum-type" ? "ChecksumType" : checksumElement(name), value)
    ),
  ));
}

/** `x-amz-checksum-crc32` → `ChecksumCRC32`. */
export function checksumElement(header: string): string {
  return "Checksum" + header.slice("x-amz-checksum-".length).toUpperCase();
}
