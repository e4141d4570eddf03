/**
 * The parts of a sparse array on their way to the store, and out of it again where the upload fails.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { type NDArray, rawMetadata } from "../array/mod.ts";
import { CottonCandyError, PartialFailureError } from "../errors.ts";
import { messageOf } from "../thrown.ts";
import { warnOncePerKind } from "../warnings.ts";
import { metadataKey } from "./array_description.ts";
import { chooseCodec } from "./compression.ts";
import { putObject } from "./objects.ts";
import type { PartsProgress } from "./parts_progress.ts";
import type { RawWriteOptions } from "./raw.ts";
import { itemsBody } from "./raw_items.ts";
import { mayBeStored, removeKeys } from "./undo.ts";

/** Stores parts, and remembers what has to be removed if they are to be no array. */
export class SparseUpload {
  readonly #backend: Backend;
  readonly #folder: string;
  readonly #options: RawWriteOptions;
  readonly #progress: PartsProgress | undefined;
  /** Keys under which something of ours may be stored. */
  readonly #stored = new Set<string>();
  /** Stored bytes so far. */
  size = 0;

  /** An upload of no parts yet. */
  constructor(
    backend: Backend,
    folder: string,
    options: RawWriteOptions,
    progress: PartsProgress | undefined,
  ) {
    this.#backend = backend;
    this.#folder = folder;
    this.#options = options;
    this.#progress = progress;
  }

  /** Stores a part. */
  async put(part: string, array: NDArray, signal: AbortSignal): Promise<void> {
    const { acl, overwrite, concurrency, onWarning, metadata: own, compression = true, level } =
      this.#options;
    const key = this.#keyOf(part);
    const codec = await chooseCodec(array, compression, level);
    const { body, size } = itemsBody(array, codec, level);
    const put = { acl, overwrite, concurrency, onWarning, signal, size, onProgress: this.#progress?.part() };
    this.#stored.add(key);
    try {
      const metadata = { ...rawMetadata(array, codec), ...own };
      const stored = await putObject(this.#backend, key, body, metadata, put);
      // Only now: other parts have been added meanwhile.
      this.size += stored.size;
    } catch (error) {
      if (!mayBeStored(error)) this.#stored.delete(key);
      throw error;
    }
  }

  /**
   * Removes what was stored.
   *
   * @param before The names of the parts of the array that was here.
   * @returns What to throw: the failure itself where nothing was left, and where it is what the caller aborted with.
   */
  async undo(error: unknown, before: readonly string[] = []): Promise<unknown> {
    const ofMetadata = error instanceof CottonCandyError && error.key === metadataKey(this.#folder);
    // It may be that all is stored: then the parts are needed.
    if (this.#stored.size === 0 || (ofMetadata && mayBeStored(error))) return error;
    const keys = [...this.#stored];
    const failed = await removeKeys(this.#backend, keys);
    if (before.some((part) => this.#stored.has(this.#keyOf(part)))) {
      this.#warn(
        "the upload that failed had replaced parts of the array that was here: store it again, or remove it",
      );
    }
    if (failed.length === 0) return error;
    const removed = keys.filter((key) => !failed.some((left) => left.key === key));
    const message = messageOf(error);
    const partial = new PartialFailureError(
      `the upload of "${this.#folder}" failed (${message}); of the parts that it had stored, removed`,
      removed,
      failed,
      { key: this.#folder, bucket: this.#backend.bucket, committed: "no", cause: error },
    );
    const { signal } = this.#options;
    if (!signal?.aborted || error !== signal.reason) return partial;
    this.#warn(partial.message);
    return error;
  }

  /** Removes those parts of an array that is replaced which the new one doesn't have. */
  async removeOld(parts: readonly string[]): Promise<void> {
    const keys = parts.map((part) => this.#keyOf(part)).filter((key) => !this.#stored.has(key));
    const failed = await removeKeys(this.#backend, keys);
    if (failed.length === 0) return;
    const [{ key, error }] = failed;
    this.#warn(
      `${failed.length} parts of the array that was here could not be removed, the first of them "${key}": ${error.message}`,
    );
  }

  #keyOf(part: string): string {
    return `${this.#folder}/${part}`;
  }

  #warn(message: string): void {
    const { onWarning = warnOncePerKind } = this.#options;
    onWarning({ kind: "leftover", key: this.#folder, message: `"${this.#folder}": ${message}` });
  }
}
