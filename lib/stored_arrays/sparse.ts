/**
 * Sparse arrays: a folder with a raw array for each part of a scipy array, and a `metadata.json` that says what they make. The format of Python
 * cottoncandy's `upload_sparse_array` and `download_sparse_array`, compatible both ways.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { type NDArray, rawMetadata } from "../array/mod.ts";
import {
  assembleSparse,
  asSparseArray,
  describeSparse,
  parseSparse,
  parseSparseShape,
  PART_NAMES,
  SparseArray,
  type SparseDescription,
  type SparseFormat,
  type SparseInput,
} from "../array/sparse/mod.ts";
import { messageOf, parseStored, withErrorKey } from "../error_context.ts";
import {
  AlreadyExistsError,
  CottonCandyError,
  IntegrityError,
  NotFoundError,
  PartialFailureError,
} from "../errors.ts";
import { dumpJson } from "../json.ts";
import {
  checkMetadataSize,
  CONCURRENCY,
  mayBeStored,
  putObject,
  removeKeys,
  type UploadResult,
  userMetadata,
} from "../objects/mod.ts";
import { forEachConcurrent } from "../streams/mod.ts";
import { warnOncePerKind } from "../warnings.ts";
import { GENERATION_KEY, PartsProgress, previousParts } from "./chunked/mod.ts";
import { chooseCodec } from "./compression.ts";
import { folderOf, metadataKey, readDescription } from "./description.ts";
import { itemsBody, type RawReadOptions, type RawWriteOptions, readRaw, readRawFrom } from "./raw.ts";

export { asSparseArray, SparseArray, type SparseInput };

/**
 * Stores a sparse array as a folder that Python's cottoncandy reads with `download_sparse_array`: a raw array for each part, and then `metadata.json`, which
 * makes them an array. When something fails, the parts that were stored are removed again.
 *
 * The parts of a sparse array that is there already are replaced one by one: a reader never gets a mixture, but an error, until all is stored; and a failure leaves
 * neither array. To be safe from that, store under another name. A chunked array that is there is replaced
 * by `metadata.json`, and its parts are removed then.
 *
 * @param sparse A `SparseArray`; its format, shape and parts; or one that is built up by rows (`lil`) or by places (`dok`), which is stored as `csr`.
 * @param options User metadata and the content type are those of `metadata.json`; `compression` and `level` are for the parts.
 * @returns The key, etag, version and metadata of `metadata.json`, and the stored bytes of all objects.
 * @throws {InvalidArgumentError} when the parts make no sparse array.
 * @throws {AlreadyExistsError} when there is an array and `overwrite` is false.
 * @throws {PartialFailureError} when it failed and parts could not be removed; `cause` is the failure.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { readSparse, SparseArray, writeSparse } from "@cottoncandy/cottoncandy/sparse";
 *
 * const backend = new MemoryBackend();
 * const links = new SparseArray("coo", [3, 3], { row: [0, 2], col: [1, 0], data: Float32Array.of(0.5, 1.5) });
 * await writeSparse(backend, "graph/links", links);
 * const stored = await readSparse(backend, "graph/links");
 * console.assert(stored.is("coo") && stored.toDense().get(2, 0) === 1.5);
 * ```
 */
export async function writeSparse(
  backend: Backend,
  name: string,
  sparse: SparseInput,
  options: RawWriteOptions = {},
): Promise<UploadResult> {
  const folder = folderOf(name);
  return await withErrorKey(folder, async () => {
    const array = asSparseArray(sparse);
    const user = userMetadata(options.metadata);
    const generation = crypto.randomUUID();
    const metadata = { [GENERATION_KEY]: generation, ...user };
    checkMetadataSize(metadata, backend.capabilities.metadataLimit, metadataKey(folder));
    const before = await previousParts(backend, folder, options);
    if (before && options.overwrite === false) throw existsAlready(backend, folder);
    const { acl, contentType, overwrite, concurrency, signal, onWarning, onProgress } = options;
    const progress = onProgress && new PartsProgress(folder, onProgress);
    const upload = new SparseUpload(
      backend,
      folder,
      { ...options, metadata: { [GENERATION_KEY]: generation } },
      progress,
    );
    let result: UploadResult;
    try {
      await forEachConcurrent(
        Object.entries<NDArray>({ ...array.parts }),
        ([part, items], _, ended) => upload.put(part, items, ended),
        { concurrency: concurrency ?? CONCURRENCY, signal },
      );
      const text = dumpJson(describeSparse(array.format, array.shape));
      const put = { acl, contentType, overwrite, signal, onWarning, onProgress: progress?.part() };
      result = await putObject(backend, metadataKey(folder), text, metadata, put);
    } catch (error) {
      throw await upload.undo(error, before);
    }
    // The array is complete from here on, come what may.
    if (before) await upload.removeOld(before);
    progress?.finish();
    return { ...result, size: result.size + upload.size };
  });
}

/**
 * Reads a sparse array, stored here or by Python's `upload_sparse_array`, all parts at once. Folders as Python wrote them in 2016, which have
 * their shape in an array of its own, are read too; those named `name.csr` and `name.coo` by either name.
 *
 * @throws {NotFoundError} when there is no such array, or a part of it is missing.
 * @throws {IntegrityError} when its parts don't fit its metadata or each other, or are of two uploads.
 * @throws {UnsupportedError} when it is of a type that is not known.
 */
export async function readSparse(
  backend: Backend,
  name: string,
  options: RawReadOptions = {},
): Promise<SparseArray> {
  const folder = folderOf(name);
  return await readParts(backend, await findSparse(backend, folder, options), options);
}

function existsAlready(backend: Backend, folder: string): AlreadyExistsError {
  const key = metadataKey(folder);
  return new AlreadyExistsError(`there is a "${key}" already, and overwrite is false`, {
    key,
    bucket: backend.bucket,
    committed: "no",
  });
}

// The folders of sparse arrays: where one is, and what it says of itself.

/** A sparse array as it is stored. */
export interface StoredSparseArray extends SparseDescription {
  /** The folder's key, without a slash at its end. */
  readonly folder: string;
  /** Which upload it is of, where that is told. */
  readonly generation?: string;
}

/** Python stored these for some weeks of 2016: as dictionaries, in folders with the format in their names. */
const ANCIENT: readonly SparseFormat[] = ["csr", "coo"];

/**
 * Finds a sparse array.
 *
 * @throws {NotFoundError} when there is none.
 */
export async function findSparse(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<StoredSparseArray> {
  try {
    const { json, metadata } = await readDescription(backend, folder, options);
    return {
      ...await withErrorKey(metadataKey(folder), () => Promise.resolve(parseSparse(json))),
      folder,
      generation: metadata[GENERATION_KEY],
    };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    for (const format of ANCIENT) {
      const places = folder.endsWith(`.${format}`) ? [folder] : [`${folder}.${format}`];
      for (const place of places) {
        if (await backend.head(`${place}/shape`, options)) return { format, shape: undefined, folder: place };
      }
    }
    throw new NotFoundError(
      `there is no sparse array "${folder}" in ${backend.name}: it has no metadata.json`,
      { key: metadataKey(folder), bucket: error.bucket, cause: error },
    );
  }
}

/** The shape of an array that has it as a part of its own. */
export async function readShape(
  backend: Backend,
  { folder }: StoredSparseArray,
  options: RequestOptions,
): Promise<readonly [number, number]> {
  const key = `${folder}/shape`;
  const array = await readRaw(backend, key, options);
  return await withErrorKey(
    key,
    () => Promise.resolve(parseStored("the shape", () => parseSparseShape(Array.from(array, Number)))),
  );
}

// Reads the parts of a sparse array.

/**
 * Reads all parts of a sparse array, and makes sure that they belong together.
 *
 * @throws {NotFoundError} when one is missing.
 * @throws {IntegrityError} when they don't fit each other, or are of two uploads.
 */
export async function readParts(
  backend: Backend,
  stored: StoredSparseArray,
  options: RawReadOptions,
): Promise<SparseArray> {
  const { folder, format } = stored;
  const { signal, onWarning, onProgress, order, concurrency = CONCURRENCY } = options;
  const shape = stored.shape ?? await readShape(backend, stored, { signal, onWarning });
  const progress = onProgress && new PartsProgress(folder, onProgress);
  const parts = new Map<string, NDArray>();
  await forEachConcurrent<string>(PART_NAMES[format], async (name, _, ended) => {
    const key = `${folder}/${name}`;
    const open = { signal: ended, onWarning, concurrency, onProgress: progress?.part() };
    const reader = await backend.open(key, { ...open, parallel: true }).catch((error) => {
      throw error instanceof NotFoundError ? lost(folder, key, error) : error;
    });
    try {
      await withErrorKey(key, () => Promise.resolve(checkGeneration(stored, reader.info, options)));
      parts.set(name, await readRawFrom(reader, { ...open, order }));
    } finally {
      await reader.close();
    }
  }, { concurrency, signal });
  progress?.finish();
  const part = (name: string): NDArray => {
    const array = parts.get(name);
    if (array) return array;
    throw new IntegrityError(`there is no part "${name}"`);
  };
  return await withErrorKey(
    folder,
    () => Promise.resolve(parseStored("sparse array", () => assembleSparse(format, shape, part))),
  );
}

/** Makes sure that a part is of the same upload as `metadata.json`. */
function checkGeneration(
  { folder, generation }: StoredSparseArray,
  { key, metadata }: { readonly key: string; readonly metadata: Readonly<Record<string, string>> },
  { onWarning = warnOncePerKind }: RawReadOptions,
): void {
  const own = metadata[GENERATION_KEY];
  if (own === generation) return;
  if (own === undefined) {
    onWarning({
      kind: "metadata",
      key,
      message:
        `this part of "${folder}" was written after it by another program: parts may not belong together`,
    });
    return;
  }
  throw new IntegrityError(
    `this part is of another upload than the metadata of "${folder}", which was replaced, or is being replaced. Read the array again; ` +
      "what is in the part, downloadRawArray tells",
  );
}

function lost(folder: string, key: string, cause: NotFoundError): NotFoundError {
  return new NotFoundError(`"${folder}" has lost its part "${key}": if it is being replaced, read it again`, {
    key,
    bucket: cause.bucket,
    cause,
  });
}

// The parts of a sparse array on their way to the store, and out of it again where the upload fails.

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
