/**
 * Arrays in object storage.
 *
 * @module
 */
import type { ArrayInput, NDArray, SparseArray, SparseInput } from "../array/mod.ts";
import type {
  Compression,
  ObjectReadOptions,
  ReadOptions,
  UploadResult,
  WriteOptions,
} from "../objects/mod.ts";
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
  type RawReadOptions,
  type RawWriteOptions,
  readRaw,
  writeRaw,
} from "../stored_arrays/raw.ts";
import { FileSystemInterface } from "./filesystem.ts";

/**
 * Arrays as objects: raw, as Python's cottoncandy stores them, as `.npy` files, in chunks, sparse, and in dictionaries.
 *
 * What is stored may be an `NDArray`, a typed array, nested arrays or a scalar. What is read is an `IntegrityError` when it isn't such an array, or its bytes are corrupt or
 * missing, and an `UnsupportedError` when its dtype or codec can't be read.
 *
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
   * @param options `compression`: a codec's name, `false`, or `true`, the default, which looks at a sample; `level`.
   */
  uploadRawArray(name: string, array: ArrayInput, options: RawWriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writeRaw(this.backend, key, array, this.#compressing(options)), name);
  }

  /**
   * Reads a raw array object: memory is allocated once and filled in place; see {@linkcode readRaw}.
   *
   * @param options `order` overrules the order that the object claims; `into` is memory to fill.
   */
  downloadRawArray(
    name: string,
    options: RawReadOptions & ObjectReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
  ): Promise<NDArray> {
    return this.run((key) => readRaw(this.backend, key, this.reading(options)), name);
  }

  /** Opens a raw array object without reading its items: slices fetch only the bytes they need. See {@linkcode openRaw}. */
  openRawArray(name: string, options: RawReadOptions = {}): Promise<LazyArray> {
    return this.run((key) => openRaw(this.backend, key, this.reading(options)), name);
  }

  /** Stores an array as a `.npy` file, as `numpy.save` writes it; see {@linkcode writeNpy}. */
  uploadNpyArray(name: string, array: ArrayInput, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writeNpy(this.backend, key, array, this.writing(options)), name);
  }

  /** Reads a `.npy` object: memory is allocated once and filled in place, or is `into`. See {@linkcode readNpyObject}. */
  downloadNpyArray(
    name: string,
    options: ObjectReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
  ): Promise<NDArray> {
    return this.run((key) => readNpyObject(this.backend, key, this.reading(options)), name);
  }

  /** Opens a `.npy` object without reading its items: slices fetch only the bytes they need. See {@linkcode openNpy}. */
  openNpyArray(name: string, options: ReadOptions = {}): Promise<LazyArray> {
    return this.run((key) => openNpy(this.backend, key, this.reading(options)), name);
  }

  /** Opens an archive of arrays, as `numpy.savez` writes it: members are opened by name, and what is not asked for is not read. See {@linkcode openNpz}. */
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
   * 100 MiB; `chunks`: the chunks' lengths instead; `compression`, `level`; `inFlight`: bytes under way at once.
   * @throws {InvalidArgumentError} when the array can't be cut so, or slabs don't fit the shape and dtype; nothing is left then.
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
   */
  async downloadDaskArray(name: string, options: ChunkedReadOptions = {}): Promise<ChunkedArray> {
    const { backend } = this;
    const { openChunked } = await import("../stored_arrays/chunked/mod.ts");
    return await this.run((key) => openChunked(backend, key, this.reading(options)), name);
  }

  /**
   * Stores a sparse array as a folder of its parts, which Python reads with `download_sparse_array`; see {@linkcode writeSparse}.
   *
   * @param sparse A `SparseArray`; its format, shape and parts; or one that is built up by rows (`lil`) or by places (`dok`), which is stored as `csr`.
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

  /** Reads a sparse array; see {@linkcode readSparse}. */
  async downloadSparseArray(name: string, options: RawReadOptions = {}): Promise<SparseArray> {
    const { backend } = this;
    const { readSparse } = await import("../stored_arrays/sparse.ts");
    return await this.run((key) => readSparse(backend, key, this.reading(options)), name);
  }

  /**
   * Stores a dictionary of arrays, of any depth: a raw array object for each, several at once; see {@linkcode writeDict}.
   *
   * @param name The root; `""` or `"/"` is all that the interface reaches.
   * @param dictionary Plain objects or `Map`s of whatever can be taken as an array, and further dictionaries.
   * @throws {InvalidArgumentError} for what can't be stored, naming where it is. Nothing was stored then.
   * @throws {PartialFailureError} when some arrays could not be stored; it tells which were.
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
   */
  async cloud2dict(name: string, options: DictReadOptions = {}): Promise<ArrayDict> {
    const { backend } = this;
    const { readDict } = await import("../stored_arrays/dict.ts");
    return await readDict(backend, this.below(name), this.reading(options));
  }

  /** Opens a tree of arrays to be read one at a time, as h5py does with a file; see {@linkcode openDataset}. */
  async cloud2dataset(name: string, options: RawReadOptions = {}): Promise<Dataset> {
    const { backend } = this;
    const { openDataset } = await import("../stored_arrays/mod.ts");
    return await openDataset(backend, this.below(name), this.reading(options));
  }

  /** The options of writing an array over the interface's defaults. */
  #compressing<T extends WriteOptions & { readonly compression?: Compression }>(
    options: T,
  ): T & WriteOptions {
    return { ...this.writing(options), compression: options.compression ?? this.defaults.compression };
  }
}

/**
 * Everything: objects, arrays and the file system of one bucket, or below a prefix of it. Made by `getInterface`, or from any backend.
 *
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
