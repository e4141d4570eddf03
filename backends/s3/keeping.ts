/**
 * What S3 is told of how objects are kept: their storage class, tags and encryption; and what all requests say of who pays for them.
 *
 * Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html, "ServerSideEncryptionCustomerKeys", "RequesterPaysBuckets",
 * "object-tagging".
 *
 * @module
 */
import type {
  CopyObjectCommandInput,
  CreateMultipartUploadCommandInput,
  PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { fromBase64, toBase64, toHex } from "../../lib/base64.ts";
import { concat } from "../../lib/bytes.ts";
import { digestOf } from "../../lib/checksums.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import type { StorageOptions } from "../backend.ts";
import { percentEncode } from "../transport/mod.ts";
import type { S3Encryption, S3Options } from "./options.ts";
import type { ObjectAnswer } from "./requests/mod.ts";

/** How an object is kept, under the names that the SDK's commands have for it. */
export type KeptAs = Pick<
  PutObjectCommandInput & CopyObjectCommandInput & CreateMultipartUploadCommandInput,
  | "StorageClass"
  | "Tagging"
  | "ServerSideEncryption"
  | "SSEKMSKeyId"
  | "SSEKMSEncryptionContext"
  | "BucketKeyEnabled"
>;

/** Classes that are those of a bucket, and mean nothing in another. */
const OF_BUCKETS = /^(EXPRESS_ONEZONE|OUTPOSTS|SNOW|FSX_)/;

/**
 * How an object is to be kept: as the call says, as the store's options say, or, of a copy, as its source is.
 *
 * @param source What the store tells of a copy's source. Its tags are kept by the store itself, where it copies in one request.
 */
export function keptAs(
  options: StorageOptions,
  { storageClass, sse }: S3Options,
  source: ObjectAnswer = {},
): KeptAs {
  const { StorageClass: sourceClass } = source;
  return {
    StorageClass: storageClassOf(
      options.storageClass ?? storageClass ??
        (sourceClass && OF_BUCKETS.test(sourceClass) ? undefined : sourceClass),
    ),
    Tagging: options.tags && taggingOf(options.tags),
    ...(sse ? encryptionOf(sse) : keptEncryption(source)),
  };
}

function encryptionOf(sse: S3Encryption): KeptAs {
  switch (sse.type) {
    case "S3":
      return { ServerSideEncryption: "AES256" };
    case "KMS":
      return {
        ServerSideEncryption: "aws:kms",
        SSEKMSKeyId: sse.keyId,
        SSEKMSEncryptionContext: sse.context &&
          toBase64(new TextEncoder().encode(JSON.stringify(sse.context))),
        BucketKeyEnabled: sse.bucketKey,
      };
    case "C":
      // It goes with reads as well, see `requestHeaders`.
      return {};
  }
}

/** The source's key of KMS: without it a copy would be encrypted with the bucket's. Amazon's own encryption it has anyway. */
function keptEncryption(source: ObjectAnswer): KeptAs {
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = source;
  return ServerSideEncryption === "aws:kms" || ServerSideEncryption === "aws:kms:dsse"
    ? { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled }
    : {};
}

/** S3 and its kin each have classes of their own, so only the word's form is checked. */
function storageClassOf(name: string | undefined): KeptAs["StorageClass"] {
  if (name !== undefined && !isStorageClass(name)) {
    throw new InvalidArgumentError(
      `"${name}" is no storage class; S3 has such as STANDARD_IA and GLACIER_IR`,
      {
        committed: "no",
      },
    );
  }
  return name;
}

/** Whether a name is one that HTTP can carry to a store, which knows what its classes are. */
function isStorageClass(name: string): name is NonNullable<KeptAs["StorageClass"]> {
  return /^[A-Z][A-Z0-9_-]*$/i.test(name);
}

/**
 * Tags as headers and URLs carry them.
 *
 * @throws {InvalidArgumentError} when S3 takes no such tags: 10 at most, keys of 1 to 128 and values of up to 256 characters.
 */
export function taggingOf(tags: Readonly<Record<string, string>>): string {
  const entries = Object.entries(tags);
  const wrong = entries.length > 10
    ? `an object has at most 10 tags, not ${entries.length}`
    : entries.map(([key, value]) => wrongTag(key, value)).find((wrong) => wrong !== undefined);
  if (wrong !== undefined) throw new InvalidArgumentError(wrong, { committed: "no" });
  return entries.map(([key, value]) => `${percentEncode(key)}=${percentEncode(value)}`).join("&");
}

function wrongTag(key: string, value: string): string | undefined {
  if (key === "" || [...key].length > 128) return `a tag's key has 1 to 128 characters, not "${key}"`;
  if (typeof value !== "string" || [...value].length > 256) {
    return `the value of tag "${key}" must be a string of up to 256 characters`;
  }
  const text = key + value;
  return /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)
    ? undefined
    : `tag "${key}" has a character that S3 does not take: letters, digits, spaces and + - = . _ : / @ it does`;
}

/** Requests that read or write bytes which are encrypted with a customer's key, or tell their checksums. */
const WITH_KEY =
  /^(PutObject|CopyObject|CreateMultipartUpload|UploadPart|UploadPartCopy|CompleteMultipartUpload|ListParts|GetObject|HeadObject)$/;
/** Those of them that have such a source as well. */
const WITH_SOURCE = /^(CopyObject|UploadPartCopy)$/;

/** What a store's options say in the headers of a request: who pays for it, and the customer's key. */
export async function requestHeaders(
  { requestPayer, sse }: S3Options,
  operation: string,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (requestPayer !== undefined && !/Buckets?$/.test(operation)) {
    headers["x-amz-request-payer"] = requestPayer;
  }
  if (sse?.type !== "C" || !WITH_KEY.test(operation)) return headers;
  const key = customerKey(sse.key);
  const md5 = toBase64(await digestOf("MD5", key));
  const places = WITH_SOURCE.test(operation) ? ["x-amz", "x-amz-copy-source"] : ["x-amz"];
  for (const place of places) {
    headers[`${place}-server-side-encryption-customer-algorithm`] = "AES256";
    headers[`${place}-server-side-encryption-customer-key`] = toBase64(key);
    headers[`${place}-server-side-encryption-customer-key-md5`] = md5;
  }
  return headers;
}

/** A customer's key as bytes; no message shows it. */
function customerKey(key: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const bytes = typeof key === "string" ? fromBase64(key) : new Uint8Array(key);
  if (bytes?.byteLength === 32) return bytes;
  throw new InvalidArgumentError("a customer's key (`sse.key`) has 32 bytes; give them, or their base64");
}

/**
 * What tells a customer's key from another without giving it away: the SHA-256 of the key after `salt`, in hexadecimal; `undefined` where the store is opened
 * without one.
 */
export async function customerKeyDigest({ sse }: S3Options, salt: string): Promise<string | undefined> {
  if (sse?.type !== "C") return undefined;
  return toHex(await digestOf("SHA256", concat(new TextEncoder().encode(salt), customerKey(sse.key))));
}

/** What is wrong with how a store is told to keep objects; `undefined` when it can work. */
export function wrongKeeping({ sse, requestPayer, storageClass, endpoint }: S3Options): string | undefined {
  if (requestPayer !== undefined && requestPayer !== "requester") {
    return `\`requestPayer\` is "requester" or left away, not ${JSON.stringify(requestPayer)}`;
  }
  if (storageClass !== undefined && !isStorageClass(storageClass)) {
    return `"${storageClass}" is no storage class; S3 has such as STANDARD_IA and GLACIER_IR`;
  }
  switch (sse?.type) {
    case undefined:
      return sse === undefined ? undefined : '`sse` needs a `type`: "S3", "KMS" or "C"';
    case "S3":
    case "KMS":
      return undefined;
    case "C":
      customerKey(sse.key);
      return isOpenLine(endpoint)
        ? `with \`sse\` of type "C" each request carries the key, which must not travel unencrypted: give an https:// endpoint, not "${endpoint}"`
        : undefined;
    default:
      return `\`sse\` has the type "S3", "KMS" or "C", not ${JSON.stringify(Reflect.get(sse, "type"))}`;
  }
}

/** Whether others can listen to what is sent to an address: without TLS, and beyond this machine. */
function isOpenLine(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return false;
  const { protocol, hostname } = new URL(endpoint);
  return protocol === "http:" && !/^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
