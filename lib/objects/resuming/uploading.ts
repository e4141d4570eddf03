/**
 * Uploads that are taken up where they were broken off, by another process too.
 *
 * @module
 */
import { isResumable, type ResumableStore } from "../../../backends/arguments.ts";
import type { Backend, BodyFrom, UploadToken } from "../../../backends/backend.ts";
import { storeIdentity } from "../../../backends/upload_token.ts";
import { wrongLimit } from "../../../backends/options.ts";
import {
  AlreadyExistsError,
  type Committed,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../errors.ts";
import { errorOf, messageOf } from "../../error_context.ts";
import { type OnWarning, warnOncePerKind } from "../../warnings.ts";
import { objectKey } from "../keys.ts";
import { checkMetadataSize, storableMetadata } from "../metadata.ts";
import type { PutObjectOptions, UploadResult } from "../options.ts";
import { resumeStoreOf } from "./file_store.ts";
import {
  digestOfJson,
  dropRecord,
  readRecord,
  recordName,
  type RecordPlace,
  type ResumeRecord,
  type ResumeSource,
  type ResumeStore,
} from "./record.ts";

/** Bytes up to which an object is sent in one go where nothing is said of parts: there is nothing to be taken up. */
const ONE_PART = 8 * 1024 * 1024;

/** What is uploaded. */
export interface ResumableBody extends ResumeSource {
  /** Bytes. */
  readonly size: number;
  /** Tells these bytes from any others, for stores that encrypt; absent where nothing does, as of a stream. */
  readonly source?: string;
  /** The version that these are the bytes of, where it can be read from anywhere. */
  readonly bodyFrom?: BodyFrom;
  /** The bytes from the beginning; `undefined` where they can't be had once more. */
  open(): ReadableStream<Uint8Array> | undefined;
}

/**
 * Stores an object by an upload that `resume` remembers until it is complete: what an earlier one has sent is not sent again. One that was begun with another source or
 * other options is ended first, and a warning says so.
 *
 * @param body What to store.
 * @param metadata A format's own and the user's.
 * @throws {UnsupportedError} where the store can't take uploads up.
 */
export async function uploadResumably(
  backend: Backend,
  name: string,
  body: ResumableBody,
  metadata: Readonly<Record<string, string>>,
  options: PutObjectOptions,
  resume: ResumeStore,
): Promise<UploadResult> {
  if (!isResumable(backend)) {
    throw new UnsupportedError(
      `${backend.name} can't take up an upload that was broken off: leave \`resume\` away`,
      { bucket: backend.bucket, committed: "no" },
    );
  }
  const wrong = wrongLimit(options);
  if (wrong !== undefined) throw new InvalidArgumentError(wrong, { committed: "no" });
  const key = await objectKey(backend, name, options);
  const stored = storableMetadata(metadata);
  checkMetadataSize(stored, backend.capabilities.metadataLimit, key);
  const memory = { store: resume, name: await recordName(backend, key, body.id) };
  // What is told to the store when the upload begins can't be told to it later.
  const {
    acl = null,
    contentType = null,
    storageClass = null,
    tags = {},
    partSize = null,
    overwrite = true,
  } = options;
  const fingerprint = await digestOfJson(
    [body.fingerprint, body.size, {
      metadata: stored,
      acl,
      contentType,
      storageClass,
      tags,
      partSize,
      overwrite,
    }],
  );
  const source = { id: body.id, fingerprint };
  const upload = new ResumableUpload(backend, key, body, stored, options, memory, source);
  return { ...await upload.run(), metadata: stored };
}

/**
 * Stores a stream by an upload that is remembered until it is complete. A stream has no name by which it would be known again: it must give the same bytes.
 *
 * @throws {InvalidArgumentError} where its length is not known.
 */
export async function uploadStreamResumably(
  backend: Backend,
  name: string,
  stream: ReadableStream<Uint8Array>,
  metadata: Readonly<Record<string, string>>,
  options: PutObjectOptions,
  resume: true | ResumeStore,
): Promise<UploadResult> {
  const { size } = options;
  if (size === undefined) {
    throw new InvalidArgumentError("a stream can be taken up only where its length is known: give `size`", {
      committed: "no",
    });
  }
  let taken = false;
  const open = () => {
    if (taken) return undefined;
    taken = true;
    return stream;
  };
  const body = { id: "", fingerprint: "", size, open };
  return await uploadResumably(backend, name, body, metadata, options, resumeStoreOf(resume));
}

class ResumableUpload {
  readonly #backend: ResumableStore;
  readonly #key: string;
  readonly #body: ResumableBody;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #options: Omit<PutObjectOptions, "size">;
  readonly #memory: RecordPlace;
  readonly #source: ResumeSource;

  constructor(
    backend: ResumableStore,
    key: string,
    body: ResumableBody,
    metadata: Readonly<Record<string, string>>,
    options: Omit<PutObjectOptions, "size">,
    memory: RecordPlace,
    source: ResumeSource,
  ) {
    this.#backend = backend;
    this.#key = key;
    this.#body = body;
    this.#metadata = metadata;
    this.#options = options;
    this.#memory = memory;
    this.#source = source;
  }

  async run(): Promise<Omit<UploadResult, "metadata">> {
    const { signal, concurrency, onWarning, onProgress, partSize, durable } = this.#options;
    const begun = await this.#begun();
    if (begun === undefined && this.#body.size <= (partSize ?? ONE_PART)) return await this.#putWhole();
    const token = begun ?? await this.#begin();
    const send = async (token: UploadToken, reading: Reading) => {
      const { source, bodyFrom } = this.#body;
      const options = { signal, concurrency, onWarning, onProgress, source, bodyFrom, durable };
      const result = await this.#backend.resumeUpload(token, reading.stream, options);
      await this.#forget(token);
      return result;
    };
    const reading = new Reading(this.#opened());
    try {
      return await send(token, reading);
    } catch (error) {
      if (begun === undefined || signal?.aborted || reading.failed || !isForAnew(error)) {
        throw await this.#failed(error, token);
      }
      const again = reading.started ? this.#body.open() : reading.source;
      if (again === undefined) throw await this.#failed(error, token);
      this.#warn(`it begins anew, since it could not be taken up: ${messageOf(error)}`);
      await this.#end(token);
      const next = await this.#begin();
      try {
        return await send(next, new Reading(again));
      } catch (error) {
        throw await this.#failed(error, next);
      }
    }
  }

  #opened(): ReadableStream<Uint8Array> {
    const stream = this.#body.open();
    if (stream) return stream;
    throw new InvalidArgumentError("the stream to upload was read before", { committed: "no" });
  }

  /** The upload that is to be taken up; one that doesn't fit any more is ended. */
  async #begun(): Promise<UploadToken | undefined> {
    const { store, name } = this.#memory;
    const record = await readRecord(store, name, "dropped", this.#options.onWarning);
    if (record === undefined) return undefined;
    const { token, source } = record;
    if (
      token.store === storeIdentity(this.#backend) && token.key === this.#key &&
      token.size === this.#body.size &&
      source.id === this.#source.id && source.fingerprint === this.#source.fingerprint
    ) return token;
    const what = this.#body.id === "" ? "the stream's length" : this.#body.id;
    this.#warn(`it begins anew: ${what}, or an option, is not what it was when the upload was begun`);
    await this.#end(token);
    return undefined;
  }

  async #begin(): Promise<UploadToken> {
    const { overwrite, concurrency: _concurrency, onProgress: _onProgress, durable: _durable, ...rest } =
      this.#options;
    const token = await this.#backend.startUpload(this.#key, {
      ...rest,
      size: this.#body.size,
      source: this.#body.source,
      metadata: this.#metadata,
      ifAbsent: overwrite === false,
    });
    const record: ResumeRecord = { version: 1, token, source: this.#source };
    try {
      await this.#memory.store.set(this.#memory.name, record);
    } catch (error) {
      await this.#abort(token);
      throw error;
    }
    return token;
  }

  async #putWhole(): Promise<Omit<UploadResult, "metadata">> {
    const { overwrite, ...rest } = this.#options;
    return await this.#backend.put(this.#key, this.#opened(), {
      ...rest,
      size: this.#body.size,
      metadata: this.#metadata,
      ifAbsent: overwrite === false,
    });
  }

  /** What to throw: where going on can't help nothing is left, else the error says how to go on. */
  async #failed(error: unknown, token: UploadToken): Promise<unknown> {
    const isHopeless = error instanceof AlreadyExistsError || error instanceof PreconditionFailedError ||
      // Of what is gone: the upload, its bucket, the file that it was to replace (on Drive), what the bytes came from. In all but the first it is still kept.
      error instanceof NotFoundError;
    if (isHopeless) {
      await this.#end(token);
      return error;
    }
    return keptError(error, this.#memory.name);
  }

  /** Ends an upload, and forgets it. */
  async #end(token: UploadToken): Promise<void> {
    await this.#abort(token);
    await this.#forget(token);
  }

  async #abort(token: UploadToken): Promise<void> {
    try {
      await this.#backend.abortUpload(token, { onWarning: this.#options.onWarning });
    } catch (error) {
      this.#tell(
        "leftover",
        `an upload that was begun before could not be ended, and what it has sent may be left: ${
          messageOf(error)
        }`,
      );
    }
  }

  async #forget(token: UploadToken): Promise<void> {
    try {
      await dropRecord(this.#memory, token);
    } catch (error) {
      this.#tell("leftover", `its record could not be removed from the resume store: ${messageOf(error)}`);
    }
  }

  #warn(message: string): void {
    this.#tell("resume", message);
  }

  #tell(kind: "resume" | "leftover", message: string): void {
    const { onWarning = warnOncePerKind }: { onWarning?: OnWarning } = this.#options;
    onWarning({ kind, key: this.#key, message: `the upload of "${this.#key}": ${message}` });
  }
}

/**
 * What to throw where an upload is kept: an error that says how to go on.
 *
 * @param record The name of its record.
 * @param committed What became of the whole; default what the failure says.
 */
export function keptError(error: unknown, record: string, committed?: Committed): unknown {
  if (!(error instanceof CottonCandyError) || error.code === "Partial") return error;
  const { code, message, key, bucket } = error;
  if (error.committed === "yes" && committed === undefined) return error;
  return errorOf(
    code,
    `${message}. What has arrived of it is kept: the same call goes on there, and abortUploads({ resume, olderThan }) ends it`,
    { key, bucket, committed: committed ?? error.committed, resume: record, cause: error },
  );
}

/** Whether a failure to take an upload up says that there is none, or that it is of other bytes. */
function isForAnew(error: unknown): boolean {
  return error instanceof NotFoundError || error instanceof IntegrityError ||
    error instanceof InvalidArgumentError;
}

/** A body that is being read, of which it is known whether it has begun, and whether it failed itself. Cancelled before it begins, the source is still whole. */
class Reading {
  readonly source: ReadableStream<Uint8Array>;
  readonly stream: ReadableStream<Uint8Array>;
  started = false;
  failed = false;

  constructor(source: ReadableStream<Uint8Array>) {
    this.source = source;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    this.stream = new ReadableStream({
      pull: async (controller) => {
        this.started = true;
        reader ??= source.getReader();
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          this.failed = true;
          throw error;
        }
      },
      cancel: async (reason) => await reader?.cancel(reason),
    }, { highWaterMark: 0 });
  }
}
