/**
 * Arrays from one format and store to another: streaming, in bounded memory, bit by bit.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../../backends/backend.ts";
import type { ChunkSpec } from "../../array/chunks/mod.ts";
import {
  arrayFromBytes,
  asNDArray,
  DESCR_KEY,
  type NDArray,
  npyDecode,
  rawMetadata,
} from "../../array/mod.ts";
import { shown, withErrorKey } from "../../error_context.ts";
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { metadataSize, objectKey, putObject, type UploadResult, userMetadata } from "../../objects/mod.ts";
import { WRITE_OPTIONS } from "../../objects/reading/mod.ts";
import type { ResumeStore } from "../../objects/resuming/mod.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { fill, streamFrom } from "../../streams/mod.ts";
import { writeChunked } from "../chunked/mod.ts";
import { codecStages } from "../codec_stages.ts";
import { openArray } from "../identify/mod.ts";
import { ArrayView } from "../array_view.ts";
import { LazyArray } from "../lazy_array.ts";
import { npyFile } from "../npy_file.ts";
import type { RawWriteOptions } from "../raw.ts";
import { byteTarget, npyLayout } from "../reading.ts";
import { chooseCodec } from "../raw_body.ts";
import type { StoredArray } from "../stored_array.ts";
import { writeZarr, type ZarrWriteOptions } from "../zarr/mod.ts";
import { byteLengthOf, itemBytes, itemSlabs, storedOrder } from "../items.ts";

export { ArrayView, npyFile };
export type { NpyFile } from "../npy_file.ts";

/** The formats that arrays are converted to. */
export type ArrayFormat = "raw" | "npy" | "chunked" | "zarr";

/** Options of {@linkcode storeArray} and {@linkcode convertArray}. */
export interface ConvertOptions extends RawWriteOptions {
  /** What to store: a raw array object, a `.npy` file, a folder of chunks as dask arrays have it, or a Zarr array (version 3). */
  readonly to: ArrayFormat;
  /** How `"chunked"` and `"zarr"` are cut; default: that of the format. Of a Zarr array all chunks along an axis have one length. */
  readonly chunks?: ChunkSpec;
  /**
   * Only with `"chunked"`: a resume store, or `true` for the default directory. What breaks off is kept, and the same call goes on with it, in another process too; chunks that have arrived are not
   * sent again, though the source is read from its beginning. Default false: a failure leaves nothing behind.
   */
  readonly resume?: boolean | ResumeStore;
}

const CONVERT_OPTIONS: OptionTable<ConvertOptions> = {
  ...WRITE_OPTIONS,
  compression: true,
  level: true,
  workers: true,
  to: true,
  chunks: true,
  resume: true,
};
const FORMATS: readonly ArrayFormat[] = ["raw", "npy", "chunked", "zarr"];

/** What was stored. */
export interface ConvertResult extends UploadResult {
  /** The format. */
  readonly to: ArrayFormat;
}

/**
 * Converts an array of any format, in any store, to another one, in any store: streaming, in bounded memory whatever its size, and bit by bit, byte order, NaN's payload and fields of structured dtypes included. What the
 * target can't hold so is refused before anything is written.
 *
 * Of an array that can't be read in parts (compressed as one object) or is stored in Fortran order, all is read once where the target allows, and else in several passes.
 *
 * @param options `to` says the format; the others are those of writing it.
 * @throws {NotFoundError} when there is no array to convert.
 * @throws {InvalidArgumentError} when there is something else than an array, both places are one, or the target takes no such options.
 * @throws {UnsupportedError} when the target can't hold the array as it is, or it can't be had in bounded memory.
 * @throws {IntegrityError} when it is damaged; nothing of it is left then.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { convertArray } from "@cottoncandy/cottoncandy/convert";
 * import { openZarr } from "@cottoncandy/cottoncandy/zarr";
 * import { writeNpy } from "@cottoncandy/cottoncandy/npy";
 *
 * const backend = new MemoryBackend();
 * await writeNpy(backend, "betas.npy", [[0.5, 1], [2, 4]]);
 * await convertArray(backend, "betas.npy", backend, "betas.zarr", { to: "zarr", chunks: [1, 2], compression: "gzip" });
 * console.assert((await (await openZarr(backend, "betas.zarr")).slice(1)).toNested().toString() === "2,4");
 * ```
 */
export async function convertArray(
  from: Backend,
  name: string,
  to: Backend,
  toName: string,
  options: ConvertOptions,
): Promise<ConvertResult> {
  checkConvert(options);
  const { signal, onWarning } = options;
  // That a compressed array can't be sliced is no news to who converts all of it.
  const source = await openArray(from, name, { signal, onWarning: () => {} });
  const target = await objectKey(to, toName.replace(/\/+$/, ""), { signal, onWarning });
  if (from === to && (source.key === target || source.key.startsWith(`${target}/`))) {
    throw new InvalidArgumentError(`"${target}" is what is converted: give another name`, {
      committed: "no",
    });
  }
  return await storeArray(to, target, source, options);
}

/**
 * Stores an array that was opened, in a format: the other half of {@linkcode convertArray}.
 *
 * @throws {InvalidArgumentError}, {@linkcode UnsupportedError} and {@linkcode IntegrityError} as {@linkcode convertArray}.
 */
export async function storeArray(
  backend: Backend,
  name: string,
  source: StoredArray,
  options: ConvertOptions,
): Promise<ConvertResult> {
  checkConvert(options);
  const { to, chunks, resume, ...rest } = options;
  const { signal, onWarning } = options;
  const result = await withErrorKey(source.key, async () => {
    switch (to) {
      case "raw":
        return await storeRaw(backend, await objectKey(backend, name, { signal, onWarning }), source, rest);
      case "npy":
        return await storeNpy(backend, await objectKey(backend, name, { signal, onWarning }), source, rest);
      case "chunked": {
        checkFields(backend, source);
        // Cut along the axis that items come along, where nothing else is asked for.
        const cut = chunks === undefined ? { axis: storedOrder(source) === "F" ? -1 : 0 } : { chunks };
        return await writeChunked(backend, name, source, {
          ...rest,
          resume,
          ...(source.shape.length > 0 && cut),
        });
      }
      case "zarr":
        return await writeZarr(backend, name, source, { ...rest, chunks: zarrChunks(chunks) });
    }
  });
  return { ...result, to };
}

async function storeRaw(
  backend: Backend,
  key: string,
  source: StoredArray,
  options: RawWriteOptions,
): Promise<UploadResult> {
  const { compression, level, workers: _, metadata: user, signal, ...rest } = options;
  checkFields(backend, source);
  const checked = userMetadata(user);
  const size = byteLengthOf(source);
  const codecs = await codecStages("compress", compression === false ? 0 : size, options);
  try {
    const { sample, stream } = await peek(itemBytes(source, "C", { signal }));
    const codec = size === 0 ? false : await chooseCodec(asNDArray(sample), compression ?? true, level);
    const body = codec === false ? stream : stream.pipeThrough(codecs.compress(codec, { level, size }));
    const metadata = { ...rawMetadata(source, codec), ...checked };
    return await putObject(backend, key, body, metadata, {
      ...rest,
      signal,
      ...(codec === false && { size }),
    });
  } finally {
    codecs.close();
  }
}

async function storeNpy(
  backend: Backend,
  key: string,
  source: StoredArray,
  { compression: _compression, level: _level, workers: _, metadata: user, ...rest }: RawWriteOptions,
): Promise<UploadResult> {
  const { stream, size } = npyFile(source, { signal: rest.signal });
  return await putObject(backend, key, stream, userMetadata(user), { ...rest, size });
}

/** The first bytes of a stream, to choose a codec by, and all of it. */
async function peek(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ sample: Uint8Array<ArrayBuffer>; stream: ReadableStream<Uint8Array<ArrayBuffer>> }> {
  const reader = source.getReader();
  const { value: first } = await reader.read();
  reader.releaseLock();
  const stream = streamFrom((async function* () {
    if (first) yield first;
    yield* source;
  })());
  return { sample: first ?? new Uint8Array(), stream };
}

/** Refuses fields that a store has no room for: without them a structured array is bytes. */
function checkFields({ capabilities: { metadataLimit }, name }: Backend, array: StoredArray): void {
  const metadata = rawMetadata(array, "False");
  if (metadata[DESCR_KEY] === undefined || metadataSize(metadata) <= metadataLimit) return;
  throw new UnsupportedError(
    `the fields of the dtype take more metadata than ${name} has room for: convert it to npy, which keeps them in the file`,
    { committed: "no" },
  );
}

function zarrChunks(chunks: ChunkSpec | undefined): ZarrWriteOptions["chunks"] {
  if (chunks === undefined || typeof chunks === "number") return chunks;
  return chunks.map((length) => {
    if (length === null || typeof length === "number") return length;
    throw new InvalidArgumentError("the chunks of a Zarr array are of one length along an axis: give that", {
      committed: "no",
    });
  });
}

function checkConvert(options: ConvertOptions): void {
  checkOptions(options, CONVERT_OPTIONS);
  const { to, chunks, compression, level, resume = false } = options;
  if (!FORMATS.includes(to)) {
    throw new InvalidArgumentError(`\`to\` is one of ${FORMATS.join(", ")}, not ${shown(to)}`, {
      committed: "no",
    });
  }
  const isCut = to === "chunked" || to === "zarr";
  if (!isCut && chunks !== undefined) {
    throw new InvalidArgumentError(`an array stored as ${to} is in one piece: leave \`chunks\` out`, {
      committed: "no",
    });
  }
  if (resume !== false && to !== "chunked") {
    throw new InvalidArgumentError(
      `an array stored as ${to} can't be taken up where it broke off, only one in chunks can: store it as "chunked", or leave \`resume\` out`,
      { committed: "no" },
    );
  }
  if (to === "npy" && (level !== undefined || (compression ?? false) !== false)) {
    throw new InvalidArgumentError("a .npy file isn't compressed: leave `compression` and `level` out", {
      committed: "no",
    });
  }
}

/**
 * The bytes of an array's items in C order, as a stream, in bounded memory.
 *
 * @throws {UnsupportedError} when the array is compressed in Fortran order and larger than 256 MiB: it can't be turned round in bounded memory.
 */
export function arrayBytes(
  array: StoredArray,
  options: RequestOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return itemBytes(array, "C", options);
}

/**
 * An array in slabs along its first axis, each of at most 16 MiB where an item of that axis is no larger: larger arrays than memory can be gone through. An array without axes is its one slab.
 *
 * @throws {UnsupportedError} as {@linkcode arrayBytes}.
 */
export function arraySlabs(array: StoredArray, options: RequestOptions = {}): AsyncIterable<NDArray> {
  return itemSlabs(array, options, "C");
}

/**
 * A `.npy` file that comes as a stream, as an array to be stored: it can be read once, from its beginning on, and is not held in memory.
 *
 * @throws {IntegrityError} when it is none.
 * @throws {UnsupportedError} when its dtype can't be used here.
 *
 * @example
 * ```ts
 * import { npyEncode, ndarray } from "@cottoncandy/cottoncandy/array";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { npyStreamArray, storeArray } from "@cottoncandy/cottoncandy/convert";
 *
 * const backend = new MemoryBackend();
 * const piped = npyEncode(ndarray(Float32Array.of(1, 2, 3))); // or Deno.stdin.readable
 * await storeArray(backend, "betas", await npyStreamArray(piped), { to: "raw", compression: "Zstd" });
 * ```
 */
export async function npyStreamArray(stream: ReadableStream<Uint8Array>): Promise<StoredArray> {
  const { body, ...header } = await npyDecode(stream);
  let isRead = false;
  const items = (): Promise<ReadableStream<Uint8Array>> => {
    if (isRead) throw new InvalidArgumentError("the stream has been read, and can't be read again");
    isRead = true;
    return Promise.resolve(body);
  };
  const layout = npyLayout(header);
  return new LazyArray({
    key: "-",
    layout,
    items: {
      kind: "whole",
      codec: "a stream",
      advice: "store it first",
      read: async () => {
        const target = byteTarget(layout, undefined);
        await fill(await items(), target);
        return arrayFromBytes(target, layout);
      },
      stream: items,
    },
    onWarning: () => {},
  });
}
