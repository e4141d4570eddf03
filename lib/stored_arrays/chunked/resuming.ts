/**
 * Uploads of chunked arrays that are taken up where they were broken off, by another process too. Loaded when one is asked for.
 *
 * A chunk carries a digest of its items: what has it is not sent again, and not even compressed again, whether or not the store knows checksums or encrypts.
 *
 * @module
 */
import type { Backend, ObjectHead, RequestOptions, UploadToken } from "../../../backends/backend.ts";
import { storeIdentity } from "../../../backends/upload_token.ts";
import { rawMetadata } from "../../array/formats/mod.ts";
import { bytesOf, type NDArray } from "../../array/mod.ts";
import { toHex } from "../../base64.ts";
import { newDigest } from "../../checksums.ts";
import { messageOf } from "../../error_context.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  IntegrityError,
  PreconditionFailedError,
} from "../../errors.ts";
import { CONCURRENCY, userMetadata } from "../../objects/mod.ts";
import {
  abortPending,
  chunkEntries,
  chunksOf,
  chunksToken,
  digestOfJson,
  dropRecord,
  isChunkOf,
  isRemembered,
  keptError,
  readRecord,
  recordName,
  type RecordPlace,
  removeChunks,
  type ResumeStore,
  resumeStoreOf,
  type UploadedChunks,
} from "../../objects/resuming/mod.ts";
import { forEachConcurrent } from "../../streams/mod.ts";
import { warnOncePerKind } from "../../warnings.ts";
import type { ChunkPlan } from "../chunk_plan.ts";
import { type ExistingParts, existingParts } from "../existing_parts.ts";
import { GENERATION_KEY, metadataKey } from "../folder.ts";
import type { FoundPart, KeptUpload } from "../folder_upload.ts";
import { type ChunkedWriteOptions, firstFree } from "./writing.ts";

/** The metadata key of the digest by which a chunk is known again. */
const DIGEST_KEY = "cc-digest";
/** Bytes of a digest that are kept. */
const DIGEST_BYTES = 16;

/** An upload that is begun or taken up, and what it found in its folder. */
export interface KeptChunks extends Pick<UploadedChunks, "generation" | "first"> {
  /** The array that is there already. */
  readonly existing: ExistingParts;
  /** What keeps the upload. */
  readonly kept: KeptUpload;
}

/**
 * Takes up the upload that is remembered of this folder, or begins one and remembers it.
 *
 * @throws {AccessDeniedError} where credentials may write and not read: what has arrived could not be seen.
 */
export async function keepChunks(
  backend: Backend,
  folder: string,
  { dtype, fields, grid, byteLength }: ChunkPlan,
  options: ChunkedWriteOptions,
  resume: true | ResumeStore,
): Promise<KeptChunks> {
  const { signal, onWarning } = options;
  const store = resumeStoreOf(resume);
  const key = metadataKey(folder);
  const place = { store, name: await recordName(backend, key, "chunks") };
  const { acl = null, contentType = null, storageClass = null, tags = {}, overwrite = true } = options;
  const { compression = true, level = null } = options;
  const fingerprint = await digestOfJson([rawMetadata({ dtype, fields, shape: [] }, false), {
    shape: [...grid.shape],
    chunks: grid.chunks.map((lengths) => [...lengths]),
    compression,
    level,
    metadata: userMetadata(options.metadata),
    acl,
    contentType,
    storageClass,
    tags: { ...tags },
    overwrite,
  }]);
  const upload = new Upload(backend, folder, place, options);
  const record = await readRecord(store, place.name, "dropped", onWarning);
  if (record) {
    const { token, source } = record;
    const chunks = token.store === storeIdentity(backend) && token.key === key ? chunksOf(token) : undefined;
    if (chunks && source.fingerprint === fingerprint && chunks.count === grid.count) {
      const own = { generation: chunks.generation, has: (name: string) => isChunkOf(chunks, name) };
      const existing = await existingParts(backend, folder, options, { own, mustSee: true });
      const isComplete = existing.generation === chunks.generation;
      if (isComplete || !existing.referred.some(own.has)) {
        return {
          ...chunks,
          existing,
          kept: upload.keep(token, chunks, isComplete ? "complete" : "taken up"),
        };
      }
      upload.warn("it begins anew: another array has been stored there since, with parts of the same names");
    } else {
      upload.warn(
        "it begins anew: the array's dtype, shape or chunks, or an option, are not what they were when the upload was begun",
      );
    }
    await upload.end(token, chunks);
  }
  const existing = await existingParts(backend, folder, options, { mustSee: true });
  const { count } = grid;
  const chunks = {
    folder,
    generation: crypto.randomUUID(),
    first: firstFree(count, existing.names),
    count,
    salt: crypto.randomUUID(),
  };
  const token = chunksToken(backend, chunks, byteLength);
  signal?.throwIfAborted();
  await store.set(place.name, { version: 1, token, source: { id: "", fingerprint } });
  return { ...chunks, existing, kept: upload.keep(token, chunks, "begun") };
}

/**
 * How far an upload was when it was last looked at: `begun` here, so that nothing of it was stored before; `taken up`; or `complete`, so that only its record was left: then nothing of
 * it is replaced, since readers would see a mixture.
 */
type Stage = "begun" | "taken up" | "complete";

/** What can be done with the upload of a record. */
class Upload {
  readonly #backend: Backend;
  readonly #folder: string;
  readonly #place: RecordPlace;
  readonly #options: ChunkedWriteOptions;
  /** Digests of the chunks that are stored, by their keys. */
  readonly #digests = new Map<string, string>();

  constructor(backend: Backend, folder: string, place: RecordPlace, options: ChunkedWriteOptions) {
    this.#backend = backend;
    this.#folder = folder;
    this.#place = place;
    this.#options = options;
  }

  /** What keeps it. */
  keep(token: UploadToken, chunks: UploadedChunks, begunAt: Stage): KeptUpload {
    let stage = begunAt;
    let isOver = false;
    // By the store's clock: what is begun from now on is this process's own, or another's that lives.
    const since = Date.now() + (this.#backend.clockOffset?.()?.most ?? 0);
    const over = (error: CottonCandyError) => {
      isOver = true;
      return error;
    };
    // Another process that has the record may have completed the upload since, or ended it.
    const look = async () => {
      if (stage === "complete" || await isRemembered(this.#place, token)) return;
      if (!isOf(await this.#backend.head(token.key, this.#requests), chunks)) {
        throw over(endedError(this.#folder));
      }
      stage = "complete";
    };
    return {
      find: async (key, array, signal): Promise<FoundPart> => {
        const mark = await this.#markOf(key, array, chunks.salt);
        await look();
        if (stage === "begun") return { mark, isOwn: false };
        const head = await this.#backend.head(key, { ...this.#requests, signal });
        const isOwn = isOf(head, chunks);
        if (head && isOwn && head.metadata[DIGEST_KEY] === mark[DIGEST_KEY]) return { mark, isOwn, head };
        if (stage === "complete") throw over(otherArrayError(this.#folder));
        return { mark, isOwn };
      },
      check: async (stored) => {
        await this.#check(stored, chunks);
        await look();
        return stage === "complete" ? await this.#backend.head(token.key, this.#requests) : undefined;
      },
      done: async () => {
        if (begunAt !== "begun") await abortPending(this.#backend, chunks, new Date(since), this.#requests);
        await this.#forget(token);
      },
      failed: async (error, isEmpty) => {
        if (begunAt === "begun" && isEmpty) {
          await this.#forget(token);
          return error;
        }
        if (isOver || error instanceof AlreadyExistsError) {
          await this.end(token, chunks);
          return error;
        }
        // A chunk may be stored; the array is not.
        const ofChunk = error instanceof CottonCandyError && error.key !== token.key;
        return keptError(error, this.#place.name, ofChunk ? "no" : undefined);
      },
    };
  }

  /** Ends one that doesn't fit any more; what can't be removed is told. */
  async end(token: UploadToken, chunks: UploadedChunks | undefined): Promise<void> {
    try {
      if (chunks) await removeChunks(this.#backend, chunks, { onWarning: this.#options.onWarning });
    } catch (error) {
      this.warn(`what it had stored could not be removed: ${messageOf(error)}`, "leftover");
    }
    await this.#forget(token);
  }

  /** Tells of the upload. */
  warn(message: string, kind: "resume" | "leftover" = "resume"): void {
    const { onWarning = warnOncePerKind } = this.#options;
    onWarning({ kind, key: this.#folder, message: `the upload of "${this.#folder}": ${message}` });
  }

  get #requests(): RequestOptions {
    const { signal, onWarning } = this.#options;
    return { signal, onWarning };
  }

  /**
   * Makes sure, before anything says that the array is complete, that each chunk is what was proven or sent: another process may be at the same upload with another array.
   *
   * @throws {IntegrityError} when one is not.
   */
  async #check(stored: ReadonlyMap<string, string | undefined>, chunks: UploadedChunks): Promise<undefined> {
    const unseen = new Map(stored);
    try {
      for await (const { key, etag } of chunkEntries(this.#backend, chunks.folder, this.#requests)) {
        if (etag !== undefined && unseen.get(key) === etag) unseen.delete(key);
      }
    } catch (error) {
      // Who may read need not be allowed to list.
      if (!(error instanceof AccessDeniedError)) throw error;
    }
    const { signal, onWarning, concurrency = CONCURRENCY } = this.#options;
    await forEachConcurrent([...unseen.keys()], async (key, _, signal) => {
      const head = await this.#backend.head(key, { signal, onWarning });
      // Another process that is at the same array has sent the same.
      if (isOf(head, chunks) && head?.metadata[DIGEST_KEY] === this.#digests.get(key)) return;
      throw new IntegrityError(
        `"${key}" is no longer what was stored there: another process is at the same upload, or has removed it. Call again when it is done`,
        { key, committed: "no" },
      );
    }, { concurrency, signal });
  }

  /** The metadata by which a chunk is known again: the salted digest of what it is and of its items, in the order in which they are stored. */
  async #markOf(key: string, array: NDArray, salt: string): Promise<Record<string, string>> {
    const digest = await newDigest("SHA256");
    digest.update(new TextEncoder().encode(JSON.stringify([salt, rawMetadata(array, false)])));
    for await (const piece of bytesOf(array)) digest.update(piece);
    const value = toHex(digest.digest().subarray(0, DIGEST_BYTES));
    this.#digests.set(key, value);
    return { [DIGEST_KEY]: value };
  }

  async #forget(token: UploadToken): Promise<void> {
    try {
      await dropRecord(this.#place, token);
    } catch (error) {
      this.warn(
        `its record could not be removed from the resume store: ${messageOf(error)}`,
        "leftover",
      );
    }
  }
}

function otherArrayError(folder: string): IntegrityError {
  return new IntegrityError(
    `the upload of "${folder}" that is remembered was complete, and is of another array than the one given now: it stays as it is. It is forgotten: call again, and the array is replaced`,
    { key: folder, committed: "no" },
  );
}

function endedError(folder: string): PreconditionFailedError {
  return new PreconditionFailedError(
    `the upload of "${folder}" was ended by another process, by abortUploads or since it was called with another array: nothing of it is left`,
    { key: folder, committed: "no" },
  );
}

function isOf(head: ObjectHead | undefined, { generation }: UploadedChunks): boolean {
  return head?.metadata[GENERATION_KEY] === generation;
}
