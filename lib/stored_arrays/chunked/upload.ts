import type { Backend, OnProgress } from "../../../backends/backend.ts";
import type { Chunk } from "../../array/chunks/mod.ts";
import { type NDArray, rawMetadata } from "../../array/mod.ts";
import { CottonCandyError, PartialFailureError } from "../../errors.ts";
import { messageOf } from "../../error_context.ts";
import {
  type Compression,
  mayBeStored,
  putObject,
  removeKeys,
  type WriteOptions,
} from "../../objects/mod.ts";
import { forEachConcurrent } from "../../streams/mod.ts";
import { warnOncePerKind } from "../../warnings.ts";
import { chooseCodec } from "../compression.ts";
import { itemsBody } from "../raw.ts";
import { GENERATION_KEY } from "./metadata.ts";

/** Adds up the progress of many objects that are transferred at once, as that of one. */
export class PartsProgress {
  readonly #key: string;
  readonly #report: OnProgress;
  readonly #total: number | undefined;
  #loaded = 0;

  /**
   * @param key What is reported as transferred.
   * @param total Bytes in all, where known.
   */
  constructor(key: string, report: OnProgress, total?: number) {
    this.#key = key;
    this.#report = report;
    this.#total = total;
  }

  /** What receives the progress of one of the objects. */
  part(): OnProgress {
    let before = 0;
    return ({ loaded }) => {
      if (loaded === before) return;
      this.#loaded += loaded - before;
      before = loaded;
      this.#tell(false);
    };
  }

  /** Reports that all is done. */
  finish(): void {
    this.#tell(true);
  }

  #tell(done: boolean): void {
    const total = this.#total ?? (done ? this.#loaded : undefined);
    this.#report({ key: this.#key, loaded: this.#loaded, ...(total !== undefined && { total }), done });
  }
}

// The parts of a chunked array on their way to the store, and out of it again where the upload fails.

/** Options of {@linkcode PartsUpload}. */
export interface PartsUploadOptions extends Omit<WriteOptions, "onProgress"> {
  readonly compression?: Compression;
  readonly level?: number;
  /** How many parts at once. */
  readonly concurrency: number;
  /** What all parts and their metadata have in common. */
  readonly generation: string;
  readonly progress?: PartsProgress;
}

/** Stores parts, and remembers what has to be removed if they are to be no array. */
export class PartsUpload {
  readonly #backend: Backend;
  readonly #options: PartsUploadOptions;
  /** Keys under which something of ours may be stored. */
  readonly #stored = new Set<string>();
  #size = 0;
  #raw = true;
  #fields: NDArray["fields"];

  /** An upload of no parts yet. */
  constructor(backend: Backend, options: PartsUploadOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  /** Stored bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Whether all parts are stored raw. */
  get raw(): boolean {
    return this.#raw;
  }

  /** The fields of a structured dtype. */
  get fields(): NDArray["fields"] {
    return this.#fields;
  }

  /** Stores chunks under the keys of their numbers. */
  async store(chunks: AsyncIterable<Chunk>, keyOf: (number: number) => string): Promise<void> {
    const { concurrency, signal } = this.#options;
    await forEachConcurrent(chunks, async ({ cell, array, release }, _, ended) => {
      try {
        await this.#put(keyOf(cell.number), array, ended);
      } finally {
        release();
      }
    }, { concurrency, signal });
  }

  async #put(key: string, array: NDArray, signal: AbortSignal): Promise<void> {
    const { acl, overwrite, concurrency, onWarning, compression = true, level, generation, progress } =
      this.#options;
    const codec = await chooseCodec(array, compression, level);
    const { body, size } = itemsBody(array, codec, level);
    const metadata = { ...rawMetadata(array, codec), [GENERATION_KEY]: generation };
    this.#fields ??= array.fields;
    this.#stored.add(key);
    try {
      const options = { acl, overwrite, concurrency, onWarning, signal, size, onProgress: progress?.part() };
      const result = await putObject(this.#backend, key, body, metadata, options);
      this.#size += result.size;
      if (codec !== false) this.#raw = false;
    } catch (error) {
      if (!mayBeStored(error)) this.#stored.delete(key);
      throw error;
    }
  }

  /**
   * Removes all parts after a failure.
   *
   * @returns What to throw: the failure itself where nothing was left, and where it is what the caller aborted with.
   */
  async undo(error: unknown, folder: string): Promise<unknown> {
    const { signal, onWarning = warnOncePerKind } = this.#options;
    // It may be that all is stored: then the parts are needed.
    if (error instanceof CottonCandyError && error.key !== undefined && mayBeStored(error)) {
      if (!this.#stored.has(error.key)) return error;
    }
    const keys = [...this.#stored];
    const failed = await removeKeys(this.#backend, keys);
    if (failed.length === 0) return error;
    const left = new Set(failed.map(({ key }) => key));
    const removed = keys.filter((key) => !left.has(key));
    const message = messageOf(error);
    const partial = new PartialFailureError(
      `the upload of "${folder}" failed (${message}); of the parts that it had stored, removed`,
      removed,
      failed,
      { key: folder, bucket: this.#backend.bucket, committed: "no", cause: error },
    );
    if (!signal?.aborted || error !== signal.reason) return partial;
    onWarning({ kind: "leftover", key: folder, message: partial.message });
    return error;
  }

  /** Removes the parts of an array that this one has replaced; what can't be removed is warned of. */
  async removeOld(keys: readonly string[], folder: string): Promise<void> {
    const { onWarning = warnOncePerKind } = this.#options;
    const failed = await removeKeys(this.#backend, keys.filter((key) => !this.#stored.has(key)));
    if (failed.length === 0) return;
    const [{ key, error }] = failed;
    onWarning({
      kind: "leftover",
      key: folder,
      message:
        `"${folder}" is replaced, but ${failed.length} parts of the old array could not be removed, the first of them "${key}": ${error.message}`,
    });
  }
}
