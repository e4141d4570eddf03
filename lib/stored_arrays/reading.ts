/**
 * What all readers of stored arrays share: memory to fill, and reads of parts of one version of an object.
 *
 * @module
 */
import type { Backend, ObjectHead, ObjectReader, OnProgress, OpenOptions } from "../../backends/backend.ts";
import { isCContiguous, isFContiguous } from "../array/layout/mod.ts";
import { isNDArray } from "../array/formats/mod.ts";
import type { Field, NDArray, NpyStream } from "../array/mod.ts";
import { allocate } from "../bytes.ts";
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

/** What the header of a .npy file says. */
export function npyLayout(
  { dtype, fields, shape, byteLength, fortranOrder }: Omit<NpyStream, "body">,
): StoredLayout {
  return { dtype, ...(fields && { fields }), shape, byteLength, order: fortranOrder ? "F" : "C" };
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

/** Adds up the progress of many objects that are transferred at once, as that of one. */
export class PartsProgress {
  readonly #key: string;
  readonly #report: OnProgress;
  #loaded = 0;

  /** Progress of nothing yet; `key` is what is reported as transferred. */
  constructor(key: string, report: OnProgress) {
    this.#key = key;
    this.#report = report;
  }

  /** What receives the progress of one of the objects. */
  part(): OnProgress {
    let before = 0;
    return ({ loaded }) => {
      if (loaded === before) return;
      this.#loaded += loaded - before;
      before = loaded;
      this.#report({ key: this.#key, loaded: this.#loaded, done: false });
    };
  }

  /** Reports that all is done. */
  finish(): void {
    this.#report({ key: this.#key, loaded: this.#loaded, total: this.#loaded, done: true });
  }
}
