/**
 * Stores an array in the format of Zarr 3. `./mod.ts` loads it on first use.
 *
 * Source: the core specification of Zarr 3, and reading the result by Python's zarr.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../../backends/backend.ts";
import { type CodecName, compress } from "../../../codecs/mod.ts";
import { type Chunks, chunksFrom, Grid } from "../../array/chunks/mod.ts";
import { partsOf } from "../../array/dtype/mod.ts";
import { copyItems, cStride, itemCount, layoutOf } from "../../array/layout/mod.ts";
import { type ArrayInput, contiguousBytes, type NDArray } from "../../array/mod.ts";
import { allocate } from "../../bytes.ts";
import { shown, withErrorKey } from "../../error_context.ts";
import { AlreadyExistsError, InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { dumpJson, type JsonValue } from "../../json.ts";
import {
  CONCURRENCY,
  removeKeys,
  throwIfFailed,
  type UploadResult,
  userMetadata,
} from "../../objects/mod.ts";
import { ByteBudget, forEachConcurrent, streamOf } from "../../streams/mod.ts";
import { type CodecStages, codecStages } from "../codec_stages.ts";
import { planChunks, type SlabSource } from "../chunk_plan.ts";
import type { StoredArray } from "../stored_array.ts";
import { FolderUpload } from "../folder_upload.ts";
import type { RawWriteOptions } from "../raw.ts";
import { dataTypeOf, type ZarrConfiguration, zeroFill } from "./dtypes.ts";

/** Options of `writeZarr`. */
export interface ZarrWriteOptions extends RawWriteOptions {
  /** Items of a chunk: one length for all axes, or for each axis a length, or `null` to leave it whole. Default: sides halved until a chunk has 16 MiB at most. */
  readonly chunks?: number | readonly (number | null)[];
  /** What the metadata say of the array beside what it is: anything that JSON can hold. */
  readonly attributes?: { readonly [name: string]: JsonValue };
  /** Names of the axes. */
  readonly dimensionNames?: readonly (string | null)[];
  /** How many chunks are stored at once; default 8. */
  readonly concurrency?: number;
  /** How many bytes of chunks may be under way at once; default 48 MiB. A larger chunk goes alone. */
  readonly inFlight?: number;
}

const DOCUMENT = "zarr.json";
const IN_FLIGHT = 48 * 1024 * 1024;
const USUAL_CHUNK = 16 * 1024 * 1024;
/** The codecs that Zarr 3 has a name for, and their settings. */
const CODECS: Partial<
  Record<CodecName, (level: number) => { name: string; configuration: ZarrConfiguration }>
> = {
  gzip: (level) => ({ name: "gzip", configuration: { level } }),
  // A frame has a checksum where it is written here.
  Zstd: (level) => ({ name: "zstd", configuration: { level, checksum: true } }),
};

/** Stores an array in a folder of that key: what `writeZarr` does. */
export async function storeZarr(
  backend: Backend,
  folder: string,
  source: ArrayInput | SlabSource | StoredArray,
  options: ZarrWriteOptions,
): Promise<UploadResult & { readonly chunks: Chunks }> {
  return await withErrorKey(folder, async () => {
    const plan = planChunks(source, (shape, dtype) => gridOf(shape, dtype, options), 0);
    const { grid, dtype } = plan;
    const chunkShape = grid.chunks.map(([first]) => Math.max(1, first));
    const codec = codecFor(options);
    const document = {
      zarr_format: 3,
      node_type: "array",
      shape: grid.shape,
      data_type: dataTypeOf(plan),
      chunk_grid: { name: "regular", configuration: { chunk_shape: chunkShape } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: zeroFill(plan),
      codecs: [bytesCodec(dtype), ...codec ? [codec.entry] : []],
      attributes: options.attributes ?? {},
      ...(options.dimensionNames && { dimension_names: namesOf(options.dimensionNames, grid.shape) }),
    };
    // Before anything is stored: what can't be written as JSON is refused now.
    const text = dumpJson(document);
    const metadata = userMetadata(options.metadata);
    const existing = await existingChunks(backend, folder, options);
    const { inFlight = IN_FLIGHT, concurrency = CONCURRENCY, signal } = options;
    const budget = new ByteBudget(inFlight);
    const codecs = await codecStages("compress", codec ? plan.byteLength : 0, options, "several");
    const upload = new ZarrUpload(backend, folder, DOCUMENT, { ...options, concurrency });
    try {
      const result = await upload.run(existing.chunks, async () => {
        // A reader gets no mixture of the old chunks and the new ones, but nothing until all are stored.
        await removeDocuments(backend, existing.documents);
        await forEachConcurrent(plan.chunks(budget), async ({ cell, array, release }, _, ended) => {
          try {
            const bytes = paddedBytes(array, chunkShape);
            await upload.put(["c", ...cell.index].join("/"), bytes, codec, codecs, ended);
          } finally {
            release();
          }
        }, { concurrency, signal });
        return { text, metadata };
      });
      return { ...result, chunks: grid.chunks };
    } finally {
      codecs.close();
    }
  });
}

/** How chunks are compressed. */
interface ChunkCodec {
  readonly name: CodecName;
  readonly level: number | undefined;
  readonly entry: { readonly name: string; readonly configuration: ZarrConfiguration };
}

class ZarrUpload extends FolderUpload {
  /** Stores a chunk. */
  async put(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    codec: ChunkCodec | undefined,
    codecs: CodecStages,
    signal: AbortSignal,
  ): Promise<void> {
    if (!codec) return await this.putPart(name, { body: bytes, metadata: {} }, signal);
    const stage = codecs.compress(codec.name, { level: codec.level, size: bytes.byteLength });
    await this.putPart(name, { body: streamOf(bytes).pipeThrough(stage), metadata: {} }, signal);
  }
}

function gridOf(shape: readonly number[], dtype: NDArray["dtype"], { chunks }: ZarrWriteOptions): Grid {
  const spec = chunks ?? usualChunk(shape, partsOf(dtype).itemsize);
  if (typeof spec !== "number" && (!Array.isArray(spec) || spec.some((length) => Array.isArray(length)))) {
    throw new InvalidArgumentError("the chunks of a Zarr array are of one length along an axis: give that");
  }
  return new Grid(chunksFrom(shape, spec));
}

/** Halves the longest side until a chunk is small enough. */
function usualChunk(shape: readonly number[], itemsize: number): number[] {
  const sides = shape.map((length) => Math.max(1, length));
  while (itemCount(sides) * itemsize > USUAL_CHUNK) {
    const longest = sides.indexOf(Math.max(...sides));
    if (sides[longest] === 1) break;
    sides[longest] = Math.ceil(sides[longest] / 2);
  }
  return sides;
}

function codecFor({ compression = true, level }: ZarrWriteOptions): ChunkCodec | undefined {
  if (compression === false) {
    if (level !== undefined) {
      throw new InvalidArgumentError("a level is for a codec, and `compression` is false");
    }
    return undefined;
  }
  const asked = compression === true ? "Zstd" : compression;
  for (const name of ["gzip", "Zstd"] as const) {
    if (asked.toLowerCase() !== name.toLowerCase()) continue;
    // Made only to be checked.
    compress(name, { level });
    const entry = CODECS[name]?.(level ?? { gzip: 6, Zstd: 3 }[name]);
    if (entry) return { name, level, entry };
  }
  throw new UnsupportedError(
    `Zarr 3 has no codec for what ${shown(asked)} writes: use Zstd or gzip, or false for none`,
  );
}

function bytesCodec(dtype: NDArray["dtype"]): { name: string; configuration?: ZarrConfiguration } {
  const { wordsize, swapped } = partsOf(dtype);
  if (wordsize === 1) return { name: "bytes" };
  return { name: "bytes", configuration: { endian: swapped ? "big" : "little" } };
}

function namesOf(names: readonly (string | null)[], shape: readonly number[]): readonly (string | null)[] {
  if (Array.isArray(names) && names.length === shape.length) return names;
  throw new InvalidArgumentError(`dimensionNames has an entry for each of the ${shape.length} axes`);
}

/** A chunk's bytes in C order, as long as all are: what lies beyond the array is zeros. */
function paddedBytes(array: NDArray, chunkShape: readonly number[]): Uint8Array<ArrayBuffer> {
  const isWhole = array.shape.every((length, axis) => length === chunkShape[axis]);
  const own = isWhole ? contiguousBytes(array) : undefined;
  if (own) return own;
  const layout = layoutOf(array);
  const bytes = allocate(itemCount(chunkShape) * layout.itemsize);
  copyItems(layout, { bytes, stride: cStride(chunkShape), offset: 0 });
  return bytes;
}

/** What of a Zarr array is there already: the documents that make it one, and its chunks' names within the folder. */
async function existingChunks(
  backend: Backend,
  folder: string,
  { overwrite, signal, onWarning }: RequestOptions & { readonly overwrite?: boolean },
): Promise<{ readonly documents: readonly string[]; readonly chunks: readonly string[] }> {
  const root = folder === "" ? "" : `${folder}/`;
  const documents: string[] = [];
  for (const document of [DOCUMENT, ".zarray"]) {
    if (await backend.head(root + document, { signal, onWarning })) documents.push(root + document);
  }
  if (documents.length === 0) return { documents, chunks: [] };
  if (overwrite === false) {
    throw new AlreadyExistsError(`there is a "${documents[0]}" already, and overwrite is false`, {
      key: documents[0],
      bucket: backend.bucket,
      committed: "no",
    });
  }
  const chunks: string[] = [];
  for await (const entry of backend.list({ prefix: root, signal, onWarning })) {
    if ("key" in entry && CHUNK_NAME.test(entry.key.slice(root.length))) {
      chunks.push(entry.key.slice(root.length));
    }
  }
  return { documents, chunks };
}

/** What chunks are called in either version; nothing else in the folder is taken for one. */
const CHUNK_NAME = /^(?:c(?:[./]\d+)*|\d+(?:[./]\d+)*)$/;

async function removeDocuments(backend: Backend, documents: readonly string[]): Promise<void> {
  const failed = await removeKeys(backend, documents);
  throwIfFailed("of the metadata of the array that is replaced, removed", { done: [], failed }, backend);
}
