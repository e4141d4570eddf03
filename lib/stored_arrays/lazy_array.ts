/**
 * Arrays that stay where they are until a part of them is asked for.
 *
 * @module
 */
import type { RequestOptions } from "../../backends/backend.ts";
import {
  type AxisRange,
  type Block,
  type Chunks,
  chunksFrom,
  Grid,
  planBlocks,
} from "../array/chunks/mod.ts";
import { copyItems, cStride, itemCount } from "../array/layout/mod.ts";
import { partsOf } from "../array/dtype/mod.ts";
import { arrayFromBytes, headerText } from "../array/formats/mod.ts";
import type { NDArray, Selection } from "../array/mod.ts";
import { allocate } from "../bytes.ts";
import { ByteBudget, forEachConcurrent } from "../concurrent.ts";
import { withErrorKey } from "../error_context.ts";
import { CONCURRENCY } from "../objects/reading/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";
import { IN_FLIGHT, type RangeReader, type StoredLayout } from "./reading.ts";
import { type LazyBlock, StoredArray } from "./stored_array.ts";

const MiB = 1024 * 1024;
// A round trip to an object store takes about as long as a megabyte does.
const MAX_GAP = MiB;
const LONGEST_READ = 8 * MiB;
/** How large the blocks are at most that {@linkcode LazyArray.blocks} gives. */
const MAX_BLOCK = 16 * MiB;

/** Where a lazy array's items are. */
export interface LazySource {
  /** The object's key. */
  readonly key: string;
  /** What the array is. */
  readonly layout: StoredLayout;
  /** How to read its items. */
  readonly items: RangedItems | WholeItems;
  /** Ends all reads. */
  readonly signal?: AbortSignal;
  /** Receives warnings. */
  readonly onWarning?: OnWarning;
}

/** Items that can be read in parts; `start` is where the first one lies in the object. */
export interface RangedItems {
  readonly kind: "ranged";
  readonly start: number;
  readonly read: RangeReader;
  readonly concurrency?: number;
  /** Reads all of them, where that checks more than reading their parts does. */
  readonly whole?: (signal: AbortSignal | undefined) => Promise<NDArray>;
}

/** Items that can only be read from the first one on. */
export interface WholeItems {
  readonly kind: "whole";
  /** How they are compressed. */
  readonly codec: string;
  /** What to do in order that parts can be read. */
  readonly advice: string;
  /** Reads all of them. */
  readonly read: (signal: AbortSignal | undefined) => Promise<NDArray>;
  /** Decodes their bytes as they come, in the order in which they are stored. */
  readonly stream: (signal: AbortSignal | undefined) => Promise<ReadableStream<Uint8Array>>;
}

/**
 * A stored array of which only the parts that are asked for are read, all from the version of the object that was opened: should it be
 * replaced, reads reject with `PreconditionFailedError`.
 *
 * Made by `openRawArray` and `openNpyArray`.
 * @category Arrays
 */
export class LazyArray extends StoredArray {
  readonly #source: LazySource;
  // Held only as long as memory is plentiful or somebody uses it.
  #whole: WeakRef<NDArray> | undefined;

  /** For the functions that open arrays; warns where slices will be read whole. */
  constructor(source: LazySource) {
    super(source.key, source.layout, source.signal);
    this.#source = source;
    const { items, key, onWarning = warnOncePerKind } = source;
    if (items.kind === "ranged") return;
    const { codec, advice } = items;
    onWarning({
      kind: "read-whole",
      key,
      message:
        `"${key}" is compressed (${codec}), so that each slice reads it whole: to read parts, ${advice}`,
    });
  }

  /** Which axis varies slowest as the items are stored: the first (C) or the last (F). */
  get order(): "C" | "F" {
    return this.#source.layout.order;
  }

  /** Whether slices are read without the rest; false for compressed objects, which are read whole for each. */
  override get sliceable(): boolean {
    return this.#source.items.kind === "ranged";
  }

  /** What it is, as consoles show it: `LazyArray("sub01/betas", shape=(100, 3), dtype=float32)`, and how it is compressed. */
  override toString(): string {
    const { items } = this.#source;
    const more = items.kind === "ranged"
      ? []
      : [`compression=${JSON.stringify(items.codec)}`, "sliceable=False"];
    return headerText(["LazyArray", JSON.stringify(this.key)], this, more);
  }

  /** Lengths of the blocks along each axis, as dask gives them: at most 16 MiB a block, in whole runs of the stored bytes. */
  override get chunks(): Chunks {
    const { shape, order, byteLength } = this.#source.layout;
    if (byteLength === 0) return chunksFrom(shape, shape.map(() => null));
    const mirrored = <T>(list: readonly T[]) => order === "F" ? list.toReversed() : list;
    // Bytes under one index of each axis, from the one on that varies slowest.
    let each = byteLength;
    const lengths = mirrored(shape).map((length) => {
      each /= length;
      return Math.min(length, Math.max(1, Math.floor(MAX_BLOCK / each)));
    });
    return chunksFrom(shape, mirrored(lengths));
  }

  /**
   * Reads just the bytes it needs: neighbouring ranges up to 1 MiB apart in one request, others concurrently.
   *
   * @internal
   */
  protected override async readBox(
    ranges: readonly AxisRange[],
    signal: AbortSignal | undefined,
  ): Promise<NDArray> {
    const { items, layout } = this.#source;
    if (items.kind === "whole") {
      const selection = ranges.map((
        { start, step, count },
      ): Selection => [start, start + step * count, step]);
      const part = (await this.#all(items, signal)).slice(...selection);
      // Only a copy lets go of the whole array's memory.
      const { dtype, fields, shape } = part;
      return arrayFromBytes(part.toBytes(), { dtype, fields, shape });
    }
    const { itemsize } = partsOf(layout.dtype);
    const shape = ranges.map(({ count }) => count);
    const target = allocate(itemCount(shape) * itemsize);
    // In Fortran order everything is the mirror image.
    const mirrored = <T>(list: readonly T[]) => layout.order === "F" ? list.toReversed() : list;
    const stride = cStride(mirrored(shape));
    const blocks = planBlocks(mirrored(layout.shape), mirrored(ranges), itemsize, stride, {
      longest: LONGEST_READ,
      gap: MAX_GAP,
    });
    await fetchBlocks(items, blocks, { bytes: target, itemsize, stride }, signal);
    return arrayFromBytes(target, { ...layout, shape });
  }

  /** The whole array. */
  override toArray(options: RequestOptions = {}): Promise<NDArray> {
    const { items } = this.#source;
    if (items.kind === "ranged") {
      const { whole } = items;
      return whole ? withErrorKey(this.key, () => whole(this.signalOf(options))) : this.read([], options);
    }
    return withErrorKey(this.key, () => this.#all(items, this.signalOf(options)));
  }

  /**
   * The whole array in blocks of at most 16 MiB, one after the other: arrays larger than memory can be worked through, compressed ones too, which are decoded once, as
   * they come. Compressed ones in Fortran order come in the order in which they are stored.
   *
   * @example
   * ```ts
   * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://blocks-example");
   * await cci.uploadRawArray("ones", ndarray(new Float32Array(6).fill(1), [3, 2]), { compression: false });
   * let sum = 0;
   * for await (const { array } of (await cci.openRawArray("ones")).blocks()) for (const item of array) sum += Number(item);
   * console.assert(sum === 6);
   * ```
   */
  override async *blocks(options: RequestOptions = {}): AsyncIterable<LazyBlock> {
    const { items } = this.#source;
    if (items.kind === "whole") {
      // Loaded only when it is needed, so that a page which takes slices stays small.
      const { decodedBlocks } = await import("./decoded_blocks.ts");
      const { key, layout } = this.#source;
      return yield* decodedBlocks(key, layout, this.chunks, () => items.stream(this.signalOf(options)));
    }
    for (const { index, origin, shape } of new Grid(this.chunks).cells()) {
      const part = origin.map((start, axis): Selection => [start, start + shape[axis]]);
      yield { index, origin, array: await this.read(part, options) };
    }
  }

  async #all(items: WholeItems, signal: AbortSignal | undefined): Promise<NDArray> {
    const held = this.#whole?.deref();
    if (held) return held;
    const array = await items.read(signal);
    this.#whole = new WeakRef(array);
    return array;
  }
}

async function fetchBlocks(
  { start, read, concurrency = CONCURRENCY }: RangedItems,
  blocks: Iterable<Block>,
  target: {
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly itemsize: number;
    readonly stride: readonly number[];
  },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { itemsize } = target;
  const budget = new ByteBudget(IN_FLIGHT);
  await forEachConcurrent(blocks, async (block, _, signal) => {
    const { length, shape, stride } = block;
    const offset = start + block.offset;
    if (block.direct) {
      const first = block.target * itemsize;
      await read(offset, length, { into: target.bytes.subarray(first, first + length), signal });
      return;
    }
    const release = await budget.acquire(length, signal);
    try {
      const bytes = await read(offset, length, { signal });
      copyItems({ bytes, itemsize, shape, stride, offset: 0 }, { ...target, offset: block.target });
    } finally {
      release();
    }
  }, { concurrency, signal });
}
