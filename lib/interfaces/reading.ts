/**
 * What all readers of arrays share: where the bytes go, and reads of parts of one version.
 *
 * @module
 */
import type { Backend, ObjectHead } from "../../backends/backend.ts";
import type { Field, NDArray } from "../array/mod.ts";
import { InvalidArgumentError, PreconditionFailedError } from "../errors.ts";

/** What an array is, apart from its bytes. */
export interface Layout {
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
 */
export function byteTarget(
  layout: Layout,
  into: NDArray | ArrayBufferView<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> {
  if (into === undefined) return new Uint8Array(layout.byteLength);
  const view = ArrayBuffer.isView(into) ? into : dataUnder(layout, into);
  if (view.byteLength !== layout.byteLength) {
    throw new InvalidArgumentError(
      `"into" has ${view.byteLength} bytes, and the array ${layout.byteLength}: it is ${layout.dtype} of shape (${
        layout.shape.join(", ")
      })`,
    );
  }
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function dataUnder(layout: Layout, array: NDArray): ArrayBufferView<ArrayBuffer> {
  const { data } = array;
  if (array.dtype !== layout.dtype || array.shape.join() !== layout.shape.join()) {
    throw new InvalidArgumentError(
      `"into" is ${array.dtype} of shape (${
        array.shape.join(", ")
      }), and the stored array ${layout.dtype} of shape (${layout.shape.join(", ")})`,
    );
  }
  if (!isLaidOut(array, layout.order)) {
    throw new InvalidArgumentError(
      `"into" must be contiguous in ${layout.order} order, as the array is stored`,
    );
  }
  if (!(data.buffer instanceof ArrayBuffer)) throw new InvalidArgumentError('"into" can\'t be shared memory');
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function isLaidOut(array: NDArray, order: "C" | "F"): boolean {
  const axes = array.shape.map((_, axis) => axis);
  if (order === "C") axes.reverse();
  let expected = 1;
  for (const axis of axes) {
    if (array.shape[axis] > 1 && array.stride[axis] !== expected) return false;
    expected *= array.shape[axis];
  }
  return array.offset === 0;
}

/** Reads `length` bytes from `offset` on, into `into` where given. */
export type RangeReader = (
  offset: number,
  length: number,
  options: { into?: Uint8Array<ArrayBuffer>; signal?: AbortSignal },
) => Promise<Uint8Array<ArrayBuffer>>;

/** Reads parts of the one version of an object that `head` describes: one request each. */
export function rangeReader(backend: Backend, head: ObjectHead): RangeReader {
  return async (offset, length, { into, signal }) => {
    const reader = await backend.open(head.key, { range: { offset, length }, ifMatch: head.etag, signal });
    try {
      if (head.etag === undefined && reader.info.lastModified.getTime() !== head.lastModified.getTime()) {
        throw new PreconditionFailedError(
          `"${head.key}" has been replaced since it was opened: open it again`,
          { key: head.key },
        );
      }
      return await reader.read(undefined, { into, signal });
    } finally {
      await reader.close();
    }
  };
}
