import { ListPartsCommand, type ListPartsCommandOutput, type Part } from "@aws-sdk/client-s3";
import type { CrcAlgorithm, DigestAlgorithm } from "../../../lib/checksums.ts";
import { IntegrityError, UnsupportedError } from "../../../lib/errors.ts";
import type { S3Store } from "../store.ts";

/** Numbers of parts go up to this. */
const MAX_NUMBER = 10_000;

/** A part that the store has of an upload that is not complete. */
export interface ListedPart {
  /** Counted from 1. */
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** As the store writes it, quotes included. */
  readonly etag: string;
  /** The checksum of its bytes in base64, where the store tells one. */
  readonly checksum?: { readonly algorithm: CrcAlgorithm | DigestAlgorithm; readonly value: string };
}

/**
 * The parts that the store has of an upload, by their numbers.
 *
 * @throws {NotFoundError} when there is no such upload.
 * @throws {UnsupportedError} where the store does not list parts.
 * @throws {IntegrityError} when its list contradicts itself.
 */
export async function listS3Parts(
  store: S3Store,
  key: string,
  uploadId: string,
  signal: AbortSignal | undefined,
): Promise<Map<number, ListedPart>> {
  const parts = new Map<number, ListedPart>();
  const unreliable = (why: string) =>
    new IntegrityError(
      `${store.endpoint} was asked for the parts of an upload of "${key}", and ${why}: begin the upload anew`,
      { key, bucket: store.bucket, committed: "no" },
    );
  let marker = 0;
  while (true) {
    const page = await askForParts(store, key, uploadId, marker, signal);
    let last = marker;
    for (const listed of page.Parts ?? []) {
      const part = listedPart(listed, last);
      if (typeof part === "string") throw unreliable(part);
      last = part.number;
      parts.set(last, part);
    }
    if (!page.IsTruncated) return parts;
    const next = Number(page.NextPartNumberMarker ?? last);
    if (!(next > marker && next >= last && next <= MAX_NUMBER)) {
      throw unreliable("says that there are more, but not where");
    }
    marker = next;
  }
}

async function askForParts(
  store: S3Store,
  key: string,
  uploadId: string,
  marker: number,
  signal: AbortSignal | undefined,
): Promise<ListPartsCommandOutput> {
  const command = new ListPartsCommand({
    Bucket: store.bucket,
    Key: key,
    UploadId: uploadId,
    PartNumberMarker: marker === 0 ? undefined : String(marker),
  });
  try {
    return await store.send({ operation: "ListParts", key }, command, signal);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    throw new UnsupportedError(
      `${store.endpoint} does not tell which parts of an upload it has (ListParts), so none can be resumed there: store "${key}" with \`put\``,
      { key, bucket: store.bucket, cause: error, committed: "no" },
    );
  }
}

/** What is listed of a part that comes after `last`; or what is wrong with it. */
function listedPart(part: Part, last: number): ListedPart | string {
  const { PartNumber: number = 0, Size: size = -1, ETag: etag } = part;
  if (!Number.isSafeInteger(number) || number <= last || number > MAX_NUMBER) {
    return `lists part ${number} after part ${last}`;
  }
  if (!Number.isSafeInteger(size) || size < 0) return `the size of part ${number} is ${size}`;
  if (!etag) return `part ${number} has no ETag`;
  return { number, size, etag, checksum: checksumOf(part) };
}

/** The cheapest first. */
function checksumOf(part: Part): ListedPart["checksum"] {
  const { ChecksumCRC32, ChecksumCRC64NVME, ChecksumCRC32C, ChecksumSHA256, ChecksumSHA1 } = part;
  if (ChecksumCRC32) return { algorithm: "CRC32", value: ChecksumCRC32 };
  if (ChecksumCRC64NVME) return { algorithm: "CRC64NVME", value: ChecksumCRC64NVME };
  if (ChecksumCRC32C) return { algorithm: "CRC32C", value: ChecksumCRC32C };
  if (ChecksumSHA256) return { algorithm: "SHA256", value: ChecksumSHA256 };
  return ChecksumSHA1 ? { algorithm: "SHA1", value: ChecksumSHA1 } : undefined;
}
