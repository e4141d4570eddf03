import { CopyObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import { UnsupportedError } from "../../../lib/errors.ts";
import { checkCopyOptions } from "../../arguments.ts";
import type { CopyOptions, ObjectHead, PutResult } from "../../backend.ts";
import { checkWriteConditions } from "../../conditions.ts";
import { CommitGate, percentEncode } from "../../transport/mod.ts";
import { plainContentEncoding, plainETag, quotedETag, s3HeadOf, writtenETag } from "../answers.ts";
import { s3FailureOf } from "../failure.ts";
import { keptAs, taggingOf } from "../keeping.ts";
import { S3_CAPABILITIES } from "../options.ts";
import { headS3Object } from "../read.ts";
import type { ObjectAnswer } from "../requests/mod.ts";
import type { S3Store } from "../store.ts";
import { s3Tags } from "../tags.ts";
import { checkS3Conditions, type ConditionFields, withConditions } from "./conditions.ts";
import { confirmLostWrite } from "./lost_write.ts";
import { MultipartUpload } from "./multipart.ts";
import { MAX_PARTS, MiB } from "./parts.ts";
import { isConditional, objectAcl, type WriteTarget } from "./target.ts";

/** Bytes that S3 copies in one request. */
const ONE_REQUEST = 5 * 1024 * MiB;
/** Bytes a part of a larger copy; none of them passes through this process. */
const COPY_PART = 256 * MiB;
/** How much longer than usual a store may take to copy. */
const PATIENCE = 20;

interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly etag?: string;
  readonly size: number;
  /** As the header names it. */
  readonly name: string;
  /** What is stored, where it is the destination as well. */
  readonly before?: ObjectHead;
}

/** Copies an object within the store, of whatever size, with its metadata and headers. */
export async function copyObject(
  store: S3Store,
  sourceStore: S3Store,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<PutResult> {
  const { signal, ifAbsent } = options;
  const same = sourceStore.bucket === store.bucket;
  const limits = { bucket: store.bucket, ...S3_CAPABILITIES };
  const metadata = checkCopyOptions(from, to, options, same, limits);
  const acl = objectAcl(options.acl);
  // Its size decides how it is copied, and its ETag holds all requests to one version.
  const { fromVersionId } = options;
  const about = { operation: "HeadObject", key: from } as const;
  const head = await sourceStore.request(about, { Key: from, VersionId: fromVersionId }, signal);
  const size = head.ContentLength ?? (await headS3Object(sourceStore, from, signal, fromVersionId))?.size ??
    0;
  const sized = { ...head, ContentLength: size };
  const source = sourceOf(sourceStore.bucket, from, fromVersionId, sized, same && from === to);
  const ifMatch = plainETag(options.ifSourceMatch);
  checkWriteConditions(source, { ifMatch }, sourceStore.placeOf(from));
  const target: WriteTarget = {
    key: to,
    metadata: metadata ?? head.Metadata,
    contentType: head.ContentType,
    acl,
    ifAbsent,
    signal,
    kept: {
      ...keptAs(options, store.options, head),
      CacheControl: head.CacheControl,
      ContentDisposition: head.ContentDisposition,
      ContentEncoding: plainContentEncoding(head.ContentEncoding),
      ContentLanguage: head.ContentLanguage,
    },
  };
  await checkS3Conditions(store, target, signal);
  // A copy in parts is a new object, which the store gives no tags of the source's.
  const withTags = async (): Promise<WriteTarget> => {
    if (options.tags || !head.TagCount) return target;
    const tags = await s3Tags(sourceStore, from, { versionId: fromVersionId, signal });
    return { ...target, kept: { ...target.kept, Tagging: taggingOf(tags) } };
  };
  if (source.size > ONE_REQUEST) {
    try {
      return await copyParts(store, source, await withTags());
    } catch (error) {
      // Google's store has no such request, and copies everything in one.
      if (!(error instanceof UnsupportedError)) throw error;
    }
  }
  try {
    return await copyWhole(store, source, target, metadata !== undefined);
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return await copyParts(store, source, await withTags());
  }
}

async function copyWhole(
  store: S3Store,
  source: CopySource,
  target: WriteTarget,
  replace: boolean,
): Promise<PutResult> {
  const gate = new CommitGate(target.signal);
  const { key, metadata, contentType, acl, kept } = target;
  const { size, etag } = source;
  const about = { operation: "CopyObject", key, writes: true, ifAbsent: target.ifAbsent };
  const send = (conditions: ConditionFields) => {
    const {
      StorageClass,
      Tagging,
      ServerSideEncryption,
      SSEKMSKeyId,
      SSEKMSEncryptionContext,
      BucketKeyEnabled,
    } = kept ?? {};
    const command = new CopyObjectCommand({
      Bucket: store.bucket,
      Key: key,
      CopySource: source.name,
      CopySourceIfMatch: quotedETag(etag),
      ACL: acl,
      StorageClass,
      ServerSideEncryption,
      SSEKMSKeyId,
      SSEKMSEncryptionContext,
      BucketKeyEnabled,
      ...(Tagging === undefined ? {} : { TaggingDirective: "REPLACE", Tagging }),
      ...(replace
        ? { MetadataDirective: "REPLACE", Metadata: metadata, ContentType: contentType, ...kept }
        : {}),
      ...conditions,
    });
    return store.send(about, command, gate.signal, {
      patience: PATIENCE,
      onSent: () => gate.close(),
      onRefused: () => gate.open(),
    });
  };
  const write = () =>
    withConditions(store, target, gate.signal, async (conditions) => {
      const output = await send(conditions);
      const written = writtenETag(store.placeOf(key), "CopyObject", output.CopyObjectResult?.ETag);
      return { key, size, etag: written, versionId: output.VersionId };
    }, true);
  try {
    return await confirmLostWrite(store, key, write, {
      size,
      metadata,
      contentType,
      exclusive: isConditional(target),
      before: source.before,
      // Onto itself, the bytes are what they were. That the ETag of a copy is another says nothing: that of an upload in parts always is.
      holds: (head) => Promise.resolve(source.before || head.etag === etag ? true : undefined),
    });
  } finally {
    gate.close();
  }
}

async function copyParts(store: S3Store, source: CopySource, target: WriteTarget): Promise<PutResult> {
  const gate = new CommitGate(target.signal);
  const upload = new MultipartUpload(store, target, gate, "copy", source.size);
  const { partSize } = store.options;
  const least = Math.ceil(source.size / MAX_PARTS / MiB) * MiB;
  const length = Math.max(typeof partSize === "number" ? partSize : COPY_PART, least);
  const about = { operation: "UploadPartCopy", key: target.key, writes: true };
  try {
    for (let start = 0; start < source.size; start += length) {
      const end = Math.min(start + length, source.size);
      await upload.addPart(end - start, async (uploadId, number, signal) => {
        const command = new UploadPartCopyCommand({
          Bucket: store.bucket,
          Key: target.key,
          UploadId: uploadId,
          PartNumber: number,
          CopySource: source.name,
          CopySourceRange: `bytes=${start}-${end - 1}`,
          CopySourceIfMatch: quotedETag(source.etag),
        });
        const output = await store.send(about, command, signal, { patience: PATIENCE });
        const place = store.placeOf(target.key);
        const ETag = writtenETag(place, "UploadPartCopy", output.CopyPartResult?.ETag, "no");
        return { completed: { PartNumber: number, ETag: quotedETag(ETag) } };
      });
    }
    return await upload.complete();
  } catch (error) {
    return await upload.abandon(error);
  } finally {
    gate.close();
  }
}

function sourceOf(
  bucket: string,
  key: string,
  versionId: string | undefined,
  head: ObjectAnswer,
  itself: boolean,
): CopySource {
  const size = head.ContentLength ?? 0;
  const info = s3HeadOf({ key, bucket }, head, size, false);
  const before = itself && versionId === undefined ? info : undefined;
  const version = versionId === undefined ? "" : `?versionId=${percentEncode(versionId)}`;
  const name = `${bucket}/${key}`.replace(/[^/]+/g, percentEncode) + version;
  return { bucket, key, etag: info.etag, size, name, before };
}

function isTooLarge(error: unknown): boolean {
  const { code, message } = s3FailureOf(error);
  return code === "EntityTooLarge" || (code === "InvalidRequest" && /larger than the maximum/.test(message));
}
