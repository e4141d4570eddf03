/**
 * Arrays in chunks, each an object of its own, of which only what is asked for is read.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../../backends/backend.ts";
import type { AxisRange, Chunks, Touch } from "../../array/chunks/mod.ts";
import { copyItems, cStride, itemCount } from "../../array/layout/mod.ts";
import { partsOf } from "../../array/dtype/mod.ts";
import { arrayFromBytes, headerText } from "../../array/formats/mod.ts";
import type { NDArray } from "../../array/mod.ts";
import { allocate } from "../../bytes.ts";
import { withErrorKey } from "../../error_context.ts";
import { IntegrityError } from "../../errors.ts";
import type { ReadOptions } from "../../objects/mod.ts";
import { CONCURRENCY } from "../../objects/reading/mod.ts";
import { ByteBudget, forEachConcurrent } from "../../streams/mod.ts";
import { byteTarget, IN_FLIGHT, PartsProgress } from "../reading.ts";
import { type CodecStages, codecStages } from "../codec_stages.ts";
import { blocksAhead } from "../blocks_ahead.ts";
import { type LazyBlock, StoredArray } from "../stored_array.ts";
import { candidateKeys, type StoredChunked } from "./metadata.ts";
import { checkPart, type Part, PART_BLOCK, partCodec, type PartTarget, readPart } from "./part.ts";

/** Options of {@linkcode openChunked}: they hold for all that is read from the array. */
export interface ChunkedReadOptions extends ReadOptions {
  /** How many parts are read at once; default 8. */
  readonly concurrency?: number;
  /** How many bytes may be held beside the results, default 64 MiB, and by blocks that are fetched ahead, default 32 MiB. */
  readonly inFlight?: number;
  /**
   * How many bytes of parts to keep for later slices: those that were used last. Default 0. Parts that fit are then read whole, since more of
   * them may be wanted.
   */
  readonly cache?: number;
  /** In which order the items of parts lie; see {@linkcode RawReadOptions}. */
  readonly order?: "stored" | "C" | "F";
  /** In how many workers codecs may run; see {@linkcode RawWriteOptions}. */
  readonly workers?: number | false;
}

// Measured with parts of 16 MiB: more makes nothing faster, and each block that is used up is garbage for a while.
const AHEAD = 32 * 1024 * 1024;

/**
 * A stored array of which slices are read chunk by chunk: what Python opens as a dask array.
 *
 * A slice asks for each part that it touches once, and for no other: for the wanted bytes only where the part is known to be stored raw, else for the whole
 * part. A compressed part is decoded as it comes, block by block, so memory stays small however large the parts are.
 *
 * Made by `downloadDaskArray` and {@linkcode openChunked}. Should the array be replaced meanwhile, reads reject with `IntegrityError` or
 * `NotFoundError` rather than mix old and new parts, where the store's objects let them be told apart: those written here do, and those of
 * other dtype or shape.
 * @category Arrays
 */
export class ChunkedArray extends StoredArray {
  readonly #backend: Backend;
  readonly #stored: StoredChunked;
  readonly #options: ChunkedReadOptions;
  readonly #budget: ByteBudget;
  readonly #cache: PartCache;
  /** Numbers of the parts that were seen to be stored raw, and of those that were seen not to be. */
  readonly #raw = new Map<number, boolean>();

  /** For {@linkcode openChunked}. */
  constructor(backend: Backend, stored: StoredChunked, options: ChunkedReadOptions = {}) {
    const { folder, dtype, fields, grid } = stored;
    super(folder, { dtype, fields, shape: grid.shape }, options.signal);
    this.#backend = backend;
    this.#stored = stored;
    this.#options = options;
    this.#budget = new ByteBudget(options.inFlight ?? IN_FLIGHT);
    this.#cache = new PartCache(options.cache ?? 0);
  }

  /** Lengths of the chunks along each axis, as dask gives them. Python appends an empty one to each axis that it cuts. */
  override get chunks(): Chunks {
    return this.#stored.grid.chunks;
  }

  /** What it is, as consoles show it: `ChunkedArray("sub01/bold", shape=(2, 3, 10), dtype=float32, chunksize=(2, 3, 4))`. */
  override toString(): string {
    const lengths = this.chunks.map((each) => each.reduce((most, length) => Math.max(most, length), 0));
    const chunksize = `chunksize=(${lengths.join(", ")}${lengths.length === 1 ? "," : ""})`;
    return headerText(["ChunkedArray", JSON.stringify(this.key)], this, [chunksize]);
  }

  /**
   * The whole array.
   *
   * @param options `into`: memory to fill instead of new memory, a C-contiguous `NDArray` of the same dtype and shape or a typed array with
   * as many bytes.
   * @throws {InvalidArgumentError} when the array doesn't fit into `into`.
   */
  override toArray(
    options: RequestOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> } = {},
  ): Promise<NDArray> {
    return withErrorKey(this.key, async () => {
      const { dtype, shape, fields } = this;
      const byteLength = this.#byteLength(shape);
      const target = options.into &&
        byteTarget({ dtype, shape, fields, byteLength, order: "C" }, options.into);
      return await this.readBox(this.#all(), this.signalOf(options), target);
    });
  }

  /**
   * The array chunk by chunk, in C order, without the empty ones: arrays larger than memory can be worked through. The next chunks are
   * fetched while one is being used, as many as `concurrency` and `inFlight` allow.
   *
   * @example
   * ```ts
   * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://chunked-blocks-example");
   * await cci.uploadDaskArray("ones", ndarray(new Float32Array(6).fill(1), [3, 2]), { chunks: [2, 2] });
   * let sum = 0;
   * for await (const { origin, array } of (await cci.downloadDaskArray("ones")).blocks()) {
   *   console.assert(origin[0] === 0 && array.shape[0] === 2 || origin[0] === 2 && array.shape[0] === 1);
   *   for (const item of array) sum += Number(item);
   * }
   * console.assert(sum === 6);
   * ```
   */
  override async *blocks(options: RequestOptions = {}): AsyncIterable<LazyBlock> {
    const { inFlight = AHEAD, concurrency = CONCURRENCY } = this.#options;
    const planned = this.#stored.grid.touched(this.#all());
    const jobs = function* (this: ChunkedArray) {
      for (const touch of planned) {
        const bytes = this.#byteLength(touch.cell.shape);
        yield { bytes, read: (signal: AbortSignal | undefined) => this.#block(touch, signal) };
      }
    };
    yield* blocksAhead(jobs.call(this), { concurrency, inFlight, signal: this.signalOf(options) });
  }

  /**
   * How the parts are compressed, `false` when they are not: asks for the first of them, unless the array's metadata tell.
   *
   * @throws {NotFoundError} when that is missing.
   * @throws {IntegrityError} when it is no raw array.
   */
  codec(options: RequestOptions = {}): Promise<string | false> {
    return withErrorKey(this.key, async () => {
      const { raw, folder, parts } = this.#stored;
      const first = parts.values().next().value;
      if (raw || first === undefined) return false;
      const { onWarning } = this.#options;
      const keys = candidateKeys(first, folder);
      return await partCodec({ backend: this.#backend, folder }, keys, {
        onWarning,
        signal: this.signalOf(options),
      });
    });
  }

  /**
   * Whether all parts are there and say of themselves what the array says of them, without reading them.
   *
   * @throws {NotFoundError} when a part is missing.
   * @throws {IntegrityError} when a part is another one.
   */
  checkParts(options: RequestOptions = {}): Promise<void> {
    return withErrorKey(this.key, async () => {
      const { concurrency = CONCURRENCY, onWarning } = this.#options;
      const array = { ...this.#stored, backend: this.#backend, order: this.#options.order };
      await forEachConcurrent(this.#stored.grid.touched(this.#all()), async ({ cell }, _, signal) => {
        await checkPart(array, this.#part(cell.number, cell.shape), { signal, onWarning });
      }, { concurrency, signal: this.signalOf(options) });
    });
  }

  async #block({ cell }: Touch, signal: AbortSignal | undefined): Promise<LazyBlock> {
    const { index, origin, shape } = cell;
    const ranges = origin.map((start, axis): AxisRange => ({ start, step: 1, count: shape[axis] }));
    return { index, origin, array: await withErrorKey(this.key, () => this.readBox(ranges, signal)) };
  }

  /**
   * A box of the array, in ascending order.
   *
   * @internal
   */
  protected override async readBox(
    ranges: readonly AxisRange[],
    signal: AbortSignal | undefined,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<NDArray> {
    signal?.throwIfAborted();
    const { dtype, fields } = this;
    const shape = ranges.map(({ count }) => count);
    const bytes = into ?? allocate(this.#byteLength(shape));
    if (bytes.byteLength > 0) {
      const stride = cStride(shape);
      const { concurrency = CONCURRENCY, onProgress } = this.#options;
      const progress = onProgress && new PartsProgress(this.key, onProgress);
      const codecs = await codecStages(
        "decompress",
        this.#stored.raw ? 0 : bytes.byteLength,
        this.#options,
        "several",
      );
      try {
        await forEachConcurrent(this.#stored.grid.touched(ranges), async (touch, _, ended) => {
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

  /** Brings what is wanted of one part to its place. */
  async #load(
    { cell, inside }: Touch,
    target: PartTarget,
    signal: AbortSignal,
    { codecs, progress }: { readonly codecs: CodecStages; readonly progress: PartsProgress | undefined },
  ): Promise<void> {
    const { number, shape } = cell;
    const cached = this.#cache.get(number);
    if (cached) return this.#take(cached, shape, inside, target);
    const byteLength = this.#byteLength(shape);
    const keep = this.#cache.takes(byteLength);
    const release = await this.#budget.acquire(keep ? byteLength : Math.min(byteLength, PART_BLOCK), signal);
    try {
      const { onWarning } = this.#options;
      const options = { codecs, signal, onWarning, onProgress: progress?.part() };
      const part = this.#part(number, shape);
      const read = (inside: readonly AxisRange[], target: PartTarget) =>
        readPart(
          { ...this.#stored, backend: this.#backend, order: this.#options.order },
          part,
          inside,
          target,
          options,
        );
      if (!keep) return void this.#raw.set(number, await read(inside, target));
      const bytes = allocate(byteLength);
      const whole = shape.map((count): AxisRange => ({ start: 0, step: 1, count }));
      await read(whole, { bytes, stride: cStride(shape), offset: 0 });
      this.#cache.set(number, bytes);
      this.#take(bytes, shape, inside, target);
    } finally {
      release();
    }
  }

  #part(number: number, shape: readonly number[]): Part {
    const { parts, folder, raw } = this.#stored;
    const name = parts.get(number);
    if (name === undefined) throw new IntegrityError(`no part holds the chunk ${number}`);
    return { keys: candidateKeys(name, folder), shape, raw: this.#raw.get(number) ?? raw };
  }

  /** Copies what is wanted of a part in memory. */
  #take(bytes: Uint8Array, shape: readonly number[], inside: readonly AxisRange[], target: PartTarget): void {
    const stride = cStride(shape);
    copyItems({
      bytes,
      itemsize: partsOf(this.dtype).itemsize,
      shape: inside.map(({ count }) => count),
      stride: inside.map(({ step }, axis) => step * stride[axis]),
      offset: inside.reduce((sum, { start }, axis) => sum + start * stride[axis], 0),
    }, target);
  }

  #all(): AxisRange[] {
    return this.shape.map((count) => ({ start: 0, step: 1, count }));
  }

  #byteLength(shape: readonly number[]): number {
    return itemCount(shape) * partsOf(this.dtype).itemsize;
  }
}

/** Holds what was used last, up to a number of bytes: what was not used for the longest time goes first. */
class PartCache {
  readonly #limit: number;
  // A Map keeps the order in which entries came.
  readonly #parts = new Map<number, Uint8Array<ArrayBuffer>>();
  #used = 0;

  /** A cache of `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether something of that many bytes would be held at all. */
  takes(byteLength: number): boolean {
    return byteLength <= this.#limit;
  }

  /** What is held under a number, if anything is. */
  get(number: number): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#parts.get(number);
    if (bytes) {
      this.#parts.delete(number);
      this.#parts.set(number, bytes);
    }
    return bytes;
  }

  /** Holds bytes, which must not change from now on. */
  set(number: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#drop(number);
    this.#parts.set(number, bytes);
    this.#used += bytes.byteLength;
    for (const oldest of this.#parts.keys()) {
      if (this.#used <= this.#limit) return;
      this.#drop(oldest);
    }
  }

  #drop(number: number): void {
    this.#used -= this.#parts.get(number)?.byteLength ?? 0;
    this.#parts.delete(number);
  }
}
