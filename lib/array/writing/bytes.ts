import { allocate, isUnshared } from "../../bytes.ts";
import { streamOf } from "../../streams/mod.ts";
import { gatherItems, isCContiguous, itemCount, layoutOf, type MemoryLayout } from "../layout/mod.ts";
import type { NDArray } from "../ndarray.ts";

/**
 * An array's bytes in C order without copying them, or `undefined` when they don't lie so, or lie in shared memory, which could change on its
 * way: {@linkcode bytesOf} gives any array's bytes. For those of a Fortran-contiguous array in Fortran order, pass `array.transpose()`.
 *
 * @param array Any array.
 * @returns A view of the array's own memory.
 *
 * @example
 * ```ts
 * import { bytesOf, contiguousBytes, ndarray } from "@cottoncandy/cottoncandy/array";
 *
 * const a = ndarray(new Float32Array(6), [2, 3]);
 * console.assert(contiguousBytes(a)?.buffer === a.data.buffer);
 * console.assert(contiguousBytes(a.transpose()) === undefined);
 * const body = contiguousBytes(a) ?? bytesOf(a);
 * console.assert(body instanceof Uint8Array);
 * ```
 */
export function contiguousBytes(array: NDArray): Uint8Array<ArrayBuffer> | undefined {
  if (!isCContiguous(array.shape, array.stride)) return undefined;
  const { bytes, itemsize, offset } = layoutOf(array);
  const items = bytes.subarray(offset * itemsize, offset * itemsize + array.nbytes);
  return isUnshared(items) ? items : undefined;
}

/**
 * An array's bytes in C order as a stream. Contiguous arrays are handed out as views of their own memory; of others, each piece is gathered when
 * it is asked for, so that a view of any size takes the memory of one piece.
 *
 * The array must not change until the stream has been read.
 *
 * @param array Any array.
 * @param options `pieceLength`: bytes a piece, at most; default 1 MiB. Never less than an item.
 *
 * @example
 * ```ts
 * import { bytesOf, ndarray } from "@cottoncandy/cottoncandy/array";
 * import { readAll } from "@cottoncandy/cottoncandy/streams";
 *
 * const a = ndarray(Uint8Array.of(1, 2, 3, 4), [2, 2]);
 * console.assert((await readAll(bytesOf(a.transpose()))).join() === "1,3,2,4");
 * ```
 */
export function bytesOf(
  array: NDArray,
  options: { readonly pieceLength?: number } = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { pieceLength = 1024 * 1024 } = options;
  const bytes = contiguousBytes(array);
  if (bytes) return streamOf(bytes, pieceLength);
  const blocks = blocksOf(layoutOf(array), pieceLength);
  return new ReadableStream({
    pull(controller) {
      const { done, value } = blocks.next();
      if (done) return controller.close();
      const piece = allocate(itemCount(value.shape) * value.itemsize);
      gatherItems(value, piece);
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
}

/** Cuts an array, in C order, into blocks of at most `byteLength` bytes, along the first axis on which a slab of one index is small enough. */
function* blocksOf(layout: MemoryLayout, byteLength: number): Generator<MemoryLayout, void> {
  const { itemsize, shape, stride, offset } = layout;
  if (shape.includes(0) || itemsize === 0) return;
  const [length, ...rest] = shape;
  const slab = itemCount(rest) * itemsize;
  if (length === undefined) {
    yield layout;
  } else if (slab <= byteLength || rest.length === 0) {
    const together = Math.max(1, Math.floor(byteLength / slab));
    for (let index = 0; index < length; index += together) {
      const taken = Math.min(together, length - index);
      yield { ...layout, shape: [taken, ...rest], offset: offset + index * stride[0] };
    }
  } else {
    for (let index = 0; index < length; index++) {
      yield* blocksOf(
        { ...layout, shape: rest, stride: stride.slice(1), offset: offset + index * stride[0] },
        byteLength,
      );
    }
  }
}
