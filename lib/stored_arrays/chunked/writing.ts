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
import { ByteBudget, forEachConcurrent } from "../../streams/mod.ts";
import { planChunks, type SlabSource } from "../chunk_plan.ts";
import type { StoredArray } from "../stored_array.ts";
import { existingParts, isChunkName, metadataKey } from "../folder.ts";
import { withFittingFields } from "../raw_body.ts";
import type { OnWarning } from "../../warnings.ts";
import { PartsUpload } from "../parts_upload.ts";
import type { RawWriteOptions } from "../raw.ts";
import { ownMetadata } from "./metadata.ts";

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
    const { inFlight = IN_FLIGHT, concurrency = CONCURRENCY, signal } = options;
    const budget = new ByteBudget(inFlight);
    const generation = crypto.randomUUID();
    const user = userMetadata(options.metadata);
    // Before anything is stored: the own metadata that are told only later are counted as well.
    const limit = backend.capabilities.metadataLimit;
    const fit = (raw: boolean, fields: NDArray["fields"], onWarning: OnWarning | undefined | null) =>
      withFittingFields(
        { ...ownMetadata({ dtype, fields }, generation, raw), ...user },
        backend,
        metadataKey(folder),
        onWarning,
      );
    checkMetadataSize(fit(true, plan.fields, options.onWarning), limit, metadataKey(folder));
    const existing = await existingParts(backend, folder, options);
    const nameOf = newPartNames(grid, existing);
    const upload = new PartsUpload(backend, folder, generation, { ...options, concurrency }, plan.byteLength);
    const result = await upload.run(existing, async () => {
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
        metadata: fit(upload.raw, upload.fields, null),
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

/** The names for new parts: Python's, but with numbers that no part of the old array has. */
function newPartNames({ count }: Grid, existing: readonly string[]): (number: number) => string {
  const taken = existing.filter(isChunkName).map((name) => Number(name.slice(2)));
  let first = 0;
  if (taken.some((number) => number < count)) first = taken.reduce((a, b) => Math.max(a, b), 0) + 1;
  return (number) => `pt${String(first + number).padStart(4, "0")}`;
}
