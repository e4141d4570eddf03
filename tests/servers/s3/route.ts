/** Which operation a request asks for: method, address and query, as in S3's REST API reference. */
import { Buffer } from "node:buffer";
import { s3Error } from "./error.ts";

/** The operations served. */
export type Operation =
  | "AbortMultipartUpload"
  | "CompleteMultipartUpload"
  | "CopyObject"
  | "CreateBucket"
  | "CreateMultipartUpload"
  | "DeleteBucket"
  | "DeleteObject"
  | "DeleteObjectTagging"
  | "DeleteObjects"
  | "GetBucketLocation"
  | "GetObject"
  | "GetObjectAcl"
  | "GetObjectTagging"
  | "HeadBucket"
  | "HeadObject"
  | "ListBuckets"
  | "ListMultipartUploads"
  | "ListObjectVersions"
  | "ListObjects"
  | "ListObjectsV2"
  | "ListParts"
  | "PutObject"
  | "PutObjectTagging"
  | "UploadPart"
  | "UploadPartCopy";

/** Where a request goes. */
export interface Address {
  readonly bucket?: string;
  readonly key?: string;
}

/** Percent-decodes to UTF-8; a broken escape or broken UTF-8 is InvalidURI. */
export function decodePercent(value: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(value)) throw s3Error("InvalidURI", "Couldn't parse the specified URI.");
  const bytes = Buffer.from(
    value.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  );
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw s3Error("InvalidURI", "Couldn't parse the specified URI.");
  }
}

/** The query's parameters in order; `+` is a space. */
export function parseQuery(raw: string): [string, string][] {
  return raw.split("&").filter((part) => part !== "").map((part) => {
    const at = part.indexOf("=");
    const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    return [decodePercent(name.replaceAll("+", " ")), decodePercent(value.replaceAll("+", " "))];
  });
}

/** Bucket and key of a path-style address, or of a virtual host `bucket.localhost`. */
export function parseAddress(rawPath: string, host: string): Address {
  const virtual = /^(.+)\.localhost(?::\d+)?$/i.exec(host)?.[1];
  const path = rawPath.slice(1);
  const slash = virtual === undefined ? path.indexOf("/") : -1;
  const bucket = virtual ?? decodePercent(slash < 0 ? path : path.slice(0, slash));
  const key = virtual === undefined ? (slash < 0 ? "" : path.slice(slash + 1)) : path;
  return { bucket: bucket || undefined, key: decodePercent(key) || undefined };
}

/** Parts of the API that aren't here; asking for one must not look like something else. */
const UNSUPPORTED = [
  "accelerate",
  "analytics",
  "attributes",
  "cors",
  "encryption",
  "intelligent-tiering",
  "inventory",
  "legal-hold",
  "lifecycle",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "replication",
  "requestPayment",
  "restore",
  "retention",
  "select",
  "torrent",
  "versioning",
  "website",
];

/** The operation, or NotImplemented / MethodNotAllowed. */
export function route(
  method: string,
  { bucket, key }: Address,
  query: URLSearchParams,
  copySource: boolean,
): Operation {
  const unsupported = UNSUPPORTED.find((name) => query.has(name));
  if (unsupported) {
    throw s3Error("NotImplemented", `This server does not implement the subresource ${unsupported}.`);
  }
  const operation = bucket === undefined
    ? (method === "GET" ? "ListBuckets" : undefined)
    : key === undefined
    ? bucketOperation(method, query)
    : objectOperation(method, query, copySource);
  if (!operation) {
    throw s3Error("MethodNotAllowed", "The specified method is not allowed against this resource.", {
      Method: method,
    });
  }
  return operation;
}

function bucketOperation(method: string, query: URLSearchParams): Operation | undefined {
  for (const name of ["acl", "tagging"]) {
    if (query.has(name)) {
      throw s3Error("NotImplemented", `This server does not implement ${name} of buckets.`);
    }
  }
  switch (method) {
    case "GET":
      if (query.has("location")) return "GetBucketLocation";
      if (query.has("uploads")) return "ListMultipartUploads";
      if (query.has("versions")) return "ListObjectVersions";
      return query.get("list-type") === "2" ? "ListObjectsV2" : "ListObjects";
    case "PUT":
      return "CreateBucket";
    case "HEAD":
      return "HeadBucket";
    case "DELETE":
      return "DeleteBucket";
    case "POST":
      return query.has("delete") ? "DeleteObjects" : undefined;
  }
}

function objectOperation(method: string, query: URLSearchParams, copySource: boolean): Operation | undefined {
  if (query.has("acl")) {
    if (method === "GET") return "GetObjectAcl";
    throw s3Error("NotImplemented", "This server does not implement PutObjectAcl.");
  }
  if (query.has("tagging")) {
    switch (method) {
      case "GET":
        return "GetObjectTagging";
      case "PUT":
        return "PutObjectTagging";
      case "DELETE":
        return "DeleteObjectTagging";
      default:
        return undefined;
    }
  }
  switch (method) {
    case "GET":
      return query.has("uploadId") ? "ListParts" : "GetObject";
    case "HEAD":
      return "HeadObject";
    case "PUT":
      if (query.has("uploadId") || query.has("partNumber")) {
        return copySource ? "UploadPartCopy" : "UploadPart";
      }
      return copySource ? "CopyObject" : "PutObject";
    case "DELETE":
      return query.has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
    case "POST":
      if (query.has("uploads")) return "CreateMultipartUpload";
      return query.has("uploadId") ? "CompleteMultipartUpload" : undefined;
  }
}
