import type { GetObjectCommandOutput, HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { Checksum, ObjectHead } from "../backend.ts";

/** An ETag without its quotes; a weak one as it is. An empty one, as Ceph completes uploads with, is none. */
export function plainETag(etag: string | undefined): string | undefined {
  return etag?.replace(/^"(.*)"$/, "$1") || undefined;
}

/** An ETag as headers carry it. */
export function quotedETag(etag: string): string;
export function quotedETag(etag: string | undefined): string | undefined;
export function quotedETag(etag: string | undefined): string | undefined {
  return etag === undefined || /^(W\/)?"/.test(etag) || etag === "*" ? etag : `"${etag}"`;
}

type Output = GetObjectCommandOutput | HeadObjectCommandOutput;

/** What the headers of an answer tell of an object of `size` bytes. */
export function headOf(key: string, output: Output, size: number, whole: boolean): ObjectHead {
  return {
    key,
    size,
    lastModified: output.LastModified ?? new Date(0),
    etag: plainETag(output.ETag),
    versionId: output.VersionId === "null" ? undefined : output.VersionId,
    metadata: { ...output.Metadata },
    contentType: output.ContentType,
    contentEncoding: output.ContentEncoding || undefined,
    checksum: whole ? checksumOf(output) : undefined,
  };
}

/** The checksum of the whole object's bytes; those that are composed of the parts' checksums say nothing that a reader could check. */
export function checksumOf(output: Output): Checksum | undefined {
  if (output.ChecksumType === "COMPOSITE") return undefined;
  const found: Checksum[] = [];
  // The cheapest first.
  if (output.ChecksumCRC32) found.push({ algorithm: "CRC32", value: output.ChecksumCRC32 });
  if (output.ChecksumCRC64NVME) found.push({ algorithm: "CRC64NVME", value: output.ChecksumCRC64NVME });
  if (output.ChecksumCRC32C) found.push({ algorithm: "CRC32C", value: output.ChecksumCRC32C });
  if (output.ChecksumSHA256) found.push({ algorithm: "SHA256", value: output.ChecksumSHA256 });
  if (output.ChecksumSHA1) found.push({ algorithm: "SHA1", value: output.ChecksumSHA1 });
  return found.find(({ value }) => !/-\d+$/.test(value));
}
