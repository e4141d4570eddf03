/**
 * What all readers of stored arrays share: slices, memory to fill, and reads of parts of one version of an object.
 *
 * @module
 */
import type {
  Backend,
  ObjectHead,
  ObjectReader,
  OpenOptions,
  RequestOptions,
} from "../../backends/backend.ts";
import { ascendingRange, type AxisRange, type Chunks, restoredOrder } from "../array/chunks/mod.ts";
import { isCContiguous, isFContiguous } from "../array/layout/mod.ts";
import { type Field, isNDArray, type NDArray, resolveSelection, type Selection } from "../array/mod.ts";
import { anySignal } from "../async.ts";
import { allocate } from "../bytes.ts";
import { withErrorKey } from "../error_context.ts";
import { InvalidArgumentError, PreconditionFailedError } from "../errors.ts";

/** What an array is, apart from its bytes. */
export interface StoredLayout {
  /** numpy `dtype.str`. */
  readonly dtype: NDArray["dtype"];
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Which axis varies slowest: the first (C) or the last (F). */
  readonly order: "C" | "F";
  /** Bytes of all items together. */
  readonly byteLength: number;
}

/**
 * The bytes to fill: new ones, or those under `into`.
 *
 * @throws {InvalidArgumentError} when `into` can't hold the array as it is stored.
 * @throws {UnsupportedError} when there is not so much memory.
 */
export function byteTarget(
  layout: StoredLayout,
  into: NDArray | ArrayBufferView<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> {
  if (into === undefined) return allocate(layout.byteLength);
  const view = ArrayBuffer.isView(into) ? into : dataUnder(layout, into);
  if (view.byteLength !== layout.byteLength) {
    throw new InvalidArgumentError(
      `"into" has ${view.byteLength} bytes, and the array ${layout.byteLength}: it is ${layout.dtype} of shape (${
        layout.shape.join(", ")
      })`,
    );
  }
  if (!(view.buffer instanceof ArrayBuffer)) throw new InvalidArgumentError('"into" can\'t be shared memory');
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function dataUnder(layout: StoredLayout, array: NDArray): ArrayBufferView {
  if (!isNDArray(array)) throw new InvalidArgumentError('"into" is an NDArray or a typed array to fill');
  if (array.dtype !== layout.dtype || array.shape.join() !== layout.shape.join()) {
    throw new InvalidArgumentError(
      `"into" is ${array.dtype} of shape (${
        array.shape.join(", ")
      }), and the stored array ${layout.dtype} of shape (${layout.shape.join(", ")})`,
    );
  }
  const isContiguous = layout.order === "C" ? isCContiguous : isFContiguous;
  if (!isContiguous(array.shape, array.stride)) {
    throw new InvalidArgumentError(
      `"into" must be contiguous in ${layout.order} order, as the array is stored`,
    );
  }
  return array.data;
}

/** One block of an array: `blocks` of {@linkcode LazyArray} and {@linkcode ChunkedArray}. */
export interface LazyBlock {
  /** Which block, along each axis. */
  readonly index: readonly number[];
  /** Where its first item lies in the whole array. */
  readonly origin: readonly number[];
  /** Its items. */
  readonly array: NDArray;
}

/** A stored array of which only the parts that are asked for are read. */
export abstract class StoredArray {
  /** The full key: of the object, or of the folder. */
  readonly key: string;
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** numpy `dtype.str`. */
  readonly dtype: NDArray["dtype"];
  /** The fields of a structured dtype. */
  readonly fields: NDArray["fields"];
  readonly #signal: AbortSignal | undefined;

  /** An array of which nothing has been read; `signal` ends all reads. */
  constructor(
    key: string,
    { shape, dtype, fields }: Pick<StoredLayout, "shape" | "dtype" | "fields">,
    signal: AbortSignal | undefined,
  ) {
    this.key = key;
    this.shape = shape;
    this.dtype = dtype;
    this.fields = fields;
    this.#signal = signal;
  }

  /** Lengths of the blocks along each axis, as dask gives them. */
  abstract get chunks(): Chunks;

  /** The whole array. */
  abstract toArray(options?: RequestOptions): Promise<NDArray>;

  /** The whole array block by block, in C order. */
  abstract blocks(options?: RequestOptions): AsyncIterable<LazyBlock>;

  /**
   * A part of the array, by numpy's rules: a number takes one index and drops the axis, `[start, stop, step]` a range, `null` (or nothing) all.
   * Negative indices count from the end.
   *
   * @throws {InvalidArgumentError} when there are more selections than axes, or an index is out of bounds.
   * @throws {PreconditionFailedError} when the array's one object has been replaced since it was opened.
   * @throws {IntegrityError} when a part isn't what `metadata.json` says, or corrupt.
   * @throws {NotFoundError} when a part is missing.
   */
  slice(...selection: Selection[]): Promise<NDArray> {
    return this.read(selection);
  }

  /** Like {@linkcode StoredArray.slice}, with options. */
  read(selection: readonly Selection[], options: RequestOptions = {}): Promise<NDArray> {
    return withErrorKey(this.key, async () => {
      const axes = resolveSelection(this.shape, selection);
      const box = await this.readBox(axes.map(ascendingRange), this.signalOf(options));
      return box.slice(...axes.map(restoredOrder));
    });
  }

  /** Reads a box of the array into memory of its own; no axis is dropped or turned round. */
  protected abstract readBox(
    ranges: readonly AxisRange[],
    signal: AbortSignal | undefined,
  ): Promise<NDArray>;

  /** What ends a read: the array's own signal, or the call's. */
  protected signalOf({ signal }: RequestOptions): AbortSignal | undefined {
    return anySignal(this.#signal, signal);
  }
}

/** How many bytes reads of an array may hold beside their results. */
export const IN_FLIGHT = 64 * 1024 * 1024;

/** Reads `length` bytes from `offset` on, into `into` where given. */
export type RangeReader = (
  offset: number,
  length: number,
  options: { into?: Uint8Array<ArrayBuffer>; signal?: AbortSignal },
) => Promise<Uint8Array<ArrayBuffer>>;

/** Reads parts of the one version of an object that `head` describes: one request each. */
export function rangeReader(backend: Backend, head: ObjectHead): RangeReader {
  return async (offset, length, { into, signal }) => {
    const reader = await openSameVersion(backend, head, { range: { offset, length }, signal });
    try {
      return await reader.read(undefined, { into, signal });
    } finally {
      await reader.close();
    }
  };
}

/**
 * Opens the one version of an object that `head` describes.
 *
 * @throws {PreconditionFailedError} when it has been replaced.
 */
export async function openSameVersion(
  backend: Backend,
  head: ObjectHead,
  options: OpenOptions,
): Promise<ObjectReader> {
  const reader = await backend.open(head.key, { ...options, ifMatch: head.etag });
  if (head.etag === undefined && reader.info.lastModified.getTime() !== head.lastModified.getTime()) {
    await reader.close();
    throw new PreconditionFailedError(
      `"${head.key}" has been replaced since it was opened: open it again`,
      { key: head.key },
    );
  }
  return reader;
}
