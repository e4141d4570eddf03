/**
 * Raw arrays: an object whose bytes are the array's items, compressed or not, and whose metadata say what they are. The format of Python
 * cottoncandy's `upload_raw_array` and `download_raw_array`, compatible both ways.
 *
 * @module
 */
import type { Backend, ObjectHead, ObjectReader } from "../../backends/backend.ts";
import { codecNamed, compress } from "../../codecs/mod.ts";
import {
  arrayFromBytes,
  type ArrayInput,
  asNDArray,
  bytesOf,
  contiguousBytes,
  type NDArray,
  parseRawMetadata,
  type RawHeader,
  rawMetadata,
} from "../array/mod.ts";
import { IntegrityError } from "../errors.ts";
import { withErrorKey } from "../error_context.ts";
import { cleanName } from "../names.ts";
import {
  type Compression,
  headObject,
  putObject,
  type ReadOptions,
  refuseEncrypted,
  type UploadResult,
  userMetadata,
  type WriteOptions,
} from "../objects/mod.ts";
import { byteTarget, openSameVersion, rangeReader } from "./reading.ts";
import { fill } from "../streams/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";
import { chooseCodec } from "./compression.ts";
import { LazyArray } from "./lazy_array.ts";

/** Options of {@linkcode writeRaw}. */
export interface RawWriteOptions extends WriteOptions {
  /**
   * A codec's name, `false` for none, or `true`, the default: a sample of the array is compressed, and the array is stored raw where that
   * saves less than a tenth, and as `"gzip"` otherwise.
   */
  readonly compression?: Compression;
  /** How hard to compress, in the codec's own scale; its page names range and default. */
  readonly level?: number;
}

/** Options of {@linkcode readRaw} and {@linkcode openRaw}. */
export interface RawReadOptions extends ReadOptions {
  /**
   * In which order the items lie in the object. `"stored"`, the default, decides as Python's cottoncandy does: by the metadata, but always C
   * for codecs other than gzip. `"C"` and `"F"` overrule that: objects written by Python from read-only arrays say F where they are C, and
   * draw a warning.
   */
  readonly order?: "stored" | "C" | "F";
}

/**
 * Stores an array as a raw array object that Python's cottoncandy reads with `download_raw_array`. The items are stored in C order and in the
 * array's own dtype; an array in memory is sent from where it lies, without a copy.
 *
 * @param array An `NDArray`, a typed array, nested arrays or a scalar. Must not change before the promise resolves.
 * @param options `compression` and `level`; for all codecs but LZ4 and BZ2 memory stays bounded whatever the array's size.
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
  options: RawWriteOptions = {},
): Promise<UploadResult> {
  const key = cleanName(name);
  return await withErrorKey(key, async () => {
    const source = asNDArray(array);
    const { compression = true, level, metadata, ...rest } = options;
    const user = userMetadata(metadata);
    const codec = await chooseCodec(source, compression, level);
    const own = rawMetadata(source, codec);
    const { body, size } = itemsBody(source, codec, level);
    return await putObject(backend, key, body, { ...own, ...user }, { ...rest, size });
  });
}

/**
 * Reads a raw array object. Memory is allocated once, for the array, and filled in place: by concurrent requests when it is stored raw,
 * through a streaming decoder when it is compressed.
 *
 * @param options `order`: overrules the object's own word; `into`: memory to fill instead of new memory, a contiguous `NDArray` of the
 * same dtype and shape or a typed array with as many bytes.
 * @returns The array: its data are a view of the bytes as they came, byte-swapped dtypes included.
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when the object isn't a raw array, or its bytes are corrupt or fewer than its metadata say.
 * @throws {UnsupportedError} for `|O`, `<f16` and codecs that are not known here.
 */
export async function readRaw(
  backend: Backend,
  name: string,
  options: RawReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
): Promise<NDArray> {
  const { order: _order, into: _into, ...rest } = options;
  return await readRawFrom(await backend.open(cleanName(name), { ...rest, parallel: true }), options);
}

/**
 * Reads an object as a raw array that has been opened already, to see what it is, and closes it.
 *
 * @param reader Opened with `parallel`, for the whole object.
 * @throws {IntegrityError} and {@linkcode UnsupportedError} as {@linkcode readRaw}.
 */
export async function readRawFrom(
  reader: ObjectReader,
  options: RawReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
): Promise<NDArray> {
  return await withErrorKey(reader.info.key, async () => {
    const header = rawHeader(reader.info, options.order, options.onWarning);
    if (header.compression === false) checkLength(header, reader.info.size);
    const target = byteTarget(header, options.into);
    await readItems(reader, header, target, options);
    return arrayFromBytes(target, header);
  }).finally(() => reader.close());
}

/**
 * Opens a raw array object without reading its items: slices of the result fetch only the bytes they need. A compressed object can't be
 * read in parts; it is read whole at the first slice, with a warning.
 *
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
 * await writeRaw(backend, "ramp", ndarray(Float64Array.from({ length: 100 }, (_, i) => i), [10, 10]), { compression: false });
 * const lazy = await openRaw(backend, "ramp");
 * const row = await lazy.slice(3, [2, 5]); // three items: 24 bytes are read
 * console.assert(row.toNested().toString() === "32,33,34");
 * ```
 */
export async function openRaw(
  backend: Backend,
  name: string,
  options: RawReadOptions = {},
): Promise<LazyArray> {
  const { order, ...rest } = options;
  const head = await headObject(backend, name, rest);
  return await withErrorKey(head.key, () => {
    const header = rawHeader(head, order, options.onWarning);
    if (header.compression === false) checkLength(header, head.size);
    else codecNamed(header.compression);
    return Promise.resolve(
      new LazyArray({
        key: head.key,
        layout: header,
        items: header.compression === false
          ? { kind: "ranged", start: 0, read: rangeReader(backend, head), concurrency: options.concurrency }
          : {
            kind: "whole",
            read: async (signal) => {
              // Its order is settled, and has been warned of where it looks wrong.
              const settled = { ...options, order: header.order, signal, onProgress: undefined };
              return await readRawFrom(await openSameVersion(backend, head, settled), settled);
            },
          },
        signal: options.signal,
        onWarning: options.onWarning,
      }),
    );
  });
}

async function readItems(
  reader: ObjectReader,
  header: RawHeader,
  target: Uint8Array<ArrayBuffer>,
  { signal }: ReadOptions,
): Promise<void> {
  const { compression } = header;
  if (compression === false) {
    const { size } = reader.info;
    const range = size === header.byteLength ? undefined : { offset: 0, length: header.byteLength };
    await reader.read(range, { into: target, signal });
    return;
  }
  const items = decodedItems(reader, { ...header, compression }, signal);
  await fill(items, target, { excess: ignoresExcess(header) ? "drain" : "error" });
}

// What all readers of raw arrays share: the header, and the items as a stream.

/** An array's items as an object's body; `size` is its length where that is known before it is made. */
export function itemsBody(
  array: NDArray,
  codec: string | false,
  level: number | undefined,
): { body: Uint8Array | ReadableStream<Uint8Array>; size?: number } {
  const size = array.nbytes;
  if (codec === false) return { body: contiguousBytes(array) ?? bytesOf(array), size };
  return { body: bytesOf(array).pipeThrough(compress(codec, { level, size })) };
}

/** What an object's metadata say of the array that it holds; warns where their order looks wrong. */
export function rawHeader(
  info: ObjectHead,
  order: "stored" | "C" | "F" | undefined,
  onWarning: OnWarning = warnOncePerKind,
): RawHeader {
  const { key } = info;
  refuseEncrypted(info);
  const header = headerOf(info, order);
  if (header.suspectOrder && (order ?? "stored") === "stored") {
    onWarning({
      kind: "suspect-order",
      key,
      message:
        "this array says Fortran order, but Python's cottoncandy writes C order and mislabels read-only arrays: if it looks scrambled, " +
        'read it with { order: "C" }',
    });
  }
  return header;
}

function headerOf(
  { metadata, metadataNote }: ObjectHead,
  order: "stored" | "C" | "F" | undefined,
): RawHeader {
  try {
    return parseRawMetadata(metadata, { order });
  } catch (error) {
    const missing = Object.keys(metadata).length === 0;
    if (!missing || metadataNote === undefined || !(error instanceof IntegrityError)) throw error;
    throw new IntegrityError(`${error.message}. ${metadataNote}`, { cause: error });
  }
}

/** Whether bytes after the items are ignored, as Python ignores them in raw and gzip objects: such objects may exist. */
export function ignoresExcess({ compression }: RawHeader): boolean {
  return compression === false || compression === "gzip";
}

/** The items of a compressed object. */
export function decodedItems(
  reader: ObjectReader,
  header: RawHeader & { readonly compression: string },
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const decoder = codecNamed(header.compression).decode(
    ignoresExcess(header) ? {} : { size: header.byteLength },
  );
  return reader.stream(undefined, { signal }).pipeThrough(decoder);
}

/**
 * Makes sure that an object that is stored raw has all of its items.
 *
 * @throws {IntegrityError} when it has fewer bytes.
 */
export function checkLength({ shape, dtype, byteLength }: RawHeader, size: number): void {
  if (size >= byteLength) return;
  throw new IntegrityError(
    `the object has ${size} bytes, but an array of shape (${
      shape.join(", ")
    }) and dtype ${dtype} needs ${byteLength}: it is truncated, ` +
      "or its metadata are wrong",
  );
}
