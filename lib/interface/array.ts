/**
 * Arrays in object storage.
 *
 * @module
 */
import type { ArrayInput, NDArray, SparseArray, SparseInput } from "../array/mod.ts";
import { cleanPrefix } from "../names.ts";
import type { ReadOptions, UploadResult, WriteOptions } from "../objects/mod.ts";
import {
  type ChunkedArray,
  type ChunkedReadOptions,
  type ChunkedUploadResult,
  type ChunkedWriteOptions,
  openChunked,
  type SlabSource,
  writeChunked,
} from "../stored_arrays/chunked/mod.ts";
import {
  type ArrayDict,
  type ArrayTree,
  type DictReadOptions,
  type DictUploadResult,
  type DictWriteOptions,
  readDict,
  writeDict,
} from "../stored_arrays/dict.ts";
import { type Dataset, type LazyArray, openDataset } from "../stored_arrays/mod.ts";
import { openNpy, readNpyObject, writeNpy } from "../stored_arrays/npy.ts";
import {
  openRaw,
  type RawReadOptions,
  type RawWriteOptions,
  readRaw,
  writeRaw,
} from "../stored_arrays/raw.ts";
import { readSparse, writeSparse } from "../stored_arrays/sparse.ts";
import { BasicInterface } from "./basic.ts";

/**
 * Arrays as objects: raw, as Python's cottoncandy stores them, and as `.npy` files.
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
export class ArrayInterface extends BasicInterface {
  /**
   * Stores an array as a raw array object, which Python reads with `download_raw_array`.
   *
   * @param array An `NDArray`, a typed array, nested arrays or a scalar.
   * @param options `compression`: a codec's name, `false`, or `true`, the default, which looks at a sample; `level`.
   */
  uploadRawArray(name: string, array: ArrayInput, options: RawWriteOptions = {}): Promise<UploadResult> {
    const { compression = this.defaults.compression } = options;
    return this.run(
      (key) => writeRaw(this.backend, key, array, { ...this.writing(options), compression }),
      name,
    );
  }

  /**
   * Reads a raw array object: memory is allocated once and filled in place.
   *
   * @param options `order` overrules the order that the object claims; `into` is memory to fill.
   * @throws {NotFoundError} when there is no such object.
   * @throws {IntegrityError} when it isn't a raw array, or its bytes are corrupt or missing.
   */
  downloadRawArray(
    name: string,
    options: RawReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
  ): Promise<NDArray> {
    return this.run((key) => readRaw(this.backend, key, this.reading(options)), name);
  }

  /**
   * Opens a raw array object without reading its items: slices fetch only the bytes they need.
   *
   * @throws {NotFoundError} when there is no such object.
   */
  openRawArray(name: string, options: RawReadOptions = {}): Promise<LazyArray> {
    return this.run((key) => openRaw(this.backend, key, this.reading(options)), name);
  }

  /**
   * Stores an array as a `.npy` file, as `numpy.save` writes it: structured and datetime dtypes and Fortran order are kept.
   *
   * @param array An `NDArray`, a typed array, nested arrays or a scalar.
   */
  uploadNpyArray(name: string, array: ArrayInput, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writeNpy(this.backend, key, array, this.writing(options)), name);
  }

  /**
   * Reads a `.npy` object: memory is allocated once and filled in place.
   *
   * @throws {NotFoundError} when there is no such object.
   * @throws {IntegrityError} when it isn't a `.npy` file, or ends too early.
   * @throws {UnsupportedError} for object arrays, which hold Python pickles.
   */
  downloadNpyArray(
    name: string,
    options: ReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
  ): Promise<NDArray> {
    return this.run((key) => readNpyObject(this.backend, key, this.reading(options)), name);
  }

  /**
   * Opens a `.npy` object without reading its items: slices fetch only the bytes they need.
   *
   * @throws {NotFoundError} when there is no such object.
   */
  openNpyArray(name: string, options: ReadOptions = {}): Promise<LazyArray> {
    return this.run((key) => openNpy(this.backend, key, this.reading(options)), name);
  }

  /**
   * Stores an array in chunks, as a folder that Python opens as a dask array with `download_dask_array`.
   *
   * @param source An `NDArray`, or `{ shape, dtype, slabs }` larger than memory: slabs follow each other along the chunk axis, cut anywhere.
   * @param options `axis`: the axis to cut, default the last, `null` for all; `buffersize`: about how many bytes a chunk has, default
   * 100 MiB; `chunks`: the chunks' lengths instead; `compression`, `level`; `inFlight`: bytes under way at once.
   * @throws {InvalidArgumentError} when the array can't be cut so, or slabs don't fit the shape and dtype; nothing is left then.
   */
  uploadDaskArray(
    name: string,
    source: ArrayInput | SlabSource,
    options: ChunkedWriteOptions = {},
  ): Promise<ChunkedUploadResult> {
    const { compression = this.defaults.compression } = options;
    return this.run(
      (key) => writeChunked(this.backend, key, source, { ...this.writing(options), compression }),
      name,
    );
  }

  /**
   * Opens a chunked array, stored here or by Python's `upload_dask_array`, without reading its parts: slices fetch only those that they touch.
   *
   * @param options `cache`: bytes of parts to keep for later slices; `inFlight`: bytes under way at once; `order` overrules what parts claim.
   * @throws {NotFoundError} when there is no such array.
   * @throws {IntegrityError} when its metadata are none of a chunked array.
   */
  downloadDaskArray(name: string, options: ChunkedReadOptions = {}): Promise<ChunkedArray> {
    return this.run((key) => openChunked(this.backend, key, this.reading(options)), name);
  }

  /**
   * Stores a sparse array as a folder of its parts, which Python reads with `download_sparse_array`; its `metadata.json` comes last.
   *
   * @param sparse A `SparseArray`; its format, shape and parts; or one that is built up by rows (`lil`) or by places (`dok`), which is stored as `csr`.
   * @param options User metadata are those of `metadata.json`.
   * @throws {InvalidArgumentError} when the parts make no sparse array.
   * @throws {AlreadyExistsError} when there is an array and `overwrite` is false.
   */
  uploadSparseArray(name: string, sparse: SparseInput, options: RawWriteOptions = {}): Promise<UploadResult> {
    const { compression = this.defaults.compression } = options;
    return this.run(
      (key) => writeSparse(this.backend, key, sparse, { ...this.writing(options), compression }),
      name,
    );
  }

  /**
   * Reads a sparse array.
   *
   * @throws {NotFoundError} when there is no such array, or a part of it is missing.
   * @throws {IntegrityError} when its parts don't fit each other.
   * @throws {UnsupportedError} when it is of a type that is not known.
   */
  downloadSparseArray(name: string, options: RawReadOptions = {}): Promise<SparseArray> {
    return this.run((key) => readSparse(this.backend, key, this.reading(options)), name);
  }

  /**
   * Stores a dictionary of arrays, of any depth: a raw array object for each, several at once. All of it is looked at before anything is stored.
   *
   * @param name The root; `""` or `"/"` is all that the interface reaches.
   * @param dictionary Plain objects or `Map`s of whatever can be taken as an array, and further dictionaries.
   * @param options User metadata are stored with every array.
   * @throws {InvalidArgumentError} for what can't be stored, naming where it is. Nothing was stored then.
   * @throws {PartialFailureError} when some arrays could not be stored; it tells which were.
   */
  async dict2cloud(
    name: string,
    dictionary: ArrayTree,
    options: DictWriteOptions = {},
  ): Promise<DictUploadResult> {
    const { compression = this.defaults.compression } = options;
    return await writeDict(this.backend, this.prefix + cleanPrefix(name), dictionary, {
      ...this.writing(options),
      compression,
    });
  }

  /**
   * Reads a dictionary of arrays: all below a root, several at once. What is no array comes as `null`, with a warning.
   *
   * @param name The root; `""` or `"/"` is all that the interface reaches.
   * @param options `keys`: which entries to read; default all.
   * @throws {NotFoundError} when there is nothing below the root, or nothing that has one of the `keys`.
   */
  async cloud2dict(name: string, options: DictReadOptions = {}): Promise<ArrayDict> {
    return await readDict(this.backend, this.prefix + cleanPrefix(name), this.reading(options));
  }

  /**
   * Opens a tree of arrays to be read one at a time, as h5py does with a file.
   *
   * @param name Where the tree begins; `""` or `"/"` is all that the interface reaches.
   * @throws {NotFoundError} when there is nothing.
   */
  async cloud2dataset(name: string, options: RawReadOptions = {}): Promise<Dataset> {
    return await openDataset(this.backend, this.prefix + cleanPrefix(name), this.reading(options));
  }
}
