/**
 * Takes what has not arrived of an upload that outlives its process, and makes an object of it.
 *
 * @module
 */
import { toBase64 } from "../../lib/base64.ts";
import { type Digest, newDigest } from "../../lib/checksums.ts";
import { IntegrityError, NotFoundError } from "../../lib/errors.ts";
import { hasCode, type OpenFile, readFully, unlessMissing, writeFully } from "../../lib/file_access.ts";
import type { Body, PutResult, ResumeUploadOptions, UploadToken } from "../backend.ts";
import { cancelUnread, checkReadable, drain } from "../body.ts";
import { checkUploadToken } from "../upload_token.ts";
import { commitLocked, installFile } from "./commit.ts";
import { guarded } from "./failures.ts";
import type { LocalRoot } from "./paths.ts";
import { BLOCK, blockEntry, BlockRecord, ProvenBlocks } from "./upload_blocks.ts";
import {
  type Begun,
  BLOCKS,
  DATA,
  idOf,
  type LocalStore,
  readBegun,
  removeUpload,
  STORED,
  uploadOf,
} from "./uploads.ts";
import { openLocalVersion } from "./version.ts";

/** Takes what has not arrived of an upload, and makes it an object. */
export async function resumeLocalUpload(
  store: LocalStore,
  token: UploadToken,
  body: Body,
  options: ResumeUploadOptions,
): Promise<PutResult> {
  // What the body's own source failed with is told as it is, whatever it looks like.
  const failures: unknown[] = [];
  try {
    const { key } = checkUploadToken(token, store);
    return await guarded(store, key, STORED, options.signal, async () => {
      const id = idOf(token);
      options.signal?.throwIfAborted();
      checkReadable(body, { key, bucket: store.bucket, committed: "no" });
      const root = await store.rootForWriting();
      if (!await root.holds(uploadOf(root, id))) return await completed(root, token, body, options, failures);
      const { directory } = uploadOf(root, id);
      // Held while bytes arrive: two processes that write one file would spoil it once one of them has put it into place.
      let isHeld = false;
      try {
        return await commitLocked(root.files, directory, options.signal, async () => {
          isHeld = true;
          const upload = await openUpload(root, directory, token);
          if (!upload) return await completed(root, token, body, options, failures);
          return await new Arriving(store, root, token, upload, options, failures).run(body);
        });
      } catch (error) {
        // Completed, or aborted, by somebody who came first.
        if (isHeld || !hasCode(error, "ENOENT")) throw error;
        return await completed(root, token, body, options, failures);
      }
    });
  } catch (error) {
    const reason = failures.length > 0 ? failures[0] : error;
    cancelUnread(body, reason);
    throw reason;
  }
}

/** An upload that was begun, and its data file. */
interface OpenUpload {
  readonly begun: Begun;
  readonly directory: string;
  readonly data: OpenFile;
}

async function openUpload(
  root: LocalRoot,
  directory: string,
  { key, size }: UploadToken,
): Promise<OpenUpload | undefined> {
  const begun = await readBegun(root, directory);
  if (begun?.key !== key || begun.size !== size) return undefined;
  const data = await unlessMissing(root.files.reopen(root.files.join(directory, DATA)));
  return data && { begun, directory, data };
}

/** What arrives of one upload. */
class Arriving {
  readonly #store: LocalStore;
  readonly #root: LocalRoot;
  readonly #token: UploadToken;
  readonly #upload: OpenUpload;
  readonly #options: ResumeUploadOptions;
  readonly #failures: unknown[];

  constructor(
    store: LocalStore,
    root: LocalRoot,
    token: UploadToken,
    upload: OpenUpload,
    options: ResumeUploadOptions,
    failures: unknown[],
  ) {
    this.#store = store;
    this.#root = root;
    this.#token = token;
    this.#upload = upload;
    this.#options = options;
    this.#failures = failures;
  }

  async run(body: Body): Promise<PutResult> {
    const { key, size } = this.#token;
    const { begun, directory, data } = this.#upload;
    const { signal, onProgress, onWarning, durable } = this.#options;
    const { metadata = {}, contentType, ifAbsent, ifMatch } = begun;
    try {
      const { size: there } = await data.stat();
      if (there > size) throw goneError(this.#root, key);
      await this.#take(body);
    } catch (error) {
      await data.close();
      throw error;
    }
    const path = this.#root.files.join(directory, DATA);
    const file = { path, file: data, entry: { metadata, contentType } };
    const result = await installFile(this.#root, key, file, durable || this.#store.durable, {
      ifAbsent,
      ifMatch,
      signal,
      onWarning,
    });
    // What can't be removed is listed, and can be aborted.
    await removeUpload(this.#root, idOf(this.#token)).catch(() => {});
    onProgress?.({ key, loaded: size, total: size, done: true });
    return result;
  }

  /** Writes what is not there, and proves that the rest is what was begun. */
  async #take(body: Body): Promise<void> {
    const { key, size } = this.#token;
    const { directory, data } = this.#upload;
    const { signal, bodyFrom } = this.#options;
    const { files } = this.#root;
    const path = files.join(directory, BLOCKS);
    const checksum = bodyFrom?.checksum;
    const digest = checksum && await newDigest(checksum.algorithm);
    const proven = await ProvenBlocks.read(files, path, data, size, { digest, signal });
    const count = proven.entries.length;
    // Blocks of which it is not known that all are of one version are held against the body each time.
    const rest = count > 0 && bodyFrom && proven.version === bodyFrom.version ? bodyFrom : undefined;
    const version = count === 0 || rest ? bodyFrom?.version : undefined;
    const record = await BlockRecord.open(files, path, { version, entries: proven.entries });
    try {
      // From the beginning, whoever gives the body holds it against the checksum.
      if (!rest) return await this.#drain(body, 0, proven.entries, record);
      cancelUnread(body);
      const offset = Math.min(size, count * BLOCK);
      this.#report(offset);
      if (offset < size) await this.#drain(rest.open(offset), offset, proven.entries, record, digest);
    } finally {
      await record.close();
    }
    // The store that gave the rest could not hold it against the checksum of the whole.
    if (!digest || toBase64(digest.digest()) === checksum?.value) return;
    throw new IntegrityError(
      `what has arrived of "${key}" in several goes is not what its ${checksum?.algorithm} checksum says. Abort it and begin anew.`,
      { key, bucket: this.#store.bucket, committed: "no" },
    );
  }

  async #drain(
    body: Body,
    offset: number,
    proven: readonly string[],
    record: BlockRecord,
    digest?: Digest,
  ): Promise<void> {
    const { key, size } = this.#token;
    const { signal } = this.#options;
    const block = new Uint8Array(Math.min(BLOCK, size - offset));
    let [index, filled, loaded] = [offset / BLOCK, 0, offset];
    const flush = async () => {
      const bytes = block.subarray(0, filled);
      const entry = await blockEntry(bytes);
      if (index >= proven.length) {
        await guarded(this.#store, key, STORED, signal, async () => {
          await writeFully(this.#upload.data, bytes, index * BLOCK);
          await record.add(index, entry);
        });
      } else if (proven[index] !== entry) throw this.#otherBody(index);
      digest?.update(bytes);
      loaded += filled;
      [index, filled] = [index + 1, 0];
      this.#report(loaded);
      signal?.throwIfAborted();
    };
    try {
      await drain(body, async (piece) => {
        for (let start = 0; start < piece.byteLength;) {
          const count = Math.min(piece.byteLength - start, block.byteLength - filled);
          block.set(piece.subarray(start, start + count), filled);
          [start, filled] = [start + count, filled + count];
          if (filled === block.byteLength) await flush();
        }
      }, { size: size - offset, signal });
      if (filled > 0) await flush();
    } catch (error) {
      this.#failures.push(error);
      throw error;
    }
  }

  #otherBody(index: number): IntegrityError {
    const { key } = this.#token;
    return new IntegrityError(
      `the bytes of "${key}" from ${
        index * BLOCK
      } on are not what they were when the upload was begun. Abort it and begin anew.`,
      { key, bucket: this.#store.bucket, committed: "no" },
    );
  }

  #report(loaded: number): void {
    const { key, size } = this.#token;
    this.#options.onProgress?.({ key, loaded, total: size, done: false });
  }
}

/** Tells of an upload that is over: its data file is the object's, and has the body's bytes. */
async function completed(
  root: LocalRoot,
  token: UploadToken,
  body: Body,
  { signal, onProgress, bodyFrom }: ResumeUploadOptions,
  failures: unknown[],
): Promise<PutResult> {
  const { key, size } = token;
  const id = idOf(token);
  const version = await openLocalVersion(root, key);
  if (!version) throw goneError(root, key);
  const { file, stat, etag } = version;
  try {
    if (stat.inode !== token.state.inode || stat.size !== size) throw goneError(root, key);
    const record = root.files.join(uploadOf(root, id).directory, BLOCKS);
    const proven = await ProvenBlocks.read(root.files, record, file, size, { signal });
    const isSame = bodyFrom !== undefined && proven.version === bodyFrom.version;
    if (!isSame || proven.entries.length < Math.ceil(size / BLOCK)) {
      await compare(root, file, token, body, signal).catch((error) => {
        failures.push(error);
        throw error;
      });
    } else cancelUnread(body);
  } finally {
    await file.close();
  }
  await removeUpload(root, id).catch(() => {});
  onProgress?.({ key, loaded: size, total: size, done: true });
  return { key, size, etag };
}

/** Throws unless a body has a file's bytes. */
async function compare(
  root: LocalRoot,
  file: OpenFile,
  { key, size }: UploadToken,
  body: Body,
  signal: AbortSignal | undefined,
): Promise<void> {
  let offset = 0;
  await drain(body, async (piece) => {
    for (let start = 0; start < piece.byteLength; start += BLOCK) {
      const given = piece.subarray(start, start + BLOCK);
      const bytes = new Uint8Array(given.byteLength);
      const length = await readFully(file, bytes, offset);
      if (length < bytes.byteLength || given.some((byte, i) => byte !== bytes[i])) {
        throw new IntegrityError(
          `the upload of "${key}" was completed with other bytes than these, or its object was changed since. Begin anew.`,
          { key, bucket: root.path, committed: "no" },
        );
      }
      offset += length;
    }
  }, { size, signal });
}

function goneError(root: LocalRoot, key: string): NotFoundError {
  return new NotFoundError(
    `there is no upload of "${key}" in ${root.path} any more: it was aborted, or its object replaced. Begin anew.`,
    { key, bucket: root.path, committed: "no" },
  );
}
