/**
 * Arrays in object storage.
 *
 * @module
 */
import type { ArrayInput, NDArray, SparseArray, SparseInput } from "../array/mod.ts";
import type { ObjectReadOptions, ReadOptions, UploadResult, WriteOptions } from "../objects/mod.ts";
import type {
  ChunkedArray,
  ChunkedReadOptions,
  ChunkedUploadResult,
  ChunkedWriteOptions,
  SlabSource,
} from "../stored_arrays/chunked/mod.ts";
import type {
  ArrayDict,
  ArrayTree,
  DictReadOptions,
  DictUploadResult,
  DictWriteOptions,
} from "../stored_arrays/dict.ts";
import type { Dataset, LazyArray } from "../stored_arrays/mod.ts";
import { openNpy, readNpyObject, writeNpy } from "../stored_arrays/npy.ts";
import type { NpzArchive } from "../stored_arrays/npz/mod.ts";
import {
  openRaw,
  type RawDescription,
  type RawReadOptions,
  type RawWriteOptions,
  readRaw,
  type SliceableWriteOptions,
  writeRaw,
} from "../stored_arrays/raw.ts";
import { FileSystemInterface } from "./filesystem.ts";

/**
 * Arrays as objects: raw, as Python's cottoncandy stores them, as `.npy` files, in chunks, sparse, and in dictionaries.
 *
 * What is stored may be an `NDArray`, a typed array, nested arrays or a scalar. What is read is an `IntegrityError` when it isn't such an array, or its bytes are corrupt or
 * missing, and an `UnsupportedError` when its dtype or codec can't be read.
 *
 * @category Opening a store
 * @example
 * ```ts
 * import { ArrayInterface, MemoryBackend, ndarray } from "@cottoncandy/cottoncandy";
 *
 * const cci = new ArrayInterface(new MemoryBackend());
 * await cci.uploadRawArray("sub01/run1", ndarray(new Int16Array([1, 2, 3, 4]), [2, 2]));
 * const run = await cci.downloadRawArray("sub01/run1");
 * console.assert(run.get(1, 1) === 4);
 * ```
 */
export class ArrayInterface extends FileSystemInterface {
  /**
   * Stores an array as a raw array object, which Python reads with `download_raw_array`; see {@linkcode writeRaw}.
   *
   * @param options `compression`: a codec's name, `false`, or `true`, the default, which looks at a sample; `level`; or `sliceable`: stored as it is, so that parts of it can be
   * read.
   *
   * @example
   * ```ts
   * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const betas = ndarray(new Float32Array([1, 2, 3, 4]), [2, 2]);
   * await cci.uploadRawArray("sub01/betas", betas, { compression: "Zstd", metadata: { run: "7" } });
   * console.assert((await cci.getObject("sub01/betas")).metadata.dtype === "<f4");
   * ```
   */
  uploadRawArray(
    name: string,
    array: ArrayInput,
    options: SliceableWriteOptions = {},
  ): Promise<UploadResult> {
    return this.run(
      (key) =>
        writeRaw(
          this.backend,
          key,
          array,
          options.sliceable ? this.writing(options) : this.#compressing(options),
        ),
      name,
    );
  }

  /**
   * Reads a raw array object: memory is allocated once and filled in place; see {@linkcode readRaw}.
   *
   * @param options `order` overrules the order that the object claims; `into` is memory to fill; `dtype`, `shape` and `compression` say what the array is where the object's metadata don't.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadRawArray("mask", [[0, 1], [1, 0]]);
   * const mask = await cci.downloadRawArray("mask");
   * console.assert(mask.shape.join() === "2,2" && mask.get(0, 1) === 1);
   * ```
   */
  downloadRawArray(
    name: string,
    options: RawReadOptions & RawDescription & ObjectReadOptions & {
      into?: NDArray | ArrayBufferView<ArrayBuffer>;
    } = {},
  ): Promise<NDArray> {
    return this.run((key) => readRaw(this.backend, key, this.#decoding(options)), name);
  }

  /**
   * Opens a raw array object without reading its items: slices fetch only the bytes they need. Of a compressed one, each slice reads it whole, of which
   * it warns; see {@linkcode openRaw}.
   *
   * @example
   * ```ts
   * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadRawArray("bold", ndarray(new Int16Array(1000), [10, 100]), { sliceable: true });
   * const bold = await cci.openRawArray("bold"); // no items are read
   * const row = await bold.slice(3, [0, 10]); // and now 20 bytes
   * console.assert(row.shape.join() === "10");
   * ```
   */
  openRawArray(name: string, options: RawReadOptions & RawDescription = {}): Promise<LazyArray> {
    return this.run((key) => openRaw(this.backend, key, this.#decoding(options)), name);
  }

  /**
   * Stores an array as a `.npy` file, as `numpy.save` writes it; see {@linkcode writeNpy}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadNpyArray("betas.npy", new Float64Array([0.5, 1.5]));
   * console.assert((await cci.getObject("betas.npy")).size === 128 + 16);
   * ```
   */
  uploadNpyArray(name: string, array: ArrayInput, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writeNpy(this.backend, key, array, this.writing(options)), name);
  }

  /**
   * Reads a `.npy` object: memory is allocated once and filled in place, or is `into`. See {@linkcode readNpyObject}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadNpyArray("betas.npy", new Float64Array([0.5, 1.5]));
   * const betas = await cci.downloadNpyArray("betas.npy");
   * console.assert(betas.dtype === "<f8" && betas.get(1) === 1.5);
   * ```
   */
  downloadNpyArray(
    name: string,
    options: ObjectReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
  ): Promise<NDArray> {
    return this.run((key) => readNpyObject(this.backend, key, this.reading(options)), name);
  }

  /**
   * Opens a `.npy` object without reading its items: slices fetch only the bytes they need. See {@linkcode openNpy}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadNpyArray("betas.npy", new Float64Array(1000));
   * const betas = await cci.openNpyArray("betas.npy");
   * console.assert((await betas.slice([0, 1000, 250])).shape.join() === "4");
   * ```
   */
  openNpyArray(name: string, options: ReadOptions = {}): Promise<LazyArray> {
    return this.run((key) => openNpy(this.backend, key, this.reading(options)), name);
  }

  /**
   * Opens an archive of arrays, as `numpy.savez` writes it: members are opened by name, and what is not asked for is not read. See {@linkcode openNpz}.
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * const archive = await cci.openNpz("runs.npz");
   * const run1 = await archive.read("run1");
   * const corner = await (await archive.open("run2")).slice([0, 4], [0, 4]);
   * ```
   */
  async openNpz(name: string, options: ReadOptions = {}): Promise<NpzArchive> {
    const { backend } = this;
    const { openNpz } = await import("../stored_arrays/npz/mod.ts");
    return await this.run((key) => openNpz(backend, key, this.reading(options)), name);
  }

  /**
   * Stores an array in chunks, as a folder that Python opens as a dask array with `download_dask_array`; see {@linkcode writeChunked}.
   *
   * @param source An `NDArray`, or `{ shape, dtype, slabs }` larger than memory: slabs follow each other along the chunk axis, cut anywhere.
   * @param options `axis`: the axis to cut, default the last, `null` for all; `buffersize`: about how many bytes a chunk has, default
   * 100 MiB; `chunks`: the chunks' lengths instead; `compression`, `level`; `inFlight`: bytes under way at once;
   * `resume`: an upload that breaks off is kept, and taken up by the same call; see `docs/arrays.md`.
   * @throws {InvalidArgumentError} when the array can't be cut so, or slabs don't fit the shape and dtype; nothing is left then.
   *
   * @example
   * ```ts
   * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const volumes = async function* () {
   *   for (let t = 0; t < 6; t++) yield ndarray(new Int16Array(16).fill(t), [1, 4, 4]);
   * };
   * await cci.uploadDaskArray("run1", { shape: [6, 4, 4], dtype: "<i2", slabs: volumes() }, { axis: 0, chunks: [2, 4, 4] });
   * console.assert((await cci.ls("run1")).length === 4); // metadata.json, pt0000, pt0001, pt0002
   * ```
   */
  async uploadDaskArray(
    name: string,
    source: ArrayInput | SlabSource,
    options: ChunkedWriteOptions = {},
  ): Promise<ChunkedUploadResult> {
    const { backend } = this;
    const { writeChunked } = await import("../stored_arrays/chunked/mod.ts");
    return await this.run((key) => writeChunked(backend, key, source, this.#compressing(options)), name);
  }

  /**
   * Opens a chunked array, stored here or by Python's `upload_dask_array`, without reading its parts; see {@linkcode openChunked}.
   *
   * @param options `cache`: bytes of parts to keep for later slices; `inFlight`: bytes under way at once; `order` overrules what parts claim.
   *
   * @example
   * ```ts
   * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadDaskArray("run1", ndarray(new Float32Array(60), [6, 10]), { axis: 0 });
   * const run1 = await cci.downloadDaskArray("run1");
   * console.assert((await run1.slice([2, 4], null)).shape.join() === "2,10");
   * ```
   */
  async downloadDaskArray(name: string, options: ChunkedReadOptions = {}): Promise<ChunkedArray> {
    const { backend } = this;
    const { openChunked } = await import("../stored_arrays/chunked/mod.ts");
    return await this.run((key) => openChunked(backend, key, this.#decoding(options)), name);
  }

  /**
   * Stores a sparse array as a folder of its parts, which Python reads with `download_sparse_array`; see {@linkcode writeSparse}.
   *
   * @param sparse A `SparseArray`; its format, shape and parts; or one that is built up by rows (`lil`) or by places (`dok`), which is stored as `csr`.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const links = { format: "coo", shape: [9, 9], parts: { data: [1.5], row: [0], col: [8] } } as const;
   * await cci.uploadSparseArray("links", links);
   * console.assert((await cci.downloadSparseArray("links")).nnz === 1);
   * ```
   */
  async uploadSparseArray(
    name: string,
    sparse: SparseInput,
    options: RawWriteOptions = {},
  ): Promise<UploadResult> {
    const { backend } = this;
    const { writeSparse } = await import("../stored_arrays/sparse.ts");
    return await this.run((key) => writeSparse(backend, key, sparse, this.#compressing(options)), name);
  }

  /**
   * Reads a sparse array; see {@linkcode readSparse}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const links = { format: "coo", shape: [9, 9], parts: { data: [1.5], row: [0], col: [8] } } as const;
   * await cci.uploadSparseArray("links", links);
   * console.assert((await cci.downloadSparseArray("links")).toDense().get(0, 8) === 1.5);
   * ```
   */
  async downloadSparseArray(name: string, options: RawReadOptions = {}): Promise<SparseArray> {
    const { backend } = this;
    const { readSparse } = await import("../stored_arrays/sparse.ts");
    return await this.run((key) => readSparse(backend, key, this.#decoding(options)), name);
  }

  /**
   * Stores a dictionary of arrays, of any depth: a raw array object for each, several at once; see {@linkcode writeDict}.
   *
   * @param name The root; `""` or `"/"` is all that the interface reaches.
   * @param dictionary Plain objects or `Map`s of whatever can be taken as an array, and further dictionaries.
   * @throws {InvalidArgumentError} for what can't be stored, naming where it is. Nothing was stored then.
   * @throws {PartialFailureError} when some arrays could not be stored; it tells which were.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.dict2cloud("sub01", { betas: new Float32Array(4), rois: { v1: [1, 2], v2: [3] } });
   * console.assert((await cci.ls("sub01/rois")).join() === "sub01/rois/v1,sub01/rois/v2");
   * ```
   */
  async dict2cloud(
    name: string,
    dictionary: ArrayTree,
    options: DictWriteOptions = {},
  ): Promise<DictUploadResult> {
    const { backend } = this;
    const { writeDict } = await import("../stored_arrays/dict.ts");
    return await writeDict(backend, this.below(name), dictionary, this.#compressing(options));
  }

  /**
   * Reads a dictionary of arrays: all below a root, several at once. What is no array comes as `null`, with a warning. See {@linkcode readDict}.
   *
   * @param options `keys`: which entries to read; default all.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.dict2cloud("sub01", { betas: new Float32Array(4), rois: { v1: [1, 2], v2: [3] } });
   * const { rois } = await cci.cloud2dict("sub01", { keys: ["rois"] });
   * console.assert(Object.keys(rois ?? {}).join() === "v1,v2");
   * ```
   */
  async cloud2dict(name: string, options: DictReadOptions = {}): Promise<ArrayDict> {
    const { backend } = this;
    const { readDict } = await import("../stored_arrays/dict.ts");
    return await readDict(backend, this.below(name), this.#decoding(options));
  }

  /**
   * Opens a tree of arrays to be read one at a time, as h5py does with a file; see {@linkcode openDataset}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.dict2cloud("sub01", { betas: new Float32Array(4), rois: { v1: [1, 2] } });
   * const dataset = await cci.cloud2dataset("sub01"); // reads nothing yet
   * console.assert((await dataset.keys()).join() === "betas,rois");
   * console.assert((await dataset.load("betas")).shape.join() === "4");
   * ```
   */
  async cloud2dataset(name: string, options: RawReadOptions = {}): Promise<Dataset> {
    const { backend } = this;
    const { openDataset } = await import("../stored_arrays/mod.ts");
    return await openDataset(backend, this.below(name), this.#decoding(options));
  }

  /** The options of reading an array over the interface's defaults. */
  #decoding<T extends ReadOptions & { readonly workers?: number | false }>(options: T): T & ReadOptions {
    return { ...this.reading(options), workers: options.workers ?? this.defaults.workers };
  }

  /** The options of writing an array over the interface's defaults. */
  #compressing<T extends RawWriteOptions>(
    options: T,
  ): T & WriteOptions {
    const { compression, workers } = this.defaults;
    return {
      ...this.writing(options),
      compression: options.compression ?? compression,
      workers: options.workers ?? workers,
    };
  }
}

/**
 * Everything: objects, arrays and the file system of one bucket, or below a prefix of it. Made by `getInterface`, or from any backend.
 *
 * @category Opening a store
 * @example
 * ```ts
 * import { DefaultInterface, MemoryBackend } from "@cottoncandy/cottoncandy";
 *
 * const cci = new DefaultInterface(new MemoryBackend());
 * await cci.uploadRawArray("answers/life", 42);
 * console.assert((await cci.downloadRawArray("answers/life")).get() === 42);
 * console.assert((await cci.ls("answers")).join() === "answers/life");
 * ```
 */
export class DefaultInterface extends ArrayInterface {}
