/** CompleteMultipartUpload: the rules for parts, the checksum of the whole, and asking again. */
import { Buffer } from "node:buffer";
import type { Reply } from "../http/reply.ts";
import { checksumHeaders, versionHeaders } from "./attributes.ts";
import { type Call, findBucket, xmlReply } from "./call.ts";
import { ALGORITHMS, checksum, combineCrcs, md5, type StoredChecksum } from "./checksum.ts";
import { checkWrite } from "./condition.ts";
import { checksumElement } from "./copy.ts";
import { s3Error } from "./error.ts";
import { checkCustomerKey, encryptionHeaders } from "./keeping.ts";
import { findUpload, noSuchUpload } from "./multipart.ts";
import type { Features } from "./options.ts";
import type { MultipartUpload, StoredObject, StoredPart } from "./store.ts";
import { writeObject } from "./versions.ts";
import { childText, document, parseXml, text, type XmlElement } from "./xml.ts";

interface ListedPart {
  readonly number: number;
  readonly etag: string;
  /** By algorithm. */
  readonly checksums: ReadonlyMap<string, string>;
}

function readParts(body: Uint8Array, { plainPartLists }: Features): ListedPart[] {
  const malformed = () =>
    s3Error(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  let root: XmlElement;
  try {
    root = parseXml(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw malformed();
  }
  if (root.name !== "CompleteMultipartUpload" || root.children.length === 0) throw malformed();
  return root.children.map((part) => {
    const number = childText(part, "PartNumber"), etag = childText(part, "ETag");
    if (part.name !== "Part" || etag === undefined || !/^\d+$/.test(number ?? "")) throw malformed();
    if (plainPartLists && part.children.length > 2) throw malformed();
    const checksums = new Map<string, string>();
    for (const algorithm of ALGORITHMS) {
      const value = childText(part, `Checksum${algorithm}`);
      if (value !== undefined) checksums.set(algorithm, value);
    }
    return { number: Number(number), etag: etag.trim().replace(/^"(.*)"$/, "$1"), checksums };
  });
}

/** The stored parts that a request lists, in its order, each checked against what it says of them. */
function chooseParts(call: Call, upload: MultipartUpload, listed: readonly ListedPart[]): StoredPart[] {
  if (listed.some((part, i) => i > 0 && part.number <= listed[i - 1].number)) {
    throw s3Error(
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
    );
  }
  const invalid = (part: ListedPart) =>
    s3Error(
      "InvalidPart",
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { UploadId: upload.id, PartNumber: String(part.number), ETag: part.etag },
    );
  const { algorithm, checksumType } = upload;
  const parts = listed.map((part) => {
    const stored = upload.parts.get(part.number);
    if (!stored || stored.etag !== part.etag) throw invalid(part);
    if (call.features.checksums !== "verify") return stored;
    if (checksumType === "COMPOSITE" && algorithm && !part.checksums.has(algorithm)) {
      throw s3Error(
        "InvalidRequest",
        `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`,
      );
    }
    for (const [name, value] of part.checksums) {
      if (stored.checksum?.algorithm !== name || stored.checksum.value !== value) throw invalid(part);
    }
    return stored;
  });
  parts.slice(0, -1).forEach((part) => {
    if (part.bytes.length < call.features.minPartSize) {
      throw s3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", {
        ProposedSize: String(part.bytes.length),
        MinSizeAllowed: String(call.features.minPartSize),
        PartNumber: String(part.number),
        ETag: part.etag,
      });
    }
    if (call.features.equalParts && part.bytes.length !== parts[0].bytes.length) {
      throw s3Error("InvalidPart", "All non-trailing parts must have the same length.");
    }
  });
  if (call.features.equalParts && (parts.at(-1)?.bytes.length ?? 0) > parts[0].bytes.length) {
    throw s3Error("InvalidPart", "All non-trailing parts must have the same length.");
  }
  return parts;
}

/** The checksum of the whole, compared with the one that the request brings. */
function wholeChecksum(
  call: Call,
  upload: MultipartUpload,
  parts: readonly StoredPart[],
): StoredChecksum | undefined {
  if (call.features.checksums !== "verify") return undefined;
  const type = call.header("x-amz-checksum-type");
  if (type !== undefined && upload.checksumType && type !== upload.checksumType) {
    throw s3Error(
      "InvalidRequest",
      `The upload was created using the ${upload.checksumType} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const { algorithm } = upload;
  let whole: StoredChecksum | undefined;
  if (algorithm && upload.checksumType === "COMPOSITE") {
    const values = parts.map((part) => Buffer.from(part.checksum?.value ?? "", "base64"));
    whole = { algorithm, value: `${checksum(algorithm, values)}-${parts.length}`, type: "COMPOSITE" };
  } else if (algorithm && algorithm !== "SHA1" && algorithm !== "SHA256") {
    const sums = parts.map(({ checksum: sum, bytes }) => ({ value: sum?.value ?? "", size: bytes.length }));
    whole = { algorithm, value: combineCrcs(algorithm, sums), type: "FULL_OBJECT" };
  }
  for (const name of ALGORITHMS) {
    const given = call.header(`x-amz-checksum-${name.toLowerCase()}`);
    if (given === undefined) continue;
    const actual = whole?.algorithm === name ? whole.value : checksum(name, parts.map((part) => part.bytes));
    // A composite value may come with or without its number of parts.
    if (given !== actual && given !== actual.replace(/-\d+$/, "")) {
      throw s3Error("BadDigest", `The ${name} you specified did not match the calculated checksum.`);
    }
  }
  return whole;
}

/** CompleteMultipartUpload. */
export function completeMultipartUpload(call: Call): Reply {
  const bucket = findBucket(call);
  const listed = readParts(call.body, call.features);
  const id = call.query.get("uploadId") ?? "";
  const summary = listed.map((part) => `${part.number}:${part.etag}`).join();
  const earlier = bucket.completed.get(id);
  if (earlier && !bucket.uploads.has(id)) {
    if (!call.features.idempotentComplete || earlier.key !== call.key || earlier.parts !== summary) {
      throw noSuchUpload(id);
    }
    return completed(call, earlier.object);
  }
  const upload = findUpload(call);
  if (upload.algorithm) checkCustomerKey(call, upload);
  const parts = chooseParts(call, upload, listed);
  const size = parts.reduce((sum, part) => sum + part.bytes.length, 0);
  const expected = call.header("x-amz-mp-object-size");
  if (expected !== undefined && expected !== String(size)) {
    throw s3Error(
      "InvalidRequest",
      `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${size}`,
    );
  }
  const object: StoredObject = {
    key: upload.key,
    chunks: parts.map((part) => part.bytes),
    size,
    etag: `${md5(parts.map((part) => Buffer.from(part.etag, "hex"))).toString("hex")}-${parts.length}`,
    lastModified: call.now,
    metadata: upload.metadata,
    headers: upload.headers,
    acl: upload.acl,
    storageClass: upload.storageClass,
    tags: upload.tags,
    encryption: upload.encryption,
    checksum: wholeChecksum(call, upload, parts),
    parts: parts.map((part) => part.bytes.length),
  };
  checkWrite(call, bucket.objects.get(upload.key));
  const stored = writeObject(bucket, object);
  bucket.uploads.delete(id);
  bucket.completed.set(id, { key: upload.key, parts: summary, object: stored });
  return completed(call, stored);
}

function completed(call: Call, object: StoredObject): Reply {
  const result = document(
    "CompleteMultipartUploadResult",
    text(
      "Location",
      `http://${call.header("host") ?? ""}/${call.bucketName}/${encodeURIComponent(object.key)}`,
    ),
    text("Bucket", call.bucketName),
    text("Key", object.key),
    text("ETag", `"${object.etag}"`),
    ...Object.entries(checksumHeaders(call, object)).map(([name, value]) =>
      text(name === "x-amz-checksum-type" ? "ChecksumType" : checksumElement(name), value)
    ),
  );
  return xmlReply(result, { ...encryptionHeaders(object.encryption), ...versionHeaders(object) });
}
