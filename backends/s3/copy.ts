import {
  CopyObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { InvalidArgumentError, PreconditionFailedError, UnsupportedError } from "../../lib/errors.ts";
import { checkKey, checkMetadata } from "../arguments.ts";
import type { CopyOptions, PutResult } from "../backend.ts";
import { CommitGate } from "../transport/mod.ts";
import { checkS3Conditions, confirmLostWrite, withConditions, type WriteTarget } from "./conditions.ts";
import { s3FailureOf } from "./errors.ts";
import { MultipartUpload } from "./multipart.ts";
import { METADATA_LIMIT, objectAcl } from "./options.ts";
import { MAX_PARTS } from "./parts.ts";
import { plainETag, quotedETag } from "./response.ts";
import type { S3Store } from "./store.ts";

const MiB = 1024 * 1024;
/** Bytes that S3 copies in one request. */
const ONE_REQUEST = 5 * 1024 * MiB;
/** Bytes a part of a larger copy; none of them passes through this process. */
const COPY_PART = 256 * MiB;
/** How much longer than usual a store may take to copy. */
const PATIENCE = 20;

interface Source {
  readonly bucket: string;
  readonly key: string;
  readonly etag?: string;
  readonly size: number;
  /** As the header names it. */
  readonly name: string;
}

/** Copies an object within the store, of whatever size, with its metadata and headers. */
export async function copyS3Object(
  store: S3Store,
  sourceStore: S3Store,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<PutResult> {
  const { signal, ifAbsent } = options;
  checkKey(from);
  checkKey(to);
  const metadata = options.metadata && checkMetadata(options.metadata, METADATA_LIMIT);
  const acl = objectAcl(options.acl);
  if (from === to && sourceStore.bucket === store.bucket && !metadata) {
    throw new InvalidArgumentError(`"${from}" can be copied onto itself only with new metadata`, {
      key: to,
      bucket: store.bucket,
    });
  }
  // Its size decides how it is copied, and its ETag holds all requests to one version.
  const head = await sourceStore.call(
    { operation: "HeadObject", key: from },
    signal,
    (client, call) => client.send(new HeadObjectCommand({ Bucket: sourceStore.bucket, Key: from }), call),
  );
  const source = sourceOf(sourceStore.bucket, from, head);
  if (options.ifSourceMatch !== undefined && plainETag(options.ifSourceMatch) !== source.etag) {
    throw new PreconditionFailedError(
      `"${from}" in bucket "${source.bucket}" is not, or no longer, the version ${options.ifSourceMatch}. Look it up again.`,
      { key: from, bucket: source.bucket, committed: "no" },
    );
  }
  const target: WriteTarget = {
    key: to,
    metadata: metadata ?? head.Metadata,
    contentType: head.ContentType,
    acl,
    ifAbsent,
    signal,
    kept: {
      CacheControl: head.CacheControl,
      ContentDisposition: head.ContentDisposition,
      ContentEncoding: head.ContentEncoding,
      ContentLanguage: head.ContentLanguage,
    },
  };
  await checkS3Conditions(store, target, signal);
  if (source.size > ONE_REQUEST) {
    try {
      return await copyParts(store, source, target);
    } catch (error) {
      // Google's store has no such request, and copies everything in one.
      if (!(error instanceof UnsupportedError)) throw error;
    }
  }
  try {
    return await copyWhole(store, source, target, metadata !== undefined);
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return await copyParts(store, source, target);
  }
}

async function copyWhole(
  store: S3Store,
  source: Source,
  target: WriteTarget,
  replace: boolean,
): Promise<PutResult> {
  const gate = new CommitGate(target.signal);
  const { key, metadata, contentType, acl, kept } = target;
  const about = { operation: "CopyObject", key, writes: true, ifAbsent: target.ifAbsent };
  const { signal } = gate;
  try {
    const write = async (): Promise<PutResult> => {
      const output = await withConditions(
        store,
        target,
        signal,
        (conditions) =>
          store.call(about, signal, (client, options) =>
            client.send(
              new CopyObjectCommand({
                Bucket: store.bucket,
                Key: key,
                CopySource: source.name,
                CopySourceIfMatch: quotedETag(source.etag),
                ACL: acl,
                ...(replace
                  ? { MetadataDirective: "REPLACE", Metadata: metadata, ContentType: contentType, ...kept }
                  : {}),
                ...conditions,
              }),
              options,
            ), {
            abortSignal: signal,
            signal,
            patience: PATIENCE,
            onSent: () => gate.close(),
            onRefused: () => gate.open(),
          }),
      );
      return {
        key,
        size: source.size,
        etag: plainETag(output.CopyObjectResult?.ETag),
        versionId: output.VersionId,
      };
    };
    return await confirmLostWrite(store, about, write, {
      size: source.size,
      etag: () => Promise.resolve(source.etag),
    });
  } finally {
    gate.close();
  }
}

async function copyParts(store: S3Store, source: Source, target: WriteTarget): Promise<PutResult> {
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
        const output = await store.call(about, signal, (client, options) =>
          client.send(
            new UploadPartCopyCommand({
              Bucket: store.bucket,
              Key: target.key,
              UploadId: uploadId,
              PartNumber: number,
              CopySource: source.name,
              CopySourceRange: `bytes=${start}-${end - 1}`,
              CopySourceIfMatch: quotedETag(source.etag),
            }),
            options,
          ), { abortSignal: signal, signal, patience: PATIENCE });
        return { completed: { PartNumber: number, ETag: output.CopyPartResult?.ETag } };
      });
    }
    return await upload.complete();
  } catch (error) {
    throw await upload.abandon(error);
  } finally {
    gate.close();
  }
}

function sourceOf(bucket: string, key: string, head: HeadObjectCommandOutput): Source {
  const name = `${bucket}/${key}`.replace(
    /[^/]+/g,
    (part) =>
      encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
  );
  return { bucket, key, etag: plainETag(head.ETag), size: head.ContentLength ?? 0, name };
}

function isTooLarge(error: unknown): boolean {
  const { code, message } = s3FailureOf(error);
  return code === "EntityTooLarge" || (code === "InvalidRequest" && /larger than the maximum/.test(message));
}
