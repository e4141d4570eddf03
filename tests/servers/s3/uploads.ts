/** ListParts and ListMultipartUploads. */
import type { Reply } from "../http/reply.ts";
import { type Call, findBucket, OWNER, queryInteger, xmlReply } from "./call.ts";
import { checkCustomerKey } from "./keeping.ts";
import { encodeKey, encodingType, page } from "./listing.ts";
import { findUpload } from "./multipart.ts";
import { compareKeys } from "./store.ts";
import { document, element, text } from "./xml.ts";

const person = (name: string) => element(name, text("ID", OWNER.id), text("DisplayName", OWNER.displayName));

/** ListParts. */
export function listParts(call: Call): Reply {
  const upload = findUpload(call);
  // Checksums tell something of the bytes: S3 tells them to who has the customer's key.
  if (upload.algorithm) checkCustomerKey(call, upload);
  const limit = Math.min(queryInteger(call, "max-parts", 1000, 0, 2 ** 31 - 1), call.features.maxKeys);
  const marker = queryInteger(call, "part-number-marker", 0, 0, 2 ** 31 - 1);
  const rest = [...upload.parts.values()].filter((part) => part.number > marker)
    .sort((a, b) => a.number - b.number);
  const parts = rest.slice(0, limit);
  return xmlReply(document(
    "ListPartsResult",
    text("Bucket", call.bucketName),
    text("Key", encodeKey(call, upload.key)),
    text("UploadId", upload.id),
    person("Initiator"),
    person("Owner"),
    text("StorageClass", upload.storageClass ?? "STANDARD"),
    text("PartNumberMarker", marker),
    text("NextPartNumberMarker", parts.at(-1)?.number ?? 0),
    text("MaxParts", limit),
    text("IsTruncated", limit > 0 && rest.length > limit),
    text("ChecksumAlgorithm", upload.algorithm),
    text("ChecksumType", upload.checksumType),
    ...parts.map((part) =>
      element(
        "Part",
        text("PartNumber", part.number),
        text("LastModified", part.lastModified.toISOString()),
        text("ETag", `"${part.etag}"`),
        text("Size", part.bytes.length),
        part.checksum ? text(`Checksum${part.checksum.algorithm}`, part.checksum.value) : "",
      )
    ),
  ));
}

/** ListMultipartUploads: by key, then by when they began. */
export function listMultipartUploads(call: Call): Reply {
  const { query } = call;
  const bucket = findBucket(call);
  const type = encodingType(call);
  const prefix = query.get("prefix") ?? "", delimiter = query.get("delimiter") ?? "";
  const keyMarker = query.get("key-marker") ?? "", idMarker = query.get("upload-id-marker") ?? "";
  const limit = Math.min(queryInteger(call, "max-uploads", 1000, 1, 2 ** 31 - 1), call.features.maxKeys);
  const sorted = [...bucket.uploads.values()].map((upload, order) => ({ upload, order })).sort((a, b) =>
    compareKeys(a.upload.key, b.upload.key) || a.order - b.order
  ).map(({ upload }) => upload);
  // Uploads of the marker's key go on behind the marked upload; all others of that key are done.
  const at = sorted.findIndex((upload) => upload.key === keyMarker && upload.id === idMarker);
  const candidates = at >= 0
    ? sorted.slice(at + 1)
    : sorted.filter((upload) => compareKeys(upload.key, keyMarker) > 0);
  const after = at >= 0 ? "" : keyMarker;
  const found = page(candidates, { prefix, delimiter, after, limit });
  const lastId = found.items.at(-1);
  const encoded = (name: string, value: string) => text(name, encodeKey(call, value));
  return xmlReply(document(
    "ListMultipartUploadsResult",
    text("Bucket", bucket.name),
    encoded("KeyMarker", keyMarker),
    text("UploadIdMarker", idMarker),
    found.isTruncated ? encoded("NextKeyMarker", found.last) : "",
    found.isTruncated && lastId?.key === found.last ? text("NextUploadIdMarker", lastId.id) : "",
    encoded("Prefix", prefix),
    delimiter === "" ? "" : encoded("Delimiter", delimiter),
    text("MaxUploads", limit),
    text("EncodingType", type),
    text("IsTruncated", found.isTruncated),
    ...found.items.map((upload) =>
      element(
        "Upload",
        encoded("Key", upload.key),
        text("UploadId", upload.id),
        person("Initiator"),
        person("Owner"),
        text("StorageClass", upload.storageClass ?? "STANDARD"),
        text("Initiated", upload.initiated.toISOString()),
        text("ChecksumAlgorithm", upload.algorithm),
        text("ChecksumType", upload.checksumType),
      )
    ),
    ...found.prefixes.map((name) => element("CommonPrefixes", encoded("Prefix", name))),
  ));
}
