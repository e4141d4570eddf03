/** How objects are kept: storage class, tags, encryption by the server. SSE-C is as strict as S3: three headers, one key, and nothing without it. */
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import type { Reply } from "../http/reply.ts";
import { type Call, xmlReply } from "./call.ts";
import { md5 } from "./checksum.ts";
import { s3Error } from "./error.ts";
import { decodePercent } from "./route.ts";
import { childText, document, element, parseXml, text, type XmlElement } from "./xml.ts";

/** Encryption of an object at rest. */
export interface StoredEncryption {
  readonly algorithm: "AES256" | "aws:kms" | "aws:kms:dsse" | "SSE-C";
  readonly kmsKeyId?: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly bucketKey?: boolean;
  /** The MD5 of the customer's key, in base64; the key itself is not kept. */
  readonly customerKeyMd5?: string;
}

/** What is kept of how an object is to be stored. */
export interface Keeping {
  /** Absent: STANDARD. */
  readonly storageClass?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly encryption?: StoredEncryption;
}

const CLASSES = [
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
];

/** The storage class of a request, checked. */
export function readStorageClass(call: Call): string | undefined {
  const name = call.header("x-amz-storage-class");
  if (name === undefined || name === "STANDARD") return undefined;
  if (CLASSES.includes(name)) return name;
  throw s3Error("InvalidStorageClass", "The storage class you specified is not valid");
}

function checkTags(tags: readonly (readonly [string, string])[]): Record<string, string> {
  if (tags.length > 10) throw s3Error("BadRequest", "Object tags cannot be greater than 10");
  const invalid = (message: string) => s3Error("InvalidTag", message);
  for (const [key, value] of tags) {
    if (key === "" || key.length > 128) throw invalid("The TagKey you have provided is invalid");
    if (value.length > 256) throw invalid("The TagValue you have provided is invalid");
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value) || key.startsWith("aws:")) {
      throw invalid("The TagKey or TagValue you have provided is invalid");
    }
  }
  if (new Set(tags.map(([key]) => key)).size < tags.length) {
    throw invalid("Cannot provide multiple Tags with the same key");
  }
  return Object.fromEntries(tags);
}

/** The tags of the header `x-amz-tagging`, which has the form of a URL's query. */
export function readTags(call: Call): Record<string, string> {
  const header = call.header("x-amz-tagging") ?? "";
  const decode = (part: string) => decodePercent(part.replaceAll("+", " "));
  return checkTags(
    header.split("&").filter((pair) => pair !== "").map((pair) => {
      const at = pair.indexOf("=");
      if (at < 0) {
        throw s3Error(
          "InvalidArgument",
          "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
        );
      }
      return [decode(pair.slice(0, at)), decode(pair.slice(at + 1))] as const;
    }),
  );
}

/** PutObjectTagging's body. */
export function readTagSet(body: Uint8Array): Record<string, string> {
  let root: XmlElement | undefined;
  try {
    root = parseXml(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch { /* answered below */ }
  const set = root?.name === "Tagging" ? root.children.find(({ name }) => name === "TagSet") : undefined;
  if (!set) {
    throw s3Error(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  }
  return checkTags(set.children.map((tag) => [childText(tag, "Key") ?? "", childText(tag, "Value") ?? ""]));
}

/** GetObjectTagging's answer. */
export function taggingReply(tags: Readonly<Record<string, string>>): Reply {
  const set = Object.entries(tags).map(([key, value]) =>
    element("Tag", text("Key", key), text("Value", value))
  );
  return xmlReply(document("Tagging", element("TagSet", ...set)));
}

/** The MD5 of the customer's key that a request brings; `undefined` without one. Every header is needed, and each must hold. */
export function readCustomerKey(call: Call, prefix = "x-amz-"): string | undefined {
  const name = `${prefix}server-side-encryption-customer-`;
  const [algorithm, key, digest] = ["algorithm", "key", "key-md5"].map((part) => call.header(name + part));
  if (algorithm === undefined && key === undefined && digest === undefined) return undefined;
  const wrong = (argument: string, why: string) =>
    s3Error("InvalidArgument", why, { ArgumentName: name + argument, ArgumentValue: "null" });
  if (algorithm === undefined) {
    throw wrong(
      "algorithm",
      "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.",
    );
  }
  if (algorithm !== "AES256") {
    throw s3Error(
      "InvalidEncryptionAlgorithmError",
      "The encryption request you specified is not valid. Supported value: AES256.",
    );
  }
  const bytes = Buffer.from(key ?? "", "base64");
  if (key === undefined || bytes.length !== 32 || bytes.toString("base64") !== key) {
    throw wrong("key", "The secret key was invalid for the specified algorithm.");
  }
  if (digest !== createHash("md5").update(bytes).digest("base64")) {
    throw wrong("key-md5", "The calculated MD5 hash of the key did not match the hash that was provided.");
  }
  return digest;
}

/** The encryption that a write asks for. */
export function readEncryption(call: Call): StoredEncryption | undefined {
  const customerKeyMd5 = readCustomerKey(call);
  const algorithm = call.header("x-amz-server-side-encryption");
  const kmsKeyId = call.header("x-amz-server-side-encryption-aws-kms-key-id");
  const context = call.header("x-amz-server-side-encryption-context");
  const bucketKey = call.header("x-amz-server-side-encryption-bucket-key-enabled");
  if (customerKeyMd5 !== undefined) {
    if (algorithm === undefined) return { algorithm: "SSE-C", customerKeyMd5 };
    throw s3Error(
      "InvalidArgument",
      "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
    );
  }
  if (algorithm === undefined || algorithm === "AES256") {
    if (kmsKeyId !== undefined || context !== undefined) {
      throw s3Error(
        "InvalidArgument",
        "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
      );
    }
    return algorithm && { algorithm };
  }
  if (algorithm !== "aws:kms" && algorithm !== "aws:kms:dsse") {
    throw s3Error("InvalidArgument", "The encryption method specified is not supported");
  }
  let parsed: Record<string, string> | undefined;
  if (context !== undefined) {
    try {
      parsed = JSON.parse(Buffer.from(context, "base64").toString());
    } catch {
      throw s3Error(
        "InvalidArgument",
        "The header x-amz-server-side-encryption-context shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map",
      );
    }
  }
  return {
    algorithm,
    kmsKeyId: kmsKeyId ?? "arn:aws:kms:us-east-1:123456789012:key/default",
    context: parsed,
    bucketKey: bucketKey === undefined ? undefined : bucketKey === "true",
  };
}

/** What a write says of how to keep its object. */
export function readKeeping(call: Call): Keeping {
  return { storageClass: readStorageClass(call), tags: readTags(call), encryption: readEncryption(call) };
}

/** Refuses who does not bring the key of an object, or brings one to an object that has none. */
export function checkCustomerKey(call: Call, { encryption }: Partial<Keeping>, prefix = "x-amz-"): void {
  const given = readCustomerKey(call, prefix);
  const needed = encryption?.customerKeyMd5;
  if (given === needed) return;
  if (needed === undefined) {
    throw s3Error("InvalidRequest", "The encryption parameters are not applicable to this object.");
  }
  if (given === undefined) {
    throw s3Error(
      "InvalidRequest",
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
    );
  }
  throw s3Error("AccessDenied", "Access Denied");
}

/** The headers that tell how an object is kept. */
export function keepingHeaders({ storageClass, tags, encryption }: Partial<Keeping>): Record<string, string> {
  const headers: Record<string, string> = encryptionHeaders(encryption);
  if (storageClass !== undefined) headers["x-amz-storage-class"] = storageClass;
  const count = Object.keys(tags ?? {}).length;
  if (count > 0) headers["x-amz-tagging-count"] = String(count);
  return headers;
}

/** The headers that tell how an object is encrypted. */
export function encryptionHeaders(encryption: StoredEncryption | undefined): Record<string, string> {
  if (!encryption) return {};
  const name = "x-amz-server-side-encryption";
  if (encryption.customerKeyMd5 !== undefined) {
    return {
      [`${name}-customer-algorithm`]: "AES256",
      [`${name}-customer-key-md5`]: encryption.customerKeyMd5,
    };
  }
  const headers: Record<string, string> = { [name]: encryption.algorithm };
  if (encryption.kmsKeyId !== undefined) headers[`${name}-aws-kms-key-id`] = encryption.kmsKeyId;
  if (encryption.bucketKey) headers[`${name}-bucket-key-enabled`] = "true";
  return headers;
}

/** An ETag: the MD5 of the bytes, but where S3 encrypts with a key of KMS or of the customer it is no digest of them. */
export function etagOf(chunks: readonly Uint8Array[], encryption: StoredEncryption | undefined): string {
  const opaque = encryption !== undefined && encryption.algorithm !== "AES256";
  return md5(opaque ? [...chunks, randomBytes(16)] : chunks).toString("hex");
}
