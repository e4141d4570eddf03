/**
 * Uploads of arrays that are folders: the parts, and then `metadata.json`, which makes them an array; or a rollback, where one of them fails.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import { messageOf } from "../error_context.ts";
import { CottonCandyError, PartialFailureError } from "../errors.ts";
import { exactKey, mayBeStored, putObject, removeKeys, type UploadResult } from "../objects/mod.ts";
import { warnOncePerKind } from "../warnings.ts";
import { type CodecStages, codecStages } from "./codec_stages.ts";
import { GENERATION_KEY, metadataKey } from "./folder.ts";
import type { RawWriteOptions } from "./raw.ts";
import { rawBody, withFittingFields } from "./raw_body.ts";
import { PartsProgress } from "./reading.ts";

/** An upload's `metadata.json`. */
export interface FolderMetadata {
  /** What it says. */
  readonly text: string;
  /** The metadata of the object itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An upload of parts to one folder. */
export class PartsUpload {
  readonly #backend: Backend;
  readonly #folder: string;
  readonly #generation: string;
  readonly #options: RawWriteOptions;
  readonly #byteLength: number;
  #codecs: Promise<CodecStages> | undefined;
  readonly #progress: PartsProgress | undefined;
  /** Keys under which something of ours may be stored. */
  readonly #stored = new Set<string>();
  #size = 0;
  #raw = true;
  #fields: NDArray["fields"];

  /**
   * An upload of no parts yet.
   *
   * @param generation What all parts and their metadata have in common.
   * @param options User metadata and the content type are those of `metadata.json`; the others hold for all objects.
   * @param byteLength Bytes of all parts together, as they are when they are not compressed.
   */
  constructor(
    backend: Backend,
    folder: string,
    generation: string,
    options: RawWriteOptions,
    byteLength: number,
  ) {
    this.#backend = backend;
    this.#folder = folder;
    this.#generation = generation;
    this.#options = options;
    this.#byteLength = byteLength;
    this.#progress = options.onProgress && new PartsProgress(folder, options.onProgress);
  }

  /** Whether all parts so far are stored raw. */
  get raw(): boolean {
    return this.#raw;
  }

  /** The fields of the parts' structured dtype. */
  get fields(): NDArray["fields"] {
    return this.#fields;
  }

  /**
   * Stores an array.
   *
   * @param existing The names of the parts of the array that is replaced; those that the new one doesn't have are removed at the end.
   * @param putParts Stores all parts, and gives what `metadata.json` is to say of them.
   * @returns The key, etag, version and metadata of `metadata.json`, and the stored bytes of all objects.
   */
  async run(existing: readonly string[], putParts: () => Promise<FolderMetadata>): Promise<UploadResult> {
    const { acl, storageClass, tags, contentType, overwrite, signal, onWarning } = this.#options;
    let result: UploadResult;
    try {
      const { text, metadata } = await putParts();
      const put = {
        acl,
        storageClass,
        tags,
        contentType,
        overwrite,
        signal,
        onWarning,
        onProgress: this.#progress?.part(),
      };
      result = await putObject(
        this.#backend,
        exactKey(this.#backend, metadataKey(this.#folder)),
        text,
        metadata,
        put,
      );
    } catch (error) {
      throw await this.#rollback(error, existing);
    } finally {
      (await this.#codecs)?.close();
    }
    // The array is complete from here on, come what may.
    await this.#removeReplaced(existing);
    this.#progress?.finish();
    return { ...result, size: result.size + this.#size };
  }

  /** Stores a part; for `putParts`. */
  async put(name: string, array: NDArray, signal: AbortSignal): Promise<void> {
    const { acl, storageClass, tags, overwrite, concurrency, onWarning } = this.#options;
    const key = exactKey(this.#backend, this.#keyOf(name));
    const { body, size, metadata, isRaw } = await rawBody(array, this.#options, await this.#openCodecs());
    this.#fields ??= array.fields;
    this.#stored.add(key);
    try {
      const put = {
        acl,
        storageClass,
        tags,
        overwrite,
        concurrency,
        onWarning,
        signal,
        size,
        onProgress: this.#progress?.part(),
      };
      // Who has many fields was warned of it, of the folder's `metadata.json`.
      const marked = { ...metadata, [GENERATION_KEY]: this.#generation };
      const own = withFittingFields(marked, this.#backend, key, null);
      const stored = await putObject(this.#backend, key, body, own, put);
      // Only now: other parts have been added meanwhile.
      this.#size += stored.size;
      this.#raw &&= isRaw;
    } catch (error) {
      if (!mayBeStored(error)) this.#stored.delete(key);
      throw error;
    }
  }

  #openCodecs(): Promise<CodecStages> {
    const { compression } = this.#options;
    return this.#codecs ??= codecStages(
      "compress",
      compression === false ? 0 : this.#byteLength,
      this.#options,
      "several",
    );
  }

  /** Removes what was stored, and gives what to throw: the failure itself where nothing was left, and where it is what the caller aborted with. */
  async #rollback(error: unknown, existing: readonly string[]): Promise<unknown> {
    const ofMetadata = error instanceof CottonCandyError && error.key === metadataKey(this.#folder);
    // It may be that all is stored: then the parts are needed.
    if (ofMetadata && mayBeStored(error)) return error;
    const keys = [...this.#stored];
    const failed = await removeKeys(this.#backend, keys);
    if (existing.some((name) => this.#stored.has(this.#keyOf(name)))) {
      this.#warn(
        "the upload that failed had replaced parts of the array that was here: store it again, or remove it",
      );
    }
    if (failed.length === 0) return error;
    const left = new Set(failed.map(({ key }) => key));
    const partial = new PartialFailureError(
      `the upload of "${this.#folder}" failed (${
        messageOf(error)
      }); of the parts that it had stored, removed`,
      keys.filter((key) => !left.has(key)),
      failed,
      { key: this.#folder, bucket: this.#backend.bucket, committed: "no", cause: error },
    );
    const { signal } = this.#options;
    if (!signal?.aborted || error !== signal.reason) return partial;
    this.#warn(partial.message);
    return error;
  }

  async #removeReplaced(existing: readonly string[]): Promise<void> {
    const keys = existing.map((name) => this.#keyOf(name)).filter((key) => !this.#stored.has(key));
    const failed = await removeKeys(this.#backend, keys);
    if (failed.length === 0) return;
    const [{ key, error }] = failed;
    this.#warn(
      `it is replaced, but ${failed.length} parts of the array that was here could not be removed, the first of them "${key}": ${error.message}`,
    );
  }

  #keyOf(name: string): string {
    return `${this.#folder}/${name}`;
  }

  #warn(message: string): void {
    const { onWarning = warnOncePerKind } = this.#options;
    onWarning({ kind: "leftover", key: this.#folder, message: `"${this.#folder}": ${message}` });
  }
}
