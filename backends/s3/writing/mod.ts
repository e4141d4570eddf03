/**
 * Storing an object: in one request (here), or in parts (`multipart.ts`, planned by `parts.ts`); uploads that outlive a process
 * (`resumable.ts`, which `token.ts` tells of); copying within the store (`copy.ts`); conditions that the store is to keep
 * (`conditions.ts`); and what became of a write whose answer was lost (`lost_write.ts`).
 *
 * @module
 */
import { toHex } from "../../../lib/base64.ts";
import { isUnshared } from "../../../lib/bytes.ts";
import { Crc, digestOf } from "../../../lib/checksums.ts";
import type {
  Body,
  CopyOptions,
  PutOptions,
  PutResult,
  RequestOptions,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../../backend.ts";
import { cancelUnread, drainInParts } from "../../body.ts";
import { CommitGate } from "../../transport/mod.ts";
import { writtenETag } from "../answers.ts";
import { withSdk } from "../requests/mod.ts";
import type { S3Store } from "../store.ts";
import { type ConditionFields, withConditions } from "./conditions.ts";
import { confirmLostWrite, sameBytes } from "./lost_write.ts";
import type { MultipartUpload, PartSource } from "./multipart.ts";
import { bodyHeaders, PartPlan, withChecksum } from "./parts.ts";
import { conditionsOf, isConditional, targetOf, type WriteTarget } from "./target.ts";

/** Stores an object: in one request where it fits into one part, else in parts. All or nothing. */
export async function putS3Object(
  store: S3Store,
  key: string,
  body: Body,
  options: PutOptions = {},
): Promise<PutResult> {
  const gate = new CommitGate(options.signal);
  try {
    gate.signal.throwIfAborted();
    const target = targetOf(store, key, body, options);
    const total = body instanceof Uint8Array ? body.byteLength : options.size;
    const plan = new PartPlan(options.partSize ?? store.options.partSize, total);
    if (body instanceof Uint8Array && isUnshared(body)) {
      return await putBytes(store, target, gate, plan, body);
    }
    return await putStream(store, target, gate, plan, body);
  } catch (error) {
    cancelUnread(body, error);
    throw error;
  } finally {
    gate.close();
  }
}

async function putBytes(
  store: S3Store,
  target: WriteTarget,
  gate: CommitGate,
  plan: PartPlan,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<PutResult> {
  if (bytes.byteLength <= plan.size(0)) return await putWhole(store, target, gate, bytes);
  const upload = await uploadInParts(store, target, gate, "memory", bytes.byteLength);
  try {
    for (let index = 0, offset = 0; offset < bytes.byteLength; index++) {
      const part = bytes.subarray(offset, offset += plan.size(index));
      await upload.add(part);
    }
    return await upload.complete();
  } catch (error) {
    return await upload.abandon(error);
  }
}

async function putStream(
  store: S3Store,
  target: WriteTarget,
  gate: CommitGate,
  plan: PartPlan,
  body: Body,
): Promise<PutResult> {
  let upload: MultipartUpload | undefined;
  let index = 0;
  try {
    const rest = await drainInParts(body, {
      room: (before) => plan.room(index++, before),
      memory: (length) => upload?.buffer(length) ?? new Uint8Array(length),
      take: async (part) => {
        upload ??= await uploadInParts(store, target, gate, "stream", target.size);
        await upload.add(part, true);
      },
    }, { size: target.size, signal: gate.signal });
    if (!upload) return await putWhole(store, target, gate, rest);
    await upload.add(rest, true);
    return await upload.complete();
  } catch (error) {
    if (!upload) throw error;
    return await upload.abandon(error);
  }
}

/** An upload in parts, which needs the SDK: most objects need none. */
async function uploadInParts(
  store: S3Store,
  target: WriteTarget,
  gate: CommitGate,
  source: PartSource,
  total: number | undefined,
): Promise<MultipartUpload> {
  const { MultipartUpload } = await withSdk(() => import("./multipart.ts"));
  return new MultipartUpload(store, target, gate, source, total);
}

/** Copies an object within the store, of whatever size, with its metadata and headers. */
export async function copyS3Object(
  store: S3Store,
  source: S3Store,
  from: string,
  to: string,
  options?: CopyOptions,
): Promise<PutResult> {
  return await (await withSdk(() => import("./copy.ts"))).copyObject(store, source, from, to, options);
}

/** Begins an upload that can be resumed. */
export async function startS3Upload(
  store: S3Store,
  key: string,
  options: StartUploadOptions,
): Promise<UploadToken> {
  return await (await withSdk(() => import("./resumable.ts"))).startUploadInParts(store, key, options);
}

/** Sends what the store lacks of an upload that was begun, and completes it. */
export async function resumeS3Upload(
  store: S3Store,
  token: UploadToken,
  body: Body,
  options: ResumeUploadOptions,
): Promise<PutResult> {
  return await (await withSdk(() => import("./resumable.ts"))).resumeUploadInParts(
    store,
    token,
    body,
    options,
  );
}

/** Ends an upload that was begun to be resumed. */
export async function abortS3Upload(
  store: S3Store,
  token: UploadToken,
  options: RequestOptions,
): Promise<void> {
  await (await withSdk(() => import("./resumable.ts"))).abortUploadInParts(store, token, options);
}

/** One request. Once the last byte has left it can't be taken back. */
async function putWhole(
  store: S3Store,
  target: WriteTarget,
  gate: CommitGate,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<PutResult> {
  const { key, metadata, contentType, acl, kept, onProgress } = target;
  const about = { operation: "PutObject", key, writes: true, ...conditionsOf(target) } as const;
  const send = (conditions: ConditionFields) =>
    withChecksum(store, key, bytes, (guard) => {
      const input = {
        Key: key,
        Body: bytes,
        Metadata: metadata,
        ContentType: contentType,
        ACL: acl,
        ...kept,
        ...conditions,
        ...guard.fields,
      };
      return store.request(about, input, gate.signal, {
        headers: bodyHeaders(store, guard),
        onSent: () => gate.close(),
        onRefused: () => gate.open(),
      });
    });
  const write = () =>
    withConditions(store, target, gate.signal, async (conditions) => {
      const output = await send(conditions);
      const etag = writtenETag(store.placeOf(key), "PutObject", output.ETag);
      return { key, size: bytes.byteLength, etag, versionId: output.VersionId };
    });
  onProgress?.({ key, loaded: 0, total: bytes.byteLength, done: false });
  const result = await confirmLostWrite(store, key, write, {
    size: bytes.byteLength,
    metadata,
    contentType,
    exclusive: isConditional(target),
    holds: (head) =>
      sameBytes(
        head,
        (algorithm) => new Crc(algorithm).update(bytes),
        async () => toHex(await digestOf("MD5", bytes)),
      ),
  });
  store.seen = true;
  onProgress?.({ key, loaded: bytes.byteLength, total: bytes.byteLength, done: true });
  return result;
}
export { checkS3Conditions } from "./conditions.ts";
export { bucketAcl } from "./target.ts";
