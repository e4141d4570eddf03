/**
 * Sparse arrays: a folder with a raw array for each part of a scipy array, and a `metadata.json` that says what they make. The format of Python
 * cottoncandy's `upload_sparse_array` and `download_sparse_array`, compatible both ways.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import {
  assembleSparse,
  asSparseArray,
  describeSparse,
  parseSparseShape,
  PART_NAMES,
  SparseArray,
  type SparseInput,
} from "../array/sparse/mod.ts";
import { parseStored, withErrorKey } from "../error_context.ts";
import { IntegrityError, NotFoundError } from "../errors.ts";
import { dumpJson } from "../json.ts";
import { checkMetadataSize, CONCURRENCY, exactKey, type UploadResult, userMetadata } from "../objects/mod.ts";
import { forEachConcurrent } from "../streams/mod.ts";
import { existingParts } from "./existing_parts.ts";
import { checkGeneration, folderOf, GENERATION_KEY, lostPartError, metadataKey } from "./folder.ts";
import { findSparse } from "./sparse_folder.ts";
import { PartsUpload } from "./parts_upload.ts";
import { PartsProgress } from "./reading.ts";
import { RAW_READ_OPTIONS, RAW_WRITE_OPTIONS } from "./raw_options.ts";
import { type RawReadOptions, type RawWriteOptions, readRaw, readRawFrom } from "./raw.ts";

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
  checkOptions(options, RAW_WRITE_OPTIONS);
  const folder = await folderOf(backend, name, options);
  return await withErrorKey(folder, async () => {
    const array = asSparseArray(sparse);
    const generation = crypto.randomUUID();
    const metadata = { [GENERATION_KEY]: generation, ...userMetadata(options.metadata) };
    checkMetadataSize(metadata, backend.capabilities.metadataLimit, metadataKey(folder));
    const { names } = await existingParts(backend, folder, options);
    const parts = Object.entries<NDArray>({ ...array.parts });
    const byteLength = parts.reduce((sum, [, { nbytes }]) => sum + nbytes, 0);
    const upload = new PartsUpload(backend, folder, generation, options, byteLength);
    return await upload.run(names, async () => {
      const { concurrency = CONCURRENCY, signal } = options;
      await forEachConcurrent(
        parts,
        ([part, items], _, ended) => upload.put(part, items, ended),
        { concurrency, signal },
      );
      return { text: dumpJson(describeSparse(array.format, array.shape)), metadata };
    });
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
  checkOptions(options, RAW_READ_OPTIONS);
  const stored = await findSparse(backend, await folderOf(backend, name, options), options);
  const { folder, generation, format } = stored;
  const { signal, onWarning, onProgress, order, workers, concurrency = CONCURRENCY } = options;
  const shape = stored.shape ?? await readShape(backend, folder, { signal, onWarning });
  const progress = onProgress && new PartsProgress(folder, onProgress);
  const parts = new Map<string, NDArray>();
  await forEachConcurrent<string>(PART_NAMES[format], async (part, _, ended) => {
    const key = `${folder}/${part}`;
    const open = { signal: ended, onWarning, concurrency, onProgress: progress?.part() };
    const reader = await backend.open(key, { ...open, parallel: true }).catch((error) => {
      throw error instanceof NotFoundError ? lostPartError(folder, key, error) : error;
    });
    try {
      await withErrorKey(key, () => checkGeneration(folder, generation, reader.info, onWarning));
      parts.set(part, await readRawFrom(reader, { ...open, order, workers }));
    } finally {
      await reader.close();
    }
  }, { concurrency, signal });
  progress?.finish();
  const partNamed = (part: string): NDArray => {
    const array = parts.get(part);
    if (array) return array;
    throw new IntegrityError(`there is no part "${part}"`);
  };
  return await withErrorKey(
    folder,
    () => parseStored("sparse array", () => assembleSparse(format, shape, partNamed)),
  );
}

/** The shape of an array that has it as a part of its own. */
async function readShape(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<readonly [number, number]> {
  const key = exactKey(backend, `${folder}/shape`);
  const array = await readRaw(backend, key, options);
  return await withErrorKey(
    key,
    () => parseStored("the shape", () => parseSparseShape(Array.from(array, Number))),
  );
}
