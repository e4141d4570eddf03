/**
 * Uploads that outlive a process: begun, taken up again, ended.
 *
 * @module
 */
import { unshared } from "../../lib/bytes.ts";
import { type ErrorDetails, IntegrityError, NotFoundError } from "../../lib/errors.ts";
import { GeneratorTransform, streamOf } from "../../lib/streams/mod.ts";
import type {
  Body,
  PutResult,
  RequestOptions,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../backend.ts";
import { cancelUnread, checkAnnounced, checkReadable, drain } from "../body.ts";
import { CommitGate } from "../transport/mod.ts";
import { checkUploadSize } from "../upload_token.ts";
import { BodyMd5 } from "./body_md5.ts";
import { asCommitted, asUncommitted } from "./errors.ts";
import { type DriveFile, fileEtag } from "./file.ts";
import { SessionLost, type UploadTarget } from "./session.ts";
import type { DriveStore, FoundKey } from "./store.ts";
import { Uploader } from "./upload.ts";
import { openToken, sealToken, tokenSealOf } from "./upload_token.ts";
import { checkedDescription, checkPutConditions, removeDuplicates, WritePlace } from "./write.ts";
import { writtenFile } from "./written.ts";

/** Begins an upload: nothing of the body is sent. */
export async function startDriveUpload(
  store: DriveStore,
  key: string,
  options: StartUploadOptions,
): Promise<UploadToken> {
  const gate = new CommitGate(options.signal);
  const { signal } = gate;
  try {
    signal.throwIfAborted();
    const { size, ...rest } = options;
    const description = checkedDescription(store, key, new Uint8Array(), rest);
    checkUploadSize(size, { key, bucket: store.name, committed: "no" });
    const { ifAbsent, ifMatch, partSize } = options;
    // Refuses credentials that don't last before anything is sent.
    const seal = await tokenSealOf(store, key);
    return await store.locks.run(key, signal, async () => {
      const found = await asUncommitted(signal, () => store.find(key, signal, options.onWarning));
      const place = new WritePlace(store, found, options, signal, false);
      const uploader = new Uploader(
        store,
        {
          key,
          total: size,
          locate: (again) => place.locate(description, again),
          beforeCommit: (target) => place.isStill(target),
        },
        gate,
        options,
      );
      try {
        const begun = await uploader.begin();
        signal.throwIfAborted();
        return await sealToken(store, seal, key, size, { ...begun, ifAbsent, ifMatch, partSize });
      } catch (error) {
        await uploader.abandon();
        await place.forgetGone(error);
        throw uploader.failureOf(error);
      }
    });
  } finally {
    gate.close();
  }
}

/** Sends what Drive lacks of an upload, and completes it. */
export async function resumeDriveUpload(
  store: DriveStore,
  token: UploadToken,
  body: Body,
  options: ResumeUploadOptions = {},
): Promise<PutResult> {
  const gate = new CommitGate(options.signal);
  const { signal } = gate;
  try {
    signal.throwIfAborted();
    checkReadable(body);
    const { session, target, ...conditions } = await openToken(store, token);
    const { key, size } = token;
    return await store.locks.run(key, signal, async () => {
      // The question would complete an empty upload.
      const over = size === 0 ? undefined : await session.ask(size, signal).catch((error) => {
        if (error instanceof SessionLost) return error;
        throw error;
      });
      const { onProgress } = options;
      const how = { ...conditions, ...options, size };
      let file: DriveFile;
      if (over) {
        file = await finishedFile(store, token, target, body, over, signal);
        await settle(store, key, target, file, conditions.ifAbsent ?? false);
      } else {
        const found = await asUncommitted(signal, () => store.findNow(key, signal, options.onWarning));
        checkPutConditions(store, found, conditions);
        checkStill(store, found, target);
        const place = new WritePlace(store, found, how, signal, true);
        const uploader = new Uploader(
          store,
          {
            key,
            total: size,
            locate: () => Promise.resolve(target),
            beforeCommit: (target) => place.isStill(target),
            begun: session,
          },
          gate,
          how,
        );
        onProgress?.({ key, loaded: session.offset, total: size, done: false });
        const { offset, md5 } = session;
        const where = { key, bucket: store.name, committed: "no" } as const;
        const held = md5 === undefined || offset === 0 ? body : holding(body, offset, md5, where);
        try {
          file = await uploader.putStream(held);
        } catch (error) {
          cancelUnread(held, error);
          await place.forgetGone(error);
          throw uploader.failureOf(error);
        }
        await place.confirm(target, file);
      }
      onProgress?.({ key, loaded: size, total: size, done: true });
      return { key, size, etag: fileEtag(file) };
    });
  } catch (error) {
    cancelUnread(body, error);
    throw error;
  } finally {
    gate.close();
  }
}

/** Has Drive forget an upload; one that is over is left alone. */
export async function abortDriveUpload(
  store: DriveStore,
  token: UploadToken,
  { signal }: RequestOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const { session } = await openToken(store, token);
  await session.end({ signal });
}

/** Throws where the file that was to be written anew is no longer the object's: what is sent for it would be no use. */
function checkStill(store: DriveStore, { key, files }: FoundKey, { before }: UploadTarget): void {
  if (!before || files.some(({ id }) => id === before.id)) return;
  throw new NotFoundError(
    `somebody renamed, moved or deleted the file of "${key}" in ${store.name} since the upload was begun: begin anew.`,
    { key, bucket: store.name, committed: "no" },
  );
}

/**
 * The file of an upload that is over, by the bytes that it was to have.
 *
 * @param over What Drive told: the file, or that there is no such upload.
 */
async function finishedFile(
  store: DriveStore,
  { key, size }: UploadToken,
  target: UploadTarget,
  body: Body,
  over: DriveFile | SessionLost,
  signal: AbortSignal,
): Promise<DriveFile> {
  const where = { key, bucket: store.name };
  const sum = new BodyMd5();
  await drain(body, (piece) => sum.add(piece), { signal });
  const md5 = await sum.hex();
  if (over instanceof SessionLost) {
    checkAnnounced(sum.length, size, true, where);
    const file = await writtenFile(store, key, target, over, { size, md5 });
    if (file) return file;
    throw new NotFoundError(
      `${over.message}, and it was never complete: Drive keeps one for a week. Begin anew.`,
      { ...where, committed: "no", cause: over },
    );
  }
  if (sum.length === size && (over.size ?? size) === size && (over.md5 ?? md5) === md5) return over;
  throw new IntegrityError(
    `the upload of "${key}" is complete already, with ${over.size} bytes of MD5 ${over.md5}, and this body has ${sum.length} of ${md5}: ` +
      "compare them, and upload again.",
    { ...where, committed: "yes" },
  );
}

/** Does what was left to do when the upload was complete; what has become of the file since is nobody's fault. */
async function settle(
  store: DriveStore,
  key: string,
  { before }: UploadTarget,
  written: DriveFile,
  ifAbsent: boolean,
): Promise<void> {
  await asCommitted(async () => {
    const file = await store.reload(written, key);
    if (!file || before) return;
    const found = await store.findNow(key, undefined, () => {});
    // What was written after it is nobody's duplicate.
    const isOld = found.files.some(({ modified }) => modified > written.modified);
    if (ifAbsent || !isOld) await removeDuplicates(store, found, file, ifAbsent);
  });
}

/** A body whose first bytes are held against the MD5 of those that Drive has, before any that follow are given. */
function holding(
  body: Body,
  length: number,
  md5: string,
  where: ErrorDetails,
): ReadableStream<Uint8Array> {
  const sum = new BodyMd5();
  const stage = new GeneratorTransform(async function* (source) {
    for await (const piece of source) {
      if (sum.length < length) {
        await sum.add(piece.subarray(0, length - sum.length));
        if (sum.length === length && await sum.hex() !== md5) {
          throw new IntegrityError(
            `Drive has ${length} bytes of "${where.key}" that are not this body's: it is not the one that was begun, or they arrived damaged. ` +
              "Nothing was stored: resume with that body, or begin anew.",
            where,
          );
        }
      }
      yield unshared(piece);
    }
  });
  return (body instanceof Uint8Array ? streamOf(body) : body).pipeThrough(stage);
}
