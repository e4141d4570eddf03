/**
 * Chunked arrays: a folder of raw arrays and a `metadata.json` that says which of them holds which chunk. The format of Python cottoncandy's
 * `upload_dask_array` and `download_dask_array`, compatible both ways: an array stored here is one that a dask cluster computes on.
 *
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import {
  bufferChunks,
  type Chunk,
  type Chunks,
  chunksFrom,
  type ChunkSpec,
  cutArray,
  daskMetadata,
  Grid,
  normaliseAxis,
  recutSlabs,
  type Slabs,
} from "../../array/chunks/mod.ts";
import { type ArrayInput, asNDArray, type NDArray, parseDType, partsOf } from "../../array/mod.ts";
import { withErrorKey } from "../../error_context.ts";
import { InvalidArgumentError, NotFoundError } from "../../errors.ts";
import { dumpJson } from "../../json.ts";
import { checkMetadataSize, CONCURRENCY, type UploadResult, userMetadata } from "../../objects/mod.ts";
import { ByteBudget, forEachConcurrent } from "../../streams/mod.ts";
import { existingParts, folderOf, isChunkName, metadataKey } from "../folder.ts";
import { PartsUpload } from "../parts_upload.ts";
import type { RawWriteOptions } from "../raw.ts";
import { ChunkedArray, type ChunkedReadOptions } from "./chunked_array.ts";
import { ownMetadata, readMetadata } from "./metadata.ts";

export { ChunkedArray, type ChunkedReadOptions, type ChunkSpec };

/** An array that comes in slabs, one after the other along an axis; it may be larger than memory. */
export interface SlabSource extends Slabs {
  /** The axis along which the slabs follow each other; default: the `axis` of the options, and the first one where that is `null`. */
  readonly axis?: number;
}

/** Options of {@linkcode writeChunked}. */
export interface ChunkedWriteOptions extends RawWriteOptions {
  /** The axis that is cut into chunks, default -1, the last; `null` cuts all axes into chunks of about equal sides. */
  readonly axis?: number | null;
  /** About how many bytes a chunk has; default 100 MiB, at least 5 MiB. Python's formula makes lengths of it. */
  readonly buffersize?: number;
  /**
   * The chunks themselves, instead of `buffersize`: one length for all axes, or for each axis a length, a list of all lengths along it, or `null` to
   * leave it whole.
   */
  readonly chunks?: ChunkSpec;
  /** How many parts are stored at once; default 8. */
  readonly concurrency?: number;
  /** How many bytes of parts may be under way at once; default 48 MiB. A larger part goes alone. */
  readonly inFlight?: number;
}

/** What the upload of a chunked array stored. */
export interface ChunkedUploadResult extends UploadResult {
  /** The full key of `metadata.json`; etag, version and metadata are its own. */
  readonly key: string;
  /** Stored bytes of all parts and of `metadata.json`. */
  readonly size: number;
  /** Lengths of the chunks along each axis. */
  readonly chunks: Chunks;
}

// Measured with parts of 16 MiB: more makes nothing faster, and takes as much again in garbage and in the store's own buffers.
const IN_FLIGHT = 48 * 1024 * 1024;

/**
 * Stores an array in chunks, as a folder that Python's cottoncandy opens with `download_dask_array`: parts `pt0000`, `pt0001`, …, each a raw array, and
 * then `metadata.json`, which makes them an array. Until that is written readers see the array that was there before, or none; when something fails,
 * the parts that were stored are removed again.
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
  source: ArrayInput | SlabSource,
  options: ChunkedWriteOptions = {},
): Promise<ChunkedUploadResult> {
  const folder = folderOf(name);
  return await withErrorKey(folder, async () => {
    const plan = planOf(source, options);
    const { grid, dtype } = plan;
    const { inFlight = IN_FLIGHT, concurrency = CONCURRENCY, signal } = options;
    const budget = new ByteBudget(inFlight);
    const generation = crypto.randomUUID();
    const user = userMetadata(options.metadata);
    // Before anything is stored: the own metadata that are told only later are counted as well.
    const limit = backend.capabilities.metadataLimit;
    checkMetadataSize({ ...ownMetadata(plan, generation, true), ...user }, limit, metadataKey(folder));
    const existing = await existingParts(backend, folder, options);
    const nameOf = newPartNames(grid, existing);
    const upload = new PartsUpload(backend, folder, generation, { ...options, concurrency });
    const result = await upload.run(existing, async () => {
      await forEachConcurrent(plan.chunks(budget), async ({ cell, array, release }, _, ended) => {
        try {
          await upload.put(nameOf(cell.number), array, ended);
        } finally {
          release();
        }
      }, { concurrency, signal });
      const own = ownMetadata({ dtype, fields: upload.fields }, generation, upload.raw);
      const keyOf = (number: number) => `${folder}/${nameOf(number)}`;
      return { text: dumpJson(daskMetadata(dtype, grid, keyOf)), metadata: { ...own, ...user } };
    });
    return { ...result, chunks: grid.chunks };
  });
}

/** What is to be stored. */
interface Plan {
  readonly dtype: NDArray["dtype"];
  readonly fields?: NDArray["fields"];
  readonly grid: Grid;
  chunks(budget: ByteBudget): AsyncIterable<Chunk>;
}

function planOf(source: ArrayInput | SlabSource, options: ChunkedWriteOptions): Plan {
  if (!isSlabSource(source)) {
    const array = asNDArray(source);
    const { dtype, fields, shape } = array;
    const grid = gridOf(shape, dtype, options);
    return { dtype, fields, grid, chunks: (budget) => cutArray(array, grid, budget) };
  }
  const { shape, slabs, fields } = source;
  if (!(Symbol.asyncIterator in Object(slabs) || Symbol.iterator in Object(slabs))) {
    throw new InvalidArgumentError("slabs must be an iterable, or an async one, of arrays");
  }
  const dtype = parseDType(source.dtype);
  const grid = gridOf(shape, dtype, options);
  const isotropic = options.axis === null && shape.length > 0;
  const axis = normaliseAxis(shape.length, source.axis ?? (isotropic ? 0 : options.axis ?? -1));
  return {
    dtype,
    fields,
    grid,
    chunks: (budget) => recutSlabs({ shape, dtype, fields, slabs }, grid, axis, budget),
  };
}

function isSlabSource(source: ArrayInput | SlabSource): source is SlabSource {
  return typeof source === "object" && source !== null && "slabs" in source;
}

function gridOf(
  shape: readonly number[],
  dtype: NDArray["dtype"],
  { axis, buffersize, chunks }: ChunkedWriteOptions,
): Grid {
  if (chunks === undefined) {
    return new Grid(bufferChunks(shape, partsOf(dtype).itemsize, { axis, buffersize }));
  }
  if (buffersize !== undefined) {
    throw new InvalidArgumentError("give either chunks or buffersize: both say how long chunks are");
  }
  return new Grid(chunksFrom(shape, chunks));
}

/** The names for new parts: Python's, but with numbers that no part of the old array has. */
function newPartNames({ count }: Grid, existing: readonly string[]): (number: number) => string {
  const taken = existing.filter(isChunkName).map((name) => Number(name.slice(2)));
  let first = 0;
  if (taken.some((number) => number < count)) first = taken.reduce((a, b) => Math.max(a, b), 0) + 1;
  return (number) => `pt${String(first + number).padStart(4, "0")}`;
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
  const folder = folderOf(name);
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
