/**
 * Sparse arrays: a folder with a raw array for each part of a scipy array, and a `metadata.json` that says what they make. The format of Python
 * cottoncandy's `upload_sparse_array` and `download_sparse_array`, compatible both ways.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import { asSparseArray, SparseArray, type SparseInput } from "../array/sparse.ts";
import { describeSparse } from "../array/sparse/description.ts";
import { about } from "../about.ts";
import { AlreadyExistsError } from "../errors.ts";
import { dumpJson } from "../json.ts";
import { forEachConcurrent } from "../streams/mod.ts";
import { folderOf, metadataKey } from "./array_description.ts";
import { GENERATION_KEY } from "./chunked_metadata.ts";
import { checkMetadataSize, userMetadata } from "./metadata.ts";
import { putObject } from "./objects.ts";
import type { UploadResult } from "./options.ts";
import { CONCURRENCY } from "./outcome.ts";
import { PartsProgress } from "./parts_progress.ts";
import type { RawReadOptions, RawWriteOptions } from "./raw.ts";
import { previousParts } from "./previous_array.ts";
import { findSparse } from "./sparse_folder.ts";
import { readParts } from "./sparse_parts.ts";
import { SparseUpload } from "./sparse_upload.ts";

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
  return await about(folder, async () => {
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
