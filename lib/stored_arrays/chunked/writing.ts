/**
 * Stores an array in chunks. `./mod.ts` loads it on first use.
 *
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import {
  bufferChunks,
  type Chunks,
  chunksFrom,
  type ChunkSpec,
  daskMetadata,
  Grid,
} from "../../array/chunks/mod.ts";
import { type ArrayInput, type NDArray, partsOf } from "../../array/mod.ts";
import { withErrorKey } from "../../error_context.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { dumpJson } from "../../json.ts";
import { checkMetadataSize, CONCURRENCY, type UploadResult, userMetadata } from "../../objects/mod.ts";
import type { ResumeStore } from "../../objects/resuming/mod.ts";
import { ByteBudget, forEachConcurrent } from "../../streams/mod.ts";
import { planChunks, type SlabSource } from "../chunk_plan.ts";
import type { StoredArray } from "../stored_array.ts";
import { existingParts, isChunkName } from "../existing_parts.ts";
import { metadataKey } from "../folder.ts";
import { withFittingFields } from "../raw_body.ts";
import type { OnWarning } from "../../warnings.ts";
import { PartsUpload } from "../parts_upload.ts";
import type { RawWriteOptions } from "../raw.ts";
import { ownMetadata } from "./metadata.ts";
import type { KeptChunks } from "./resuming.ts";

/** Options of `writeChunked`. */
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
  /**
   * A resume store, or `true` for the default directory: an upload that breaks off is kept, and the same call goes on with it, in another process too; chunks that have arrived are held against the
   * array by digests, and neither compressed nor sent again. Slabs are read from their beginning again. Default false: a failure leaves nothing behind.
   */
  readonly resume?: boolean | ResumeStore;
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

/** Stores an array in chunks, in a folder of that key: what `writeChunked` does. */
export async function storeChunks(
  backend: Backend,
  folder: string,
  source: ArrayInput | SlabSource | StoredArray,
  options: ChunkedWriteOptions,
): Promise<ChunkedUploadResult> {
  return await withErrorKey(folder, async () => {
    const { axis = -1 } = options;
    const plan = planChunks(source, (shape, dtype) => gridOf(shape, dtype, options), axis);
    const { grid, dtype } = plan;
    const { inFlight = IN_FLIGHT, concurrency = CONCURRENCY, signal, resume = false } = options;
    const budget = new ByteBudget(inFlight);
    const user = userMetadata(options.metadata);
    // Before anything is stored: the own metadata that are told only later are counted as well.
    const limit = backend.capabilities.metadataLimit;
    const fit = (
      generation: string,
      raw: boolean,
      fields: NDArray["fields"],
      onWarning: OnWarning | undefined | null,
    ) =>
      withFittingFields(
        { ...ownMetadata({ dtype, fields }, generation, raw), ...user },
        backend,
        metadataKey(folder),
        onWarning,
      );
    const fresh = crypto.randomUUID();
    checkMetadataSize(fit(fresh, true, plan.fields, options.onWarning), limit, metadataKey(folder));
    const { generation, first, existing, kept } = resume === false
      ? await newChunks(backend, folder, fresh, grid, options)
      : await (await import("./resuming.ts")).keepChunks(backend, folder, plan, options, resume);
    const nameOf = (number: number) => `pt${String(first + number).padStart(4, "0")}`;
    const upload = new PartsUpload(
      backend,
      folder,
      generation,
      { ...options, concurrency },
      plan.byteLength,
      kept,
    );
    const result = await upload.run(existing.names, async () => {
      await forEachConcurrent(plan.chunks(budget), async ({ cell, array, release }, _, ended) => {
        try {
          await upload.put(nameOf(cell.number), array, ended);
        } finally {
          release();
        }
      }, { concurrency, signal });
      const keyOf = (number: number) => `${folder}/${nameOf(number)}`;
      return {
        text: dumpJson(daskMetadata(dtype, grid, keyOf)),
        metadata: fit(generation, upload.raw, upload.fields, null),
      };
    });
    return { ...result, chunks: grid.chunks };
  });
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

/** An upload that nobody takes up. */
async function newChunks(
  backend: Backend,
  folder: string,
  generation: string,
  { count }: Grid,
  options: ChunkedWriteOptions,
): Promise<Omit<KeptChunks, "kept"> & { readonly kept?: undefined }> {
  const existing = await existingParts(backend, folder, options);
  return { generation, existing, first: firstFree(count, existing.names) };
}

/** From which number on parts are counted: as Python does from 0, unless a part of the old array has such a number. */
export function firstFree(count: number, existing: readonly string[]): number {
  const taken = existing.filter(isChunkName).map((name) => Number(name.slice(2)));
  return taken.some((number) => number < count) ? taken.reduce((a, b) => Math.max(a, b), 0) + 1 : 0;
}
