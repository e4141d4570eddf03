/**
 * Raw arrays: an object whose bytes are the array's items, compressed or not, and whose metadata say what they are. The format of Python
 * cottoncandy's `upload_raw_array` and `download_raw_array`, compatible both ways.
 *
 * @module
 */
import { loadOnce } from "../async.ts";
import { checkOptions } from "../options.ts";
import type { Backend, HeadOptions, ObjectReader } from "../../backends/backend.ts";
import { codecNamed } from "../../codecs/mod.ts";
import { arrayFromBytes } from "../array/formats/mod.ts";
import type { ArrayInput, NDArray } from "../array/mod.ts";
import { withErrorKey } from "../error_context.ts";
import { InvalidArgumentError } from "../errors.ts";
import { headObject, objectKey, type UploadResult } from "../objects/mod.ts";
import { fill } from "../streams/mod.ts";
import {
  RAW_DESCRIPTION,
  RAW_READ_OPTIONS,
  type RawDescription,
  type RawReadOptions,
  type RawWriteOptions,
  SLICEABLE_WRITE_OPTIONS,
  type SliceableWriteOptions,
} from "./raw_options.ts";
import { codecStages, onThisThread } from "./codec_stages.ts";
import type { LazyArray } from "./lazy_array.ts";
import { ignoresExcess, itemRange, itemStream, rawHeader } from "./raw_items.ts";
import { byteTarget, openSameVersion, rangeReader } from "./reading.ts";

export type { RawDescription, RawReadOptions, RawWriteOptions, SliceableWriteOptions };

const SLICEABLE = "store it with { sliceable: true }";
/** Loaded only when one is written, so that a page which reads stays small. */
const rawBodies = loadOnce(() => import("./raw_body.ts"));
const RAW_EXTRAS = { into: true, versionId: true } as const;

/**
 * Stores an array as a raw array object that Python's cottoncandy reads with `download_raw_array`. The items are stored in C order and in the
 * array's own dtype; an array in memory is sent from where it lies, without a copy.
 *
 * @param array An `NDArray`, a typed array, nested arrays or a scalar. Must not change before the promise resolves.
 * @param options `sliceable`: stored as it is, so that {@linkcode openRaw} reads parts of it; `compression` and `level` else; for all codecs but LZ4 and BZ2 memory stays bounded whatever the array's size.
 * @throws {InvalidArgumentError} when it is to be both sliceable and compressed.
 * @throws {UnsupportedError} for object arrays and dtypes that can't be stored.
 *
 * @example
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { readRaw, writeRaw } from "@cottoncandy/cottoncandy/raw";
 *
 * const backend = new MemoryBackend();
 * await writeRaw(backend, "sub01/betas", ndarray(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]), { compression: "Zstd" });
 * const betas = await readRaw(backend, "sub01/betas");
 * console.assert(betas.dtype === "<f4" && betas.shape.join() === "2,3" && betas.get(1, 0) === 4);
 * ```
 */
export async function writeRaw(
  backend: Backend,
  name: string,
  array: ArrayInput,
  options: SliceableWriteOptions = {},
): Promise<UploadResult> {
  checkOptions(options, SLICEABLE_WRITE_OPTIONS);
  const { sliceable = false, ...rest } = options;
  if (sliceable && (rest.level !== undefined || (rest.compression ?? false) !== false)) {
    throw new InvalidArgumentError(
      "an array is either sliceable or compressed: leave `sliceable` out, or `compression` and `level`",
      { committed: "no" },
    );
  }
  const key = await objectKey(backend, name, options);
  return await withErrorKey(key, async () => {
    const { putRaw } = await rawBodies();
    return await putRaw(backend, key, array, sliceable ? { ...rest, compression: false } : rest);
  });
}

/**
 * Reads a raw array object. Memory is allocated once, for the array, and filled in place: by concurrent requests when it is stored raw,
 * through a streaming decoder when it is compressed.
 *
 * @param options `order`: overrules the object's own word; `into`: memory to fill instead of new memory, a contiguous `NDArray` of the
 * same dtype and shape or a typed array with as many bytes; `dtype`, `shape` and `compression`: what the array is, where the object's metadata don't say it, such as on a web server.
 * @returns The array: its data are a view of the bytes as they came, byte-swapped dtypes included.
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when the object isn't a raw array, or its bytes are corrupt or fewer than its metadata say.
 * @throws {UnsupportedError} for `|O`, `<f16` and codecs that are not known here.
 *
 * @example Runs of one shape, read into the same memory: what was used before is filled at twice the speed of new memory
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { readRaw, writeRaw } from "@cottoncandy/cottoncandy/raw";
 *
 * const backend = new MemoryBackend();
 * for (const run of [1, 2]) await writeRaw(backend, `run${run}`, ndarray(new Float32Array(600).fill(run), [20, 30]), { compression: false });
 * const into = ndarray(new Float32Array(600), [20, 30]);
 * let sum = 0;
 * for (const run of [1, 2]) sum += Number((await readRaw(backend, `run${run}`, { into })).get(19, 29));
 * console.assert(sum === 3 && into.get(0, 0) === 2);
 * ```
 */
export async function readRaw(
  backend: Backend,
  name: string,
  options: RawReadOptions & RawDescription & HeadOptions & {
    into?: NDArray | ArrayBufferView<ArrayBuffer>;
  } = {},
): Promise<NDArray> {
  checkOptions(options, RAW_READ_OPTIONS, RAW_DESCRIPTION, RAW_EXTRAS);
  const { order: _order, into: _into, dtype: _dtype, shape: _shape, compression: _compression, ...rest } =
    options;
  const key = await objectKey(backend, name, rest);
  return await readRawFrom(await backend.open(key, { ...rest, parallel: true }), options);
}

/**
 * Reads an object as a raw array that has been opened already, to see what it is, and closes it.
 *
 * @param reader Opened with `parallel`, for the whole object.
 * @throws {IntegrityError} and {@linkcode UnsupportedError} as {@linkcode readRaw}.
 */
export async function readRawFrom(
  reader: ObjectReader,
  options: RawReadOptions & RawDescription & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
): Promise<NDArray> {
  return await withErrorKey(reader.info.key, async () => {
    const header = rawHeader(reader.info, options.order, options.onWarning, options);
    const { signal } = options;
    // What can be held against the object comes first: metadata that lie cost an error, and no memory.
    if (header.compression === false) {
      const range = itemRange(reader, header);
      const target = byteTarget(header, options.into);
      await reader.read(range, { into: target, signal });
      return arrayFromBytes(target, header);
    }
    const excess = ignoresExcess(header) ? "drain" : "error";
    const codecs = await codecStages("decompress", header.byteLength, options);
    try {
      const target = byteTarget(header, options.into);
      await fill(itemStream(reader, header, signal, codecs), target, { excess });
      return arrayFromBytes(target, header);
    } finally {
      codecs.close();
    }
  }).finally(() => reader.close());
}

/**
 * Opens a raw array object without reading its items: slices of the result fetch only the bytes they need. A compressed object can't be
 * read in parts: its slices read it whole, of which it warns at once, and `sliceable` is false. What is to be sliced is stored with `{ sliceable: true }`.
 *
 * @param options `dtype`, `shape` and `compression`: as for {@linkcode readRaw}.
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when the object isn't a raw array.
 *
 * @example
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { openRaw, writeRaw } from "@cottoncandy/cottoncandy/raw";
 *
 * const backend = new MemoryBackend();
 * await writeRaw(backend, "ramp", ndarray(Float64Array.from({ length: 100 }, (_, i) => i), [10, 10]), { sliceable: true });
 * const lazy = await openRaw(backend, "ramp");
 * const row = await lazy.slice(3, [2, 5]); // three items: 24 bytes are read
 * console.assert(row.toNested().toString() === "32,33,34");
 * ```
 */
export async function openRaw(
  backend: Backend,
  name: string,
  options: RawReadOptions & RawDescription = {},
): Promise<LazyArray> {
  checkOptions(options, RAW_READ_OPTIONS, RAW_DESCRIPTION);
  const { order, dtype, shape, compression: codec, workers: _workers, ...rest } = options;
  const head = await headObject(backend, name, rest);
  return await withErrorKey(head.key, async () => {
    const header = rawHeader(head, order, options.onWarning, { dtype, shape, compression: codec });
    const { compression } = header;
    if (compression !== false) codecNamed(compression);
    const readWhole = async (signal: AbortSignal | undefined) => {
      // The order is decided, and has been warned of where it looks wrong.
      const decided = { ...options, order: header.order, signal, onProgress: undefined };
      return await readRawFrom(await openSameVersion(backend, head, decided), decided);
    };
    const decoded = async (signal: AbortSignal | undefined) =>
      itemStream(
        await openSameVersion(backend, head, { ...rest, signal, onProgress: undefined }),
        header,
        signal,
        // Who goes through it block by block may stop anywhere: workers would wait for the rest.
        onThisThread,
      );
    // Loaded only when an array is opened, so that a page which reads whole ones stays small.
    const { LazyArray } = await import("./lazy_array.ts");
    return new LazyArray({
      key: head.key,
      layout: header,
      items: compression === false
        ? { kind: "ranged", start: 0, read: rangeReader(backend, head), concurrency: options.concurrency }
        : { kind: "whole", codec: compression, advice: SLICEABLE, read: readWhole, stream: decoded },
      signal: options.signal,
      onWarning: options.onWarning,
    });
  });
}
