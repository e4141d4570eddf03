/**
 * Uploads of arrays that are folders: the parts, and then the document that makes them an array; or a rollback, where one of them fails.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { messageOf } from "../error_context.ts";
import { CottonCandyError, PartialFailureError } from "../errors.ts";
import {
  exactKey,
  mayBeStored,
  putObject,
  removeKeys,
  type UploadResult,
  type WriteOptions,
} from "../objects/mod.ts";
import { warnOncePerKind } from "../warnings.ts";
import { PartsProgress } from "./reading.ts";

/** The document that makes an array of parts. */
export interface FolderMetadata {
  /** What it says. */
  readonly text: string;
  /** The metadata of the object itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A part as it is stored. */
export interface PartBody {
  /** Its bytes. */
  readonly body: Uint8Array | ReadableStream<Uint8Array>;
  /** How many they are, where that is known. */
  readonly size?: number;
  /** The metadata of the object. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An upload of parts to one folder. */
export class FolderUpload {
  /** Where it goes. */
  protected readonly backend: Backend;
  /** The options of the upload: user metadata and the content type are those of the document; the others hold for all objects. */
  protected readonly options: WriteOptions;
  readonly #folder: string;
  readonly #document: string;
  readonly #progress: PartsProgress | undefined;
  /** Keys under which something of ours may be stored. */
  readonly #stored = new Set<string>();
  #size = 0;

  /**
   * An upload of no parts yet.
   *
   * @param document The name of what makes an array of the parts.
   */
  constructor(backend: Backend, folder: string, document: string, options: WriteOptions) {
    this.backend = backend;
    this.options = options;
    this.#folder = folder;
    this.#document = document;
    this.#progress = options.onProgress && new PartsProgress(folder, options.onProgress);
  }

  /**
   * Stores an array.
   *
   * @param existing The names of the parts of the array that is replaced; those that the new one doesn't have are removed at the end.
   * @param putParts Stores all parts, and gives what the document is to say of them.
   * @returns The key, etag, version and metadata of the document, and the stored bytes of all objects.
   */
  async run(existing: readonly string[], putParts: () => Promise<FolderMetadata>): Promise<UploadResult> {
    const { acl, storageClass, tags, contentType, overwrite, signal, onWarning } = this.options;
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
        this.backend,
        exactKey(this.backend, this.keyOf(this.#document)),
        text,
        metadata,
        put,
      );
    } catch (error) {
      throw await this.#rollback(error, existing);
    } finally {
      await this.ended();
    }
    // The array is complete from here on, come what may.
    await this.#removeReplaced(existing);
    this.#progress?.finish();
    return { ...result, size: result.size + this.#size };
  }

  /** Stores a part; for `putParts`. */
  protected async putPart(
    name: string,
    { body, size, metadata }: PartBody,
    signal: AbortSignal,
  ): Promise<void> {
    const { acl, storageClass, tags, overwrite, concurrency, onWarning } = this.options;
    const key = exactKey(this.backend, this.keyOf(name));
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
      const stored = await putObject(this.backend, key, body, metadata, put);
      // Only now: other parts have been added meanwhile.
      this.#size += stored.size;
    } catch (error) {
      if (!mayBeStored(error)) this.#stored.delete(key);
      throw error;
    }
  }

  /** The key of an object in the folder. */
  protected keyOf(name: string): string {
    return this.#folder === "" ? name : `${this.#folder}/${name}`;
  }

  /** Called when all is over, whatever came of it. */
  protected ended(): Promise<void> {
    return Promise.resolve();
  }

  /** Removes what was stored, and gives what to throw: the failure itself where nothing was left, and where it is what the caller aborted with. */
  async #rollback(error: unknown, existing: readonly string[]): Promise<unknown> {
    const ofMetadata = error instanceof CottonCandyError && error.key === this.keyOf(this.#document);
    // It may be that all is stored: then the parts are needed.
    if (ofMetadata && mayBeStored(error)) return error;
    const keys = [...this.#stored];
    const failed = await removeKeys(this.backend, keys);
    if (existing.some((name) => this.#stored.has(this.keyOf(name)))) {
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
      { key: this.#folder, bucket: this.backend.bucket, committed: "no", cause: error },
    );
    const { signal } = this.options;
    if (!signal?.aborted || error !== signal.reason) return partial;
    this.#warn(partial.message);
    return error;
  }

  async #removeReplaced(existing: readonly string[]): Promise<void> {
    const keys = existing.map((name) => this.keyOf(name)).filter((key) => !this.#stored.has(key));
    const failed = await removeKeys(this.backend, keys);
    if (failed.length === 0) return;
    const [{ key, error }] = failed;
    this.#warn(
      `it is replaced, but ${failed.length} parts of the array that was here could not be removed, the first of them "${key}": ${error.message}`,
    );
  }

  #warn(message: string): void {
    const { onWarning = warnOncePerKind } = this.options;
    onWarning({ kind: "leftover", key: this.#folder, message: `"${this.#folder}": ${message}` });
  }
}
