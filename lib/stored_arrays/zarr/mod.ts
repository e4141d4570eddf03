/**
 * Zarr arrays, of versions 2 and 3, in any store: opened here, or by zarrita through {@linkcode zarrStore}.
 *
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import { withErrorKey } from "../../error_context.ts";
import { AccessDeniedError, InvalidArgumentError, NotFoundError } from "../../errors.ts";
import { withoutSlash } from "../../names.ts";
import type { UploadResult } from "../../objects/mod.ts";
import { READ_OPTIONS, treeKey } from "../../objects/reading/mod.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { readDescription } from "../folder.ts";
import type { JsonValue } from "../../json.ts";
import type { Chunks } from "../../array/chunks/mod.ts";
import type { ArrayInput } from "../../array/mod.ts";
import type { SlabSource } from "../chunk_plan.ts";
import type { StoredArray } from "../stored_array.ts";
import { RAW_WRITE_OPTIONS } from "../raw_options.ts";
import type { ZarrWriteOptions } from "./writing.ts";
import type { ZarrArray, ZarrReadOptions } from "./zarr_array.ts";

export {
  type ZarrGetOptions,
  type ZarrKey,
  type ZarrRange,
  type ZarrStore,
  zarrStore,
  type ZarrStoreOptions,
} from "./store.ts";
export type { JsonValue, SlabSource, ZarrArray, ZarrReadOptions, ZarrWriteOptions };

/**
 * Opens a Zarr array of version 2 or 3: a request or two, for its metadata. Slices of the result fetch only the chunks that they touch.
 *
 * Read are the dtypes of numpy (but objects and text of any length), chunks in any order of axes, shards, and the codecs that arrays are compressed with
 * here, blosc's LZ4 among them. What else there is of Zarr, `zarrStore` and zarrita may read.
 *
 * @param name The array's folder; `""` is the whole bucket.
 * @throws {NotFoundError} when there is no such array.
 * @throws {InvalidArgumentError} when it is a group.
 * @throws {IntegrityError} when its metadata are malformed.
 * @throws {UnsupportedError} for dtypes and codecs that are not known here.
 *
 * @example
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { openZarr, writeZarr } from "@cottoncandy/cottoncandy/zarr";
 *
 * const backend = new MemoryBackend();
 * const ramp = ndarray(Float32Array.from({ length: 12 }, (_, i) => i), [3, 4]);
 * await writeZarr(backend, "ramp.zarr", ramp, { chunks: [2, 2] });
 * const zarr = await openZarr(backend, "ramp.zarr");
 * console.assert(zarr.version === 3 && (await zarr.slice(1)).toNested().toString() === "4,5,6,7");
 * ```
 */
export async function openZarr(
  backend: Backend,
  name: string,
  options: ZarrReadOptions = {},
): Promise<ZarrArray> {
  checkOptions(options, ZARR_READ_OPTIONS);
  const { signal, onWarning } = options;
  const folder = withoutSlash(await treeKey(backend, name, { signal, onWarning }));
  // Loaded only when an array is opened, so that a page with zarrita stays small.
  const [{ parseZarr2, parseZarr3 }, { ZarrArray }] = await Promise.all([
    import("./metadata.ts"),
    import("./zarr_array.ts"),
  ]);
  let refused: AccessDeniedError | undefined;
  for (const [document, parse] of [["zarr.json", parseZarr3], [".zarray", parseZarr2]] as const) {
    try {
      const { json } = await readDescription(backend, folder, options, document);
      const key = folder === "" ? document : `${folder}/${document}`;
      return await withErrorKey(key, () => {
        const metadata = parse(json);
        if (metadata !== "group") return new ZarrArray(backend, folder, metadata, options);
        throw new InvalidArgumentError("this is a Zarr group: open one of the arrays below it");
      });
    } catch (error) {
      // What is not there may be "access denied", to who may not list.
      if (error instanceof AccessDeniedError) refused ??= error;
      else if (!(error instanceof NotFoundError) || error.key === undefined) throw error;
    }
  }
  if (refused) throw refused;
  throw new NotFoundError(
    `there is no Zarr array "${folder}" in ${backend.name}: it has neither zarr.json nor .zarray`,
    { key: folder, bucket: backend.bucket },
  );
}

const ZARR_READ_OPTIONS: OptionTable<ZarrReadOptions> = { ...READ_OPTIONS, workers: true };
const ZARR_WRITE_OPTIONS: OptionTable<ZarrWriteOptions> = {
  ...RAW_WRITE_OPTIONS,
  chunks: true,
  attributes: true,
  dimensionNames: true,
  concurrency: true,
  inFlight: true,
};

/**
 * Stores an array in the format of Zarr 3: a folder with an object for each chunk, and `zarr.json`, which makes them an array and is written last. When something fails, the chunks that were
 * stored are removed again.
 *
 * An array that is there already is replaced: its `zarr.json` (or `.zarray`) is removed first, so that readers get an error rather than a mixture, and its other chunks at the end. Other
 * objects in the folder stay.
 *
 * @param source An array, or slabs of one that may be larger than memory, as `writeChunked` takes them.
 * @param options `compression`: `"Zstd"`, the default, `"gzip"`, or `false`; what else Zarr 3 has no codec for.
 * @returns The key of `zarr.json`, the stored bytes of all objects, and the chunks.
 * @throws {UnsupportedError} for structured dtypes that Zarr 3 can't hold as they are, and codecs that it has no name for. Nothing is stored then.
 * @throws {AlreadyExistsError} when there is an array and `overwrite` is false.
 * @throws {PartialFailureError} when it failed and chunks could not be removed; `cause` is the failure.
 *
 * @example
 * ```ts
 * import { MemoryBackend, ndarray } from "@cottoncandy/cottoncandy";
 * import { openZarr, writeZarr } from "@cottoncandy/cottoncandy/zarr";
 *
 * const backend = new MemoryBackend();
 * async function* volumes() {
 *   for (let t = 0; t < 4; t++) yield ndarray(new Int16Array(6).fill(t), [1, 2, 3]);
 * }
 * await writeZarr(backend, "bold.zarr", { shape: [4, 2, 3], dtype: "<i2", slabs: volumes() }, {
 *   chunks: [2, null, null],
 *   dimensionNames: ["t", "y", "x"],
 * });
 * console.assert((await (await openZarr(backend, "bold.zarr")).slice(null, 0, 0)).toNested().toString() === "0,1,2,3");
 * ```
 */
export async function writeZarr(
  backend: Backend,
  name: string,
  source: ArrayInput | SlabSource | StoredArray,
  options: ZarrWriteOptions = {},
): Promise<UploadResult & { readonly chunks: Chunks }> {
  checkOptions(options, ZARR_WRITE_OPTIONS);
  const { signal, onWarning } = options;
  const folder = withoutSlash(await treeKey(backend, name, { signal, onWarning }));
  // Loaded only when one is written, so that a page which reads stays small.
  const { storeZarr } = await import("./writing.ts");
  return await storeZarr(backend, folder, source, options);
}
