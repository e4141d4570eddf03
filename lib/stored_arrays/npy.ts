/**
 * Arrays as `.npy` objects: the bytes that `numpy.save` writes.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import type { Backend, ObjectHead, ObjectReader } from "../../backends/backend.ts";
import { arrayFromBytes, type NpyHeader, parseNpyHeader } from "../array/formats/mod.ts";
import type { ArrayInput, NDArray } from "../array/mod.ts";
import { IntegrityError } from "../errors.ts";
import { withErrorKey } from "../error_context.ts";
import type { ObjectReadOptions, ReadOptions, UploadResult, WriteOptions } from "../objects/mod.ts";
import {
  OBJECT_READ_OPTIONS,
  objectKey,
  READ_OPTIONS,
  refuseEncrypted,
  WRITE_OPTIONS,
} from "../objects/reading/mod.ts";
import type { LazyArray } from "./lazy_array.ts";
import { npyLayout, rangeReader } from "./reading.ts";

const INTO = { into: true } as const;

// Nearly all headers have 128 bytes; only structured dtypes with many fields need a second request.
const FIRST_READ = 4096;

/**
 * Stores an array as a `.npy` file, as `numpy.save` writes it. Structured and datetime dtypes are kept, and an array in Fortran order is
 * stored in it. Nothing is copied for a contiguous array, whatever its size.
 *
 * @param array An `NDArray`, a typed array, nested arrays or a scalar. Must not change before the promise resolves.
 * @throws {UnsupportedError} for dtypes that can't be stored.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { readNpyObject, writeNpy } from "@cottoncandy/cottoncandy/npy";
 *
 * const backend = new MemoryBackend();
 * await writeNpy(backend, "mask.npy", [[true, false], [false, true]]);
 * const mask = await readNpyObject(backend, "mask.npy");
 * console.assert(mask.dtype === "|b1" && mask.get(0, 0) === true);
 * ```
 */
export async function writeNpy(
  backend: Backend,
  name: string,
  array: ArrayInput,
  options: WriteOptions = {},
): Promise<UploadResult> {
  checkOptions(options, WRITE_OPTIONS);
  const key = await objectKey(backend, name, options);
  return await withErrorKey(key, async () => {
    // Loaded only when one is written, so that a page which reads stays small.
    const { putNpy } = await import("./npy_streams.ts");
    return await putNpy(backend, key, array, options);
  });
}

/**
 * Reads a `.npy` object: memory is allocated once, for the array, and filled in place by concurrent requests; `into` is filled by one, since where the
 * items begin is known only when the header has come.
 *
 * @param options `into`: memory to fill instead of new memory, a contiguous `NDArray` of the same dtype, shape and order or a typed array with
 * as many bytes.
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when it isn't a `.npy` file, or ends too early.
 * @throws {UnsupportedError} for object arrays, which hold Python pickles.
 */
export async function readNpyObject(
  backend: Backend,
  name: string,
  options: ObjectReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
): Promise<NDArray> {
  checkOptions(options, OBJECT_READ_OPTIONS, INTO);
  const { into, ...rest } = options;
  const key = await objectKey(backend, name, rest);
  return await readNpyFrom(await backend.open(key, { ...rest, parallel: into === undefined }), options);
}

/**
 * Reads an object as a `.npy` file that has been opened already, to see what it is, and closes it.
 *
 * @param reader Opened with `parallel`, unless there is an `into`.
 * @throws {IntegrityError} and {@linkcode UnsupportedError} as {@linkcode readNpyObject}.
 */
export async function readNpyFrom(
  reader: ObjectReader,
  options: ReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
): Promise<NDArray> {
  if (options.into !== undefined) return await streamNpyFrom(reader, options);
  return await withErrorKey(reader.info.key, async () => {
    refuseEncrypted(reader.info);
    // The header's length isn't known before it is read: the whole file is read into one buffer, and the array is a view of its end.
    const file = await reader.read(undefined, { signal: options.signal });
    const parsed = parseNpyHeader(file, { size: file.byteLength });
    if (parsed.kind === "more") {
      throw new IntegrityError(
        `the object ends within its .npy header, after ${file.byteLength} bytes: it is truncated, or no .npy file`,
      );
    }
    const { byteOffset, byteLength } = parsed.header;
    return arrayFromBytes(file.subarray(byteOffset, byteOffset + byteLength), npyLayout(parsed.header));
  }).finally(() => reader.close());
}

/**
 * Like {@linkcode readNpyFrom}, for an object that may well be something else: it is read from its beginning on, into memory taken once its header
 * is known, and given up at its first bytes when it is no `.npy` file.
 *
 * @throws {IntegrityError} and {@linkcode UnsupportedError} as {@linkcode readNpyObject}.
 */
export async function streamNpyFrom(
  reader: ObjectReader,
  options: ReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
): Promise<NDArray> {
  return await withErrorKey(reader.info.key, async () => {
    refuseEncrypted(reader.info);
    // Loaded only when it is needed, as above.
    const { streamNpy } = await import("./npy_streams.ts");
    return await streamNpy(reader, options);
  }).finally(() => reader.close());
}

/**
 * Opens a `.npy` object without reading its items: slices of the result fetch only the bytes they need.
 *
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when it isn't a `.npy` file, or is shorter than its header says.
 *
 * @example
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { openNpy, writeNpy } from "@cottoncandy/cottoncandy/npy";
 *
 * const backend = new MemoryBackend();
 * await writeNpy(backend, "ramp.npy", ndarray(Float32Array.from({ length: 12 }, (_, i) => i), [3, 4]));
 * const ramp = await openNpy(backend, "ramp.npy");
 * console.assert((await ramp.slice(null, 1)).toNested().toString() === "1,5,9");
 * ```
 */
export async function openNpy(backend: Backend, name: string, options: ReadOptions = {}): Promise<LazyArray> {
  checkOptions(options, READ_OPTIONS);
  const { info, header } = await openHeader(backend, await objectKey(backend, name, options), options);
  // Loaded only when an array is opened, so that a page which reads whole ones stays small.
  const { LazyArray } = await import("./lazy_array.ts");
  return new LazyArray({
    key: info.key,
    layout: npyLayout(header),
    items: {
      kind: "ranged",
      start: header.byteOffset,
      read: rangeReader(backend, info),
      concurrency: options.concurrency,
    },
    signal: options.signal,
    onWarning: options.onWarning,
  });
}

/** Reads a `.npy` object's header, and no more than a little of what follows it. */
async function openHeader(
  backend: Backend,
  key: string,
  options: ReadOptions,
): Promise<{ info: ObjectHead; header: NpyHeader }> {
  const reader = await backend.open(key, {
    ...options,
    range: { offset: 0, length: FIRST_READ },
    onProgress: undefined,
  });
  return await withErrorKey(key, async () => {
    const { info } = reader;
    refuseEncrypted(info);
    let parsed = parseNpyHeader(await reader.read(undefined, { signal: options.signal }), info);
    while (parsed.kind === "more") {
      const { byteLength } = parsed;
      parsed = parseNpyHeader(
        await reader.read({ offset: 0, length: byteLength }, { signal: options.signal }),
        info,
      );
    }
    return { info, header: parsed.header };
  }).finally(() => reader.close());
}
