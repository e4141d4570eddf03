import { CreateMultipartUploadCommand, type CreateMultipartUploadCommandInput } from "@aws-sdk/client-s3";
import { isCrc } from "../../../lib/checksums.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import type { S3Checksums } from "../options.ts";
import type { S3Store } from "../store.ts";
import { checkS3Conditions } from "./conditions.ts";
import { withChecksumSetting } from "./parts.ts";
import type { WriteTarget } from "./target.ts";

/** An upload in parts that the store knows of. */
export interface BegunUpload {
  /** The store's name for it. */
  readonly uploadId: string;
  /** The checksum of each part. */
  readonly setting: S3Checksums;
  /** The store repeated that the whole object is to have a checksum. */
  readonly knowsFullObject: boolean;
  /** ETags of parts may be the MD5s of their bytes: the store did not say that it encrypts them with a key of KMS or of the customer. */
  readonly digestETags: boolean;
  /** When it was begun, by `performance.now()`. */
  readonly began: number;
}

/**
 * Begins an upload in parts.
 *
 * @param guarded Its parts come with a checksum; what the store copies has none of ours.
 */
export async function beginUpload(
  store: S3Store,
  target: WriteTarget,
  signal: AbortSignal | undefined,
  guarded: boolean,
): Promise<BegunUpload> {
  const { key, metadata, contentType, acl, kept } = target;
  const about = { operation: "CreateMultipartUpload", key, writes: true };
  const began = performance.now();
  // Better now than after terabytes.
  await checkS3Conditions(store, target, signal);
  const begin = async (setting: S3Checksums): Promise<BegunUpload> => {
    const { UploadId, ChecksumType, ServerSideEncryption, SSECustomerAlgorithm } = await store.send(
      about,
      new CreateMultipartUploadCommand({
        Bucket: store.bucket,
        Key: key,
        Metadata: metadata,
        ContentType: contentType,
        ACL: acl,
        ...kept,
        ...algorithmOf(setting, store.dialect.fullObject),
      }),
      signal,
      // An abort waits for the answer: an upload whose id is not known can't be aborted.
      { abortSignal: undefined, signal: undefined },
    );
    if (!UploadId) {
      throw new CottonCandyError(`the store began an upload of "${key}" and gave it no id`, {
        key,
        bucket: store.bucket,
        committed: "no",
      });
    }
    return {
      uploadId: UploadId,
      setting,
      knowsFullObject: ChecksumType === "FULL_OBJECT",
      digestETags: SSECustomerAlgorithm === undefined && !ServerSideEncryption?.startsWith("aws:kms"),
      began,
    };
  };
  return guarded ? await withChecksumSetting(store, key, begin) : await begin(false);
}

/** What is said of checksums when an upload begins. */
function algorithmOf(
  setting: S3Checksums,
  fullObject: boolean,
): Pick<CreateMultipartUploadCommandInput, "ChecksumAlgorithm" | "ChecksumType"> {
  if (isCrc(setting)) {
    return { ChecksumAlgorithm: setting, ...(fullObject ? { ChecksumType: "FULL_OBJECT" } : {}) };
  }
  return setting === "SHA256" ? { ChecksumAlgorithm: setting, ChecksumType: "COMPOSITE" } : {};
}
