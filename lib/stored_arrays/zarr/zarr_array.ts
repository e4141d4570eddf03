/**
 * Zarr arrays of which only the chunks that are asked for are read.
 *
 * @module
 */
import type { Backend, ObjectReader, RequestOptions } from "../../../backends/backend.ts";
import { type AxisRange, type Chunks, chunksFrom, Grid, type Touch } from "../../array/chunks/mod.ts";
import { copyItems, cStride, itemCount } from "../../array/layout/mod.ts";
import { partsOf } from "../../array/dtype/mod.ts";
import { arrayFromBytes, headerText } from "../../array/formats/mod.ts";
import type { NDArray } from "../../array/mod.ts";
import { allocate } from "../../bytes.ts";
import { parseStored, withErrorKey } from "../../error_context.ts";
import { IntegrityError, NotFoundError } from "../../errors.ts";
import type { ReadOptions } from "../../objects/mod.ts";
import { CONCURRENCY, refuseEncrypted } from "../../objects/reading/mod.ts";
import { ByteBudget, forEachConcurrent } from "../../streams/mod.ts";
import { type CodecStages, codecStages } from "../codec_stages.ts";
import { blocksAhead } from "../blocks_ahead.ts";
import { IN_FLIGHT, PartsProgress } from "../reading.ts";
import { type LazyBlock, StoredArray } from "../stored_array.ts";
import { codecOf, decodeInto } from "./decoding.ts";
import type { ZarrMetadata } from "./metadata.ts";
import { ShardIndexes } from "./shards.ts";

/** Options of {@linkcode openZarr}: they hold for all that is read from the array. */
export interface ZarrReadOptions extends ReadOptions {
  /** In how many workers codecs may run; see {@linkcode RawWriteOptions}. */
  readonly workers?: number | false;
}

const AHEAD = 32 * 1024 * 1024;

/**
 * A Zarr array, of version 2 or 3. A slice asks once for each chunk that it touches; of shards for the chunks in them. A chunk that is not there is fill values.
 *
 * Made by {@linkcode openZarr}.
 * @category Arrays
 */
export class ZarrArray extends StoredArray {
  /** The version of the format. */
  readonly version: 2 | 3;
  /** Items of a chunk along each axis. */
  readonly chunkShape: readonly number[];
  /** Items of a shard along each axis, where chunks are stored in shards. */
  readonly shardShape?: readonly number[];
  /** How chunks are compressed, `false` when they are not. */
  readonly codec: string | false;
  readonly #backend: Backend;
  readonly #metadata: ZarrMetadata;
  readonly #options: ZarrReadOptions;
  readonly #grid: Grid;
  readonly #budget = new ByteBudget(IN_FLIGHT);
  readonly #shards: ShardIndexes | undefined;

  /** For {@linkcode openZarr}. */
  constructor(backend: Backend, folder: string, metadata: ZarrMetadata, options: ZarrReadOptions = {}) {
    const { dtype, fields, shape, version, chunkShape, shards, encoding } = metadata;
    super(folder, { dtype, fields, shape }, options.signal);
    this.version = version;
    this.chunkShape = chunkShape;
    if (shards) this.shardShape = shards.shape;
    this.codec = codecOf(encoding.stages);
    this.#backend = backend;
    this.#metadata = metadata;
    this.#options = options;
    this.#grid = new Grid(parseStored("the chunks' shape", () => chunksFrom(shape, chunkShape)));
    this.#shards = shards && new ShardIndexes(backend, shards, chunkShape, (index) => this.#keyOf(index));
  }

  /** Lengths of the chunks along each axis, as dask gives them. */
  override get chunks(): Chunks {
    return this.#grid.chunks;
  }

  /** What it is, as consoles show it: `ZarrArray("sub01/bold.zarr", shape=(2, 3), dtype=float32, chunksize=(2, 2))`. */
  override toString(): string {
    const { chunkShape } = this;
    const chunksize = `chunksize=(${chunkShape.join(", ")}${chunkShape.length === 1 ? "," : ""})`;
    return headerText(["ZarrArray", JSON.stringify(this.key)], this, [chunksize]);
  }

  /** The whole array. */
  override toArray(options: RequestOptions = {}): Promise<NDArray> {
    return this.read([], options);
  }

  /** The array chunk by chunk, in C order; the next ones are fetched while one is being used. */
  override async *blocks(options: RequestOptions = {}): AsyncIterable<LazyBlock> {
    const whole = this.shape.map((count): AxisRange => ({ start: 0, step: 1, count }));
    const planned = function* (this: ZarrArray) {
      for (const { cell: { index, origin, shape } } of this.#grid.touched(whole)) {
        const ranges = origin.map((start, axis): AxisRange => ({ start, step: 1, count: shape[axis] }));
        const read = async (signal: AbortSignal | undefined) => {
          const array = await withErrorKey(this.key, () => this.readBox(ranges, signal));
          return { index, origin, array };
        };
        yield { bytes: itemCount(shape) * partsOf(this.dtype).itemsize, read };
      }
    };
    const { concurrency = CONCURRENCY } = this.#options;
    yield* blocksAhead(planned.call(this), { concurrency, inFlight: AHEAD, signal: this.signalOf(options) });
  }

  /**
   * A box of the array, in ascending order.
   *
   * @internal
   */
  protected override async readBox(
    ranges: readonly AxisRange[],
    signal: AbortSignal | undefined,
  ): Promise<NDArray> {
    signal?.throwIfAborted();
    const { dtype, fields } = this;
    const shape = ranges.map(({ count }) => count);
    const bytes = allocate(itemCount(shape) * partsOf(dtype).itemsize);
    if (bytes.byteLength > 0) {
      const stride = cStride(shape);
      const { concurrency = CONCURRENCY, onProgress } = this.#options;
      const progress = onProgress && new PartsProgress(this.key, onProgress);
      const decoded = this.codec === false ? 0 : bytes.byteLength;
      const codecs = await codecStages("decompress", decoded, this.#options, "several");
      try {
        await forEachConcurrent(this.#grid.touched(ranges), async (touch, _, ended) => {
          const offset = touch.origin.reduce((sum, place, axis) => sum + place * stride[axis], 0);
          await this.#load(touch, { bytes, stride, offset }, ended, { codecs, progress });
        }, { concurrency, signal });
      } finally {
        codecs.close();
      }
      progress?.finish();
    }
    return arrayFromBytes(bytes, { dtype, fields, shape });
  }

  /** Brings what is wanted of one chunk to its place. */
  async #load(
    { cell, inside }: Touch,
    target: { readonly bytes: Uint8Array; readonly stride: readonly number[]; readonly offset: number },
    signal: AbortSignal,
    { codecs, progress }: { readonly codecs: CodecStages; readonly progress: PartsProgress | undefined },
  ): Promise<void> {
    const { chunkShape, encoding: { axes, stages }, fill } = this.#metadata;
    const { itemsize } = partsOf(this.dtype);
    const shape = inside.map(({ count }) => count);
    const byteLength = itemCount(chunkShape) * itemsize;
    const release = await this.#budget.acquire(byteLength, signal);
    try {
      const reader = await this.#open(cell.index, signal, progress);
      if (!reader) {
        // One item, wherever one looks.
        copyItems({ bytes: fill, itemsize, shape, stride: shape.map(() => 0), offset: 0 }, target);
        return;
      }
      const bytes = await withErrorKey(reader.info.key, async () => {
        refuseEncrypted(reader.info);
        // What isn't compressed can't be longer than its object: a description that lies costs no memory.
        if (codecOf(stages) === false && reader.info.size < byteLength) {
          throw new IntegrityError(
            `the chunk has ${byteLength} bytes by its description, and its object ${reader.info.size}`,
          );
        }
        const memory = allocate(byteLength);
        await decodeInto(memory, reader.stream(undefined, { signal }), stages, codecs);
        return memory;
      }).finally(() => reader.close());
      const stored = cStride(axes.map((axis) => chunkShape[axis]));
      const stride = new Array<number>(axes.length);
      axes.forEach((axis, i) => stride[axis] = stored[i]);
      copyItems({
        bytes,
        itemsize,
        shape,
        stride: inside.map(({ step }, axis) => step * stride[axis]),
        offset: inside.reduce((sum, { start }, axis) => sum + start * stride[axis], 0),
      }, target);
    } finally {
      release();
    }
  }

  /** Opens the bytes of a chunk; `undefined` for one that is not stored. */
  async #open(
    index: readonly number[],
    signal: AbortSignal,
    progress: PartsProgress | undefined,
  ): Promise<ObjectReader | undefined> {
    const options = { signal, onWarning: this.#options.onWarning, onProgress: progress?.part() };
    if (this.#shards) return await this.#shards.open(index, options);
    try {
      return await this.#backend.open(this.#keyOf(index), options);
    } catch (error) {
      // One that names no key is of the bucket or directory: an array must not turn into fill values because that is gone.
      if (error instanceof NotFoundError && error.key !== undefined) return undefined;
      throw error;
    }
  }

  #keyOf(index: readonly number[]): string {
    const name = this.#metadata.keyOf(index);
    return this.key === "" ? name : `${this.key}/${name}`;
  }
}
