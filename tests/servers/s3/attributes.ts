/** What requests say of an object beside its bytes: metadata, headers, ACL; and how answers give it back. */
import { type Algorithm, ALGORITHMS } from "./checksum.ts";
import type { Call } from "./call.ts";
import { s3Error } from "./error.ts";
import { keepingHeaders, readKeeping } from "./keeping.ts";
import { defaultChecksum, type ObjectAttributes, STORED_HEADERS, type StoredObject } from "./store.ts";

const CANNED_ACLS = [
  "private",
  "public-read",
  "public-read-write",
  "aws-exec-read",
  "authenticated-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
  "log-delivery-write",
];

/** The canned ACL of a request, checked. */
export function readAcl(call: Call): string | undefined {
  const acl = call.header("x-amz-acl");
  if (acl === undefined) return undefined;
  if (!CANNED_ACLS.includes(acl)) {
    throw s3Error("InvalidArgument", "The x-amz-acl header is not valid.", {
      ArgumentName: "x-amz-acl",
      ArgumentValue: acl,
    });
  }
  if (call.features.aclsDisabled && acl !== "bucket-owner-full-control") {
    throw s3Error("AccessControlListNotSupported", "The bucket does not allow ACLs");
  }
  return acl;
}

/** The attributes of a request; MetadataTooLarge where they are. */
export function readAttributes(call: Call): ObjectAttributes {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const name of call.headerNames) {
    if (!name.startsWith("x-amz-meta-")) continue;
    const value = call.header(name) ?? "";
    metadata[name.slice("x-amz-meta-".length)] = value;
    size += name.length - "x-amz-meta-".length + value.length;
  }
  if (size > call.features.maxMetadata) {
    throw s3Error("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", {
      Size: String(size),
      MaxSizeAllowed: String(call.features.maxMetadata),
    });
  }
  const headers: Record<string, string> = {};
  for (const name of STORED_HEADERS) {
    let value = call.header(name);
    if (name === "content-encoding") {
      // aws-chunked is how the body travelled, not how it is stored.
      value = value?.split(",").map((coding) => coding.trim())
        .filter((coding) => coding !== "aws-chunked" && coding !== "").join(",") || undefined;
    }
    if (value !== undefined) headers[name] = value;
  }
  return { metadata, headers, acl: readAcl(call), ...readKeeping(call) };
}

/** The algorithm of a header, or InvalidRequest. */
export function readAlgorithm(call: Call): Algorithm | undefined {
  const value = call.features.checksums === "verify" ? call.header("x-amz-checksum-algorithm") : undefined;
  if (value === undefined) return undefined;
  const algorithm = ALGORITHMS.find((name) => name === value.toUpperCase());
  if (!algorithm) {
    throw s3Error(
      "InvalidRequest",
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    );
  }
  return algorithm;
}

/** The headers of an object's checksum, where there is one to tell. */
export function checksumHeaders(call: Call, object: StoredObject): Record<string, string> {
  const known = object.checksum ??
    (call.features.defaultChecksum ? defaultChecksum(object) : undefined);
  if (!known || call.features.checksums !== "verify") return {};
  return {
    [`x-amz-checksum-${known.algorithm.toLowerCase()}`]: known.value,
    "x-amz-checksum-type": known.type,
  };
}

/** The header that tells which version an object is. */
export function versionHeaders({ versionId }: StoredObject): Record<string, string> {
  return versionId === undefined ? {} : { "x-amz-version-id": versionId };
}

/** The headers that tell of an object. */
export function objectHeaders(call: Call, object: StoredObject): Record<string, string> {
  const headers: Record<string, string> = {
    "content-type": "binary/octet-stream",
    ...object.headers,
    etag: `"${object.etag}"`,
    "last-modified": object.lastModified.toUTCString(),
    "accept-ranges": "bytes",
    ...keepingHeaders(object),
    ...versionHeaders(object),
  };
  for (const [name, value] of Object.entries(object.metadata)) headers[`x-amz-meta-${name}`] = value;
  for (const name of STORED_HEADERS) {
    const override = call.query.get(`response-${name}`);
    if (override !== null) headers[name] = override;
  }
  return headers;
}
