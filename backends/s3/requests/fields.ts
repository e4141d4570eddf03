/**
 * The requests that are made again and again, for objects and their listing: what they say and what their answers tell, under the names that the SDK has for it.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, API_HeadObject, API_PutObject, API_UploadPart, API_HeadBucket, API_ListObjectsV2.
 *
 * @module
 */
import type {
  GetObjectCommandInput,
  ListObjectsV2CommandInput,
  PutObjectCommandInput,
  UploadPartCommandInput,
} from "@aws-sdk/client-s3";
import { percentEncode } from "../../transport/mod.ts";

/** What is made here, with its method. All other operations are the SDK's. */
export const METHODS = {
  GetObject: "GET",
  HeadObject: "HEAD",
  HeadBucket: "HEAD",
  PutObject: "PUT",
  UploadPart: "PUT",
  ListObjectsV2: "GET",
} as const;

/** One of those operations. */
export type ObjectOperation = keyof typeof METHODS;

/** What such a request may say in headers. */
type HeaderFields = Pick<
  GetObjectCommandInput & PutObjectCommandInput & UploadPartCommandInput,
  | "Range"
  | "IfMatch"
  | "IfNoneMatch"
  | "ACL"
  | "StorageClass"
  | "Tagging"
  | "CacheControl"
  | "ContentDisposition"
  | "ContentEncoding"
  | "ContentLanguage"
  | "ContentType"
  | "ContentMD5"
  | "ChecksumCRC32"
  | "ChecksumCRC32C"
  | "ChecksumCRC64NVME"
  | "ChecksumSHA256"
  | "ServerSideEncryption"
  | "SSEKMSKeyId"
  | "SSEKMSEncryptionContext"
  | "BucketKeyEnabled"
>;

const HEADERS: Readonly<Record<keyof HeaderFields, string>> = {
  Range: "range",
  IfMatch: "if-match",
  IfNoneMatch: "if-none-match",
  ACL: "x-amz-acl",
  StorageClass: "x-amz-storage-class",
  Tagging: "x-amz-tagging",
  CacheControl: "cache-control",
  ContentDisposition: "content-disposition",
  ContentEncoding: "content-encoding",
  ContentLanguage: "content-language",
  ContentType: "content-type",
  ContentMD5: "content-md5",
  ChecksumCRC32: "x-amz-checksum-crc32",
  ChecksumCRC32C: "x-amz-checksum-crc32c",
  ChecksumCRC64NVME: "x-amz-checksum-crc64nvme",
  ChecksumSHA256: "x-amz-checksum-sha256",
  ServerSideEncryption: "x-amz-server-side-encryption",
  SSEKMSKeyId: "x-amz-server-side-encryption-aws-kms-key-id",
  SSEKMSEncryptionContext: "x-amz-server-side-encryption-context",
  BucketKeyEnabled: "x-amz-server-side-encryption-bucket-key-enabled",
};

/** What such a request may say in its query. */
interface QueryFields extends
  Readonly<
    Pick<
      ListObjectsV2CommandInput,
      "Prefix" | "Delimiter" | "StartAfter" | "MaxKeys" | "ContinuationToken" | "EncodingType"
    >
  > {
  /** The version that is asked for. */
  readonly VersionId?: string;
  /** The upload that a part belongs to. */
  readonly UploadId?: string;
  /** The part's number, from 1 on. */
  readonly PartNumber?: number;
}

const PARAMETERS: Readonly<Record<keyof QueryFields, string>> = {
  VersionId: "versionId",
  UploadId: "uploadId",
  PartNumber: "partNumber",
  Prefix: "prefix",
  Delimiter: "delimiter",
  StartAfter: "start-after",
  MaxKeys: "max-keys",
  ContinuationToken: "continuation-token",
  EncodingType: "encoding-type",
};

/** What such a request says. */
export interface ObjectInput extends Readonly<Partial<HeaderFields>>, QueryFields {
  /** The object; none of what is asked of the bucket. */
  readonly Key?: string;
  /** What is sent. */
  readonly Body?: Uint8Array<ArrayBuffer>;
  /** The user's metadata. */
  readonly Metadata?: Readonly<Record<string, string>>;
}

const METADATA = "x-amz-meta-";

/** An input's headers, as far as it has such. */
export function headersOf(input: ObjectInput): Record<string, string> {
  const headers: Record<string, string> = {};
  let field: keyof HeaderFields;
  for (field in HEADERS) {
    const value = input[field];
    if (value !== undefined) headers[HEADERS[field]] = String(value);
  }
  for (const [name, value] of Object.entries(input.Metadata ?? {})) {
    headers[METADATA + name.toLowerCase()] = value;
  }
  return headers;
}

/** An input's query, not encoded. */
export function queryOf(operation: ObjectOperation, input: ObjectInput): Record<string, string> {
  const query: Record<string, string> = operation === "ListObjectsV2" ? { "list-type": "2" } : {};
  let field: keyof QueryFields;
  for (field in PARAMETERS) {
    const value = input[field];
    if (value !== undefined) query[PARAMETERS[field]] = String(value);
  }
  return query;
}

/** A key as it stands in a path. */
export function pathOf(key: string): string {
  return key.split("/").map(percentEncode).join("/");
}

/** What an answer tells of an object. Of what stores name in their own way, it is any text. */
export interface ObjectAnswer {
  /** The HTTP status. */
  readonly status?: number;
  /** The store's name of the request. */
  readonly RequestId?: string;
  readonly BucketRegion?: string;
  readonly ETag?: string;
  readonly LastModified?: Date;
  readonly VersionId?: string;
  readonly ContentLength?: number;
  readonly ContentRange?: string;
  readonly ContentType?: string;
  readonly ContentEncoding?: string;
  readonly ContentLanguage?: string;
  readonly ContentDisposition?: string;
  readonly CacheControl?: string;
  readonly Metadata?: Readonly<Record<string, string>>;
  readonly StorageClass?: string;
  readonly TagCount?: number;
  readonly ServerSideEncryption?: string;
  readonly SSEKMSKeyId?: string;
  readonly SSECustomerAlgorithm?: string;
  readonly BucketKeyEnabled?: boolean;
  readonly ChecksumType?: string;
  readonly ChecksumCRC32?: string;
  readonly ChecksumCRC32C?: string;
  readonly ChecksumCRC64NVME?: string;
  readonly ChecksumSHA1?: string;
  readonly ChecksumSHA256?: string;
  /** The body of GetObject. */
  readonly body?: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The XML of ListObjectsV2. */
  readonly xml?: Uint8Array<ArrayBuffer>;
}

/** The number that a header says, which what is between may have repeated; `undefined` where it is none. */
function numberOf(header: string | undefined): number | undefined {
  const [, digits] = /^(\d{1,15})(?:, *\1)*$/.exec(header ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** What an answer's headers (names in lower case) tell. */
export function answerOf(status: number, headers: Readonly<Record<string, string>>): ObjectAnswer {
  const lastModified = Date.parse(headers["last-modified"]);
  const bucketKey = headers["x-amz-server-side-encryption-bucket-key-enabled"];
  return {
    status,
    RequestId: headers["x-amz-request-id"],
    BucketRegion: headers["x-amz-bucket-region"],
    ETag: headers["etag"],
    LastModified: Number.isNaN(lastModified) ? undefined : new Date(lastModified),
    VersionId: headers["x-amz-version-id"],
    ContentLength: numberOf(headers["content-length"]),
    ContentRange: headers["content-range"],
    ContentType: headers["content-type"],
    ContentEncoding: headers["content-encoding"],
    ContentLanguage: headers["content-language"],
    ContentDisposition: headers["content-disposition"],
    CacheControl: headers["cache-control"],
    Metadata: Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.startsWith(METADATA)).map((
        [name, value],
      ) => [name.slice(METADATA.length), value]),
    ),
    StorageClass: headers["x-amz-storage-class"],
    TagCount: numberOf(headers["x-amz-tagging-count"]),
    ServerSideEncryption: headers["x-amz-server-side-encryption"],
    SSEKMSKeyId: headers["x-amz-server-side-encryption-aws-kms-key-id"],
    SSECustomerAlgorithm: headers["x-amz-server-side-encryption-customer-algorithm"],
    BucketKeyEnabled: bucketKey === undefined ? undefined : bucketKey.toLowerCase() === "true",
    ChecksumType: headers["x-amz-checksum-type"],
    ChecksumCRC32: headers["x-amz-checksum-crc32"],
    ChecksumCRC32C: headers["x-amz-checksum-crc32c"],
    ChecksumCRC64NVME: headers["x-amz-checksum-crc64nvme"],
    ChecksumSHA1: headers["x-amz-checksum-sha1"],
    ChecksumSHA256: headers["x-amz-checksum-sha256"],
  };
}
