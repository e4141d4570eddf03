/**
 * Chunked arrays: a folder of raw arrays and a `metadata.json` that says which of them holds which chunk. The format of Python cottoncandy's
 * `upload_dask_array` and `download_dask_array`, compatible both ways: an array stored here is one that a dask cluster computes on.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../../options.ts";
import { READ_OPTIONS, WRITE_OPTIONS } from "../../objects/reading/mod.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { ArrayInput } from "../../array/mod.ts";
import type { ChunkSpec } from "../../array/chunks/mod.ts";
import { NotFoundError } from "../../errors.ts";
import { folderOf } from "../folder.ts";
import { ChunkedArray, type ChunkedReadOptions } from "./chunked_array.ts";
import { readMetadata } from "./metadata.ts";
import type { SlabSource } from "../chunk_plan.ts";
import type { StoredArray } from "../stored_array.ts";
import type { ChunkedUploadResult, ChunkedWriteOptions } from "./writing.ts";

export { ChunkedArray, type ChunkedReadOptions, type ChunkSpec };
export type { ChunkedUploadResult, ChunkedWriteOptions, SlabSource };

const CHUNKED_WRITE_OPTIONS: OptionTable<ChunkedWriteOptions> = {
  ...WRITE_OPTIONS,
  compression: true,
  level: true,
  workers: true,
  axis: true,
  buffersize: true,
  chunks: true,
  inFlight: true,
  resume: true,
};
const CHUNKED_READ_OPTIONS: OptionTable<ChunkedReadOptions> = {
  ...READ_OPTIONS,
  inFlight: true,
  cache: true,
  order: true,
  workers: true,
};

/**
 * Stores an array in chunks, as a folder that Python's cottoncandy opens with `download_dask_array`: parts `pt0000`, `pt0001`, …, each a raw array, and
 * then `metadata.json`, which makes them an array. Until that is written readers see the array that was there before, or none; when something fails,
 * the parts that were stored are removed again; with `resume` they stay, and the same call goes on with them.
 *
 * An array that is there already, chunked or sparse, is replaced: the new parts get numbers that the old ones don't have, and the old ones are removed at the end, so
 * that a failure leaves the old array whole. Who has it open then gets errors instead of a mixture. Where credentials may write and not read (403), an array that is there
 * can't be seen: its parts are overwritten as the new ones come, and a failure leaves it damaged.
 *
 * @param source An `NDArray` (or a typed array, nested arrays, a scalar), which must not change before the promise resolves; or slabs, cut
 * anywhere along the axis, which may come from any source and be reused as soon as the next one is asked for. Of an array that comes in slabs, the chunks that
 * lie side by side across the slabs' axis are in memory at once: one, unless other axes are cut as well.
 * @param options User metadata and the content type are those of `metadata.json`.
 * @throws {InvalidArgumentError} when the array can't be cut so, or slabs don't fit the shape and dtype.
 * @throws {AlreadyExistsError} when there is an array and `overwrite` is false.
 * @throws {PartialFailureError} when it failed and parts could not be removed; `cause` is the failure.
 *
 * @example
 * ```ts
 * import { MemoryBackend, ndarray } from "@cottoncandy/cottoncandy";
 * import { openChunked, writeChunked } from "@cottoncandy/cottoncandy/chunked";
 *
 * const backend = new MemoryBackend();
 * async function* volumes() {
 *   for (let t = 0; t < 10; t++) yield ndarray(new Float32Array(6).fill(t), [2, 3, 1]);
 * }
 * await writeChunked(backend, "sub01/bold", { shape: [2, 3, 10], dtype: "<f4", slabs: volumes() }, { chunks: [null, null, 4] });
 * const bold = await openChunked(backend, "sub01/bold");
 * console.assert(bold.chunks[2].join() === "4,4,2");
 * console.assert((await bold.slice(0, 0, [null, null, -3])).toNested().toString() === "9,6,3,0");
 * ```
 */
export async function writeChunked(
  backend: Backend,
  name: string,
  source: ArrayInput | SlabSource | StoredArray,
  options: ChunkedWriteOptions = {},
): Promise<ChunkedUploadResult> {
  checkOptions(options, CHUNKED_WRITE_OPTIONS);
  // Loaded only when one is written, so that a page which reads stays small.
  const { storeChunks } = await import("./writing.ts");
  return await storeChunks(backend, await folderOf(backend, name, options), source, options);
}

/**
 * Opens a chunked array, stored here or by Python's `upload_dask_array`: one request, for its `metadata.json`. Slices of the result fetch only the parts
 * that they touch.
 *
 * Parts are found also after the folder was moved or copied: beside `metadata.json`, and only if they aren't there under the full names that
 * it gives.
 *
 * @throws {NotFoundError} when there is no such array.
 * @throws {IntegrityError} when its `metadata.json` doesn't describe one.
 * @throws {UnsupportedError} for object arrays and long doubles.
 *
 * @example
 * ```ts
 * import { MemoryBackend, ndarray } from "@cottoncandy/cottoncandy";
 * import { openChunked, writeChunked } from "@cottoncandy/cottoncandy/chunked";
 *
 * const backend = new MemoryBackend();
 * const ramp = ndarray(Float64Array.from({ length: 100 }, (_, i) => i), [10, 10]);
 * await writeChunked(backend, "ramp", ramp, { chunks: [3, 10], compression: false });
 * const lazy = await openChunked(backend, "ramp");
 * const column = await lazy.slice([8, null], -1); // touches the last two of four parts
 * console.assert(column.toNested().toString() === "89,99");
 * ```
 */
export async function openChunked(
  backend: Backend,
  name: string,
  options: ChunkedReadOptions = {},
): Promise<ChunkedArray> {
  checkOptions(options, CHUNKED_READ_OPTIONS);
  const folder = await folderOf(backend, name, options);
  try {
    return new ChunkedArray(backend, await readMetadata(backend, folder, options), options);
  } catch (error) {
    if (!(error instanceof NotFoundError) || error.key === undefined) throw error;
    throw new NotFoundError(
      `there is no chunked array "${folder}" in ${backend.name}: it has no metadata.json`,
      { key: error.key, bucket: error.bucket, cause: error },
    );
  }
}
