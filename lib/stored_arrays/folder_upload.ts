/**
 * Uploads of arrays that are folders: the parts, and then the document that makes them an array; or a rollback, where one of them fails.
 *
 * @module
 */
import type { Backend, DeleteItem, ObjectHead } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import { asError, messageOf } from "../error_context.ts";
import {
  CottonCandyError,
  type FailedObject,
  PartialFailureError,
  PreconditionFailedError,
} from "../errors.ts";
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
  /** Whether what has the key is of this upload: then it is replaced, whatever `overwrite` says. */
  readonly isOwn?: boolean;
}

/** What an upload that is taken up finds of a part. */
export interface FoundPart {
  /** The metadata by which the part is to be known again. */
  readonly mark: Readonly<Record<string, string>>;
  /** Whether what has its key is of this upload. */
  readonly isOwn: boolean;
  /** The part itself, where it is there already. */
  readonly head?: ObjectHead;
}

/** What keeps an upload that breaks off, so that it is taken up. */
export interface KeptUpload {
  /** Looks for a part. */
  find(key: string, array: NDArray, signal: AbortSignal): Promise<FoundPart>;
  /** Looks after all parts, by keys and etags, before the document says that they are there; gives the document where it is there already. */
  check(stored: ReadonlyMap<string, string | undefined>): Promise<ObjectHead | undefined>;
  /** Called when all is stored. */
  done(): Promise<void>;
  /**
   * Gives what to throw when something failed; what is stored stays.
   *
   * @param isEmpty Whether no part was stored or found.
   */
  failed(error: unknown, isEmpty: boolean): Promise<unknown>;
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
  /** Keys under which something of ours may be stored, and the etags of what is. */
  readonly #stored = new Map<string, string | undefined>();
  readonly #kept: KeptUpload | undefined;
  #size = 0;

  /**
   * An upload of no parts yet.
   *
   * @param document The name of what makes an array of the parts.
   * @param kept What keeps the upload when it breaks off; without it, nothing is left then.
   */
  constructor(
    backend: Backend,
    folder: string,
    document: string,
    options: WriteOptions,
    kept?: KeptUpload,
  ) {
    this.#kept = kept;
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
      const key = exactKey(this.backend, this.keyOf(this.#document));
      const there = await this.#kept?.check(this.#stored);
      result = there ? resultOf(there) : await putObject(this.backend, key, text, metadata, put);
    } catch (error) {
      throw await (this.#kept
        ? this.#kept.failed(error, this.#stored.size === 0)
        : this.#rollback(error, existing));
    } finally {
      await this.ended();
    }
    // The array is complete from here on, come what may.
    await this.#removeReplaced(existing);
    await this.#kept?.done();
    this.#progress?.finish();
    return { ...result, size: result.size + this.#size };
  }

  /** Looks for a part that an upload which was broken off has stored, and counts it as stored; `undefined` where no upload is taken up. */
  protected async findPart(
    name: string,
    array: NDArray,
    signal: AbortSignal,
  ): Promise<FoundPart | undefined> {
    const key = exactKey(this.backend, this.keyOf(name));
    const found = await this.#kept?.find(key, array, signal);
    if (found?.head) {
      const { etag, size } = found.head;
      this.#stored.set(key, etag);
      this.#size += size;
      this.#progress?.part()({ key, loaded: size, done: true });
    }
    return found;
  }

  /** Stores a part; for `putParts`. */
  protected async putPart(
    name: string,
    { body, size, metadata, isOwn }: PartBody,
    signal: AbortSignal,
  ): Promise<void> {
    const { acl, storageClass, tags, overwrite, concurrency, onWarning } = this.options;
    const key = exactKey(this.backend, this.keyOf(name));
    this.#stored.set(key, undefined);
    try {
      const put = {
        acl,
        storageClass,
        tags,
        overwrite: isOwn || overwrite,
        concurrency,
        onWarning,
        signal,
        size,
        // Who takes the upload up believes the store's word of a part, which must not outlive the part's bytes.
        durable: this.#kept !== undefined,
        onProgress: this.#progress?.part(),
      };
      const stored = await putObject(this.backend, key, body, metadata, put);
      this.#stored.set(key, stored.etag);
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

  /** Whether an object that has the key of a part is of this upload; `undefined` where it doesn't tell. */
  protected isOwn(_object: ObjectHead): boolean | undefined {
    return undefined;
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
    const keys = [...this.#stored.keys()];
    const failed = await this.#removeStored();
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

  /** Removes what this upload has stored, and gives what could not be removed. What another writer has stored under the same keys since is not ours, and stays. */
  async #removeStored(): Promise<FailedObject[]> {
    const items: DeleteItem[] = [];
    const unknown: FailedObject[] = [];
    for (const [key, etag] of this.#stored) {
      const found = etag === undefined ? await this.#lookUp(key) : { item: { key, ifMatch: etag } };
      if (found instanceof Error) unknown.push({ key, error: found });
      else if (found) items.push(found.item);
    }
    const failed = await removeKeys(this.backend, items);
    return [...failed.filter(({ error }) => !(error instanceof PreconditionFailedError)), ...unknown];
  }

  /** What to delete of a part of which is not known that, or as which version, it was stored; an error where that can't be told. */
  async #lookUp(key: string): Promise<{ readonly item: DeleteItem } | Error | undefined> {
    try {
      const head = await this.backend.head(key);
      const isOwn = head && this.isOwn(head);
      if (!head || isOwn === false) return undefined;
      if (isOwn) return { item: { key, ifMatch: head.etag } };
      return new CottonCandyError(
        `it may be of this upload or of another writer: look at it, and delete it where it is not needed`,
        { key, bucket: this.backend.bucket, committed: "unknown" },
      );
    } catch (error) {
      return asError(error);
    }
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

/** What is there, as what a put of it would have given. */
function resultOf({ key, size, etag, versionId, metadata }: ObjectHead): UploadResult {
  return { key, size, etag, versionId, metadata };
}
