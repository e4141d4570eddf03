import { IntegrityError } from "../../errors.ts";
import {
  type DataOf,
  type DType,
  itemTypeOf,
  type NativeOf,
  parseDType,
  swapBytes,
  type TypedArray,
} from "../dtype/mod.ts";

/**
 * Turns a stream of bytes into a stream of typed arrays: those that {@linkcode DataOf} names for the dtype. Items that are cut by the end of a piece are put
 * together.
 *
 * The typed arrays are views of the pieces that came in, where these are aligned as the dtype needs; others are copied. Byte-swapped numbers
 * are always copied, into native order: `typedChunks(">f8")` gives `Float64Array`s. An item of several slots (complex dtypes, `U`, `S`, `V`) is never cut.
 *
 * The stream ends with an `IntegrityError` when the bytes end within an item.
 *
 * @category Arrays
 * @param dtype What the items are.
 * @throws {UnsupportedError} when the dtype can't be used here.
 * @throws {InvalidArgumentError} when it is no dtype.
 *
 * @example
 * ```ts
 * import { typedChunks } from "@cottoncandy/cottoncandy/array";
 * import { streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
 * const numbers: number[] = [];
 * for await (const piece of streamOf(bytes, 5).pipeThrough(typedChunks("<f4"))) numbers.push(...piece);
 * console.assert(numbers.join() === "1,2,3");
 * ```
 */
export function typedChunks<D extends DType>(dtype: D): TransformStream<Uint8Array, DataOf<NativeOf<D>>>;
export function typedChunks(dtype: DType): TransformStream<Uint8Array, TypedArray> {
  const type = itemTypeOf(parseDType(dtype));
  const { itemsize, swapped } = type.parts;
  const native = itemTypeOf(parseDType(type.dtype.replace(">", "<")));
  const { slotSize } = native;
  const typed = (bytes: Uint8Array) => {
    const memory = swapped || bytes.byteOffset % slotSize !== 0 ? new Uint8Array(bytes) : bytes;
    if (swapped) swapBytes(memory, type.parts);
    return native.view(memory.buffer, memory.byteOffset, memory.byteLength / slotSize);
  };
  // The beginning of an item whose end has not come yet.
  const carry = new Uint8Array(itemsize);
  let carried = 0;
  return new TransformStream<Uint8Array, TypedArray>(
    {
      transform(bytes, controller) {
        if (carried > 0) {
          const taken = bytes.subarray(0, itemsize - carried);
          carry.set(taken, carried);
          carried += taken.byteLength;
          bytes = bytes.subarray(taken.byteLength);
          if (carried < itemsize) return;
          controller.enqueue(typed(carry.slice()));
        }
        // Of items of no bytes, every byte is one too many.
        carried = itemsize === 0 ? carried + bytes.byteLength : bytes.byteLength % itemsize;
        const whole = bytes.byteLength - carried;
        if (itemsize === 0) return;
        if (whole > 0) controller.enqueue(typed(bytes.subarray(0, whole)));
        carry.set(bytes.subarray(whole));
      },
      flush() {
        if (carried === 0) return;
        throw new IntegrityError(
          `the data end ${carried} bytes into an item of dtype ${type.dtype}, which takes ${itemsize}`,
        );
      },
    },
    undefined,
    { highWaterMark: 0 },
  );
}
