/**
 * Uploads in memory that can be resumed, within the process: for tests, and for what is to be tried without a store.
 *
 * @module
 */
import { GrowingBuffer } from "../../lib/bytes.ts";
import { IntegrityError, NotFoundError } from "../../lib/errors.ts";
import { checkPutOptions } from "../arguments.ts";
import type {
  Body,
  ObjectHead,
  PutResult,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../backend.ts";
import { checkReadable, drain } from "../body.ts";
import type { ObjectPlace } from "../conditions.ts";
import { checkUploadSize, checkUploadToken, malformedTokenError } from "../upload_token.ts";
import type { MemoryBucket, MemoryUpload } from "./store.ts";

/** The store that a token is for. */
interface Named {
  readonly name: string;
  readonly bucket: string;
}

/** Begins an upload. */
export function startMemoryUpload(
  bucket: MemoryBucket,
  store: Named,
  key: string,
  { size, ...options }: StartUploadOptions,
  metadataLimit: number,
): UploadToken {
  const metadata = checkPutOptions(key, new Uint8Array(), options, { bucket: store.bucket, metadataLimit });
  checkUploadSize(size, { key, bucket: store.bucket, committed: "no" });
  const uploadId = crypto.randomUUID();
  bucket.uploads.set(uploadId, {
    key,
    options: { ...options, size, metadata },
    arrived: new GrowingBuffer({ most: size }),
  });
  return { version: 1, store: store.name, key, size, started: new Date().toISOString(), state: { uploadId } };
}

/**
 * Takes what has not arrived of an upload, and makes an object of it.
 *
 * @param write Makes the object, in the turn in which the body has ended.
 */
export async function resumeMemoryUpload(
  bucket: MemoryBucket,
  store: Named,
  token: UploadToken,
  body: Body,
  { signal, onProgress }: ResumeUploadOptions,
  write: (bytes: Uint8Array<ArrayBuffer>, options: StartUploadOptions) => ObjectHead,
): Promise<PutResult> {
  const { key, size } = checkUploadToken(token, store);
  const id = uploadIdOf(token);
  const place: ObjectPlace = { key, bucket: store.bucket, place: store.name };
  checkReadable(body, { key, bucket: store.bucket, committed: "no" });
  let offset = 0;
  known(bucket, id, place);
  await drain(body, (piece) => {
    const { upload, bytes } = known(bucket, id, place);
    const had = Math.min(piece.byteLength, bytes.byteLength - offset);
    for (let i = 0; i < had; i++) {
      if (piece[i] === bytes[offset + i]) continue;
      throw new IntegrityError(
        `byte ${
          offset + i
        } of "${key}" is not what it was when the upload was begun. Abort it and begin anew.`,
        { key, bucket: store.bucket, committed: "no" },
      );
    }
    if ("arrived" in upload) upload.arrived.append(piece.subarray(had));
    offset += piece.byteLength;
    onProgress?.({ key, loaded: offset, total: size, done: false });
  }, { size, signal });
  const { upload } = known(bucket, id, place);
  const { etag = "" } = "etag" in upload ? upload : write(upload.arrived.bytes.slice(), upload.options);
  bucket.uploads.set(id, { key, etag });
  onProgress?.({ key, loaded: size, total: size, done: true });
  return { key, size, etag };
}

/** Forgets an upload. */
export function abortMemoryUpload(bucket: MemoryBucket, store: Named, token: UploadToken): void {
  bucket.uploads.delete(uploadIdOf(checkUploadToken(token, store)));
}

function uploadIdOf({ key, state: { uploadId } }: UploadToken): string {
  if (typeof uploadId === "string") return uploadId;
  throw malformedTokenError("`state.uploadId` can't be right", { key });
}

/** An upload and what is known of its bytes: those that have arrived, or those of the version that it has become. */
function known(
  bucket: MemoryBucket,
  id: string,
  { place, ...details }: ObjectPlace,
): { readonly upload: MemoryUpload; readonly bytes: Uint8Array<ArrayBuffer> } {
  const upload = bucket.uploads.get(id);
  if (upload?.key === details.key) {
    if ("arrived" in upload) return { upload, bytes: upload.arrived.bytes };
    const version = bucket.objects.get(upload.key);
    if (version?.head.etag === upload.etag) return { upload, bytes: version.bytes };
  }
  throw new NotFoundError(
    `there is no upload of "${details.key}" in ${place} any more: it was aborted, or its object replaced. Begin anew.`,
    { ...details, committed: "no" },
  );
}
