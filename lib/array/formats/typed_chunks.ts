import { IntegrityError } from "../../errors.ts";
import {
  type DataOf,
  type DType,
  type ItemType,
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
  const items = new ItemSplitter(itemTypeOf(parseDType(dtype)));
  return new TransformStream<Uint8Array, TypedArray>(
    {
      transform(bytes, controller) {
        for (const piece of items.split(bytes)) controller.enqueue(piece);
      },
      flush: () => items.end(),
    },
    undefined,
    { highWaterMark: 0 },
  );
}

class ItemSplitter {
  readonly #type: ItemType;
  readonly #native: ItemType;
  /** The beginning of an item whose end has not come yet. */
  readonly #carry: Uint8Array;
  #carried = 0;

  constructor(type: ItemType) {
    this.#type = type;
    this.#native = itemTypeOf(parseDType(type.dtype.replace(">", "<")));
    this.#carry = new Uint8Array(type.parts.itemsize);
  }

  *split(bytes: Uint8Array): Generator<TypedArray> {
    const { itemsize } = this.#type.parts;
    if (itemsize === 0) {
      // Items of no bytes: every byte is one too many.
      this.#carried += bytes.length;
      return;
    }
    if (this.#carried > 0) {
      const taken = bytes.subarray(0, itemsize - this.#carried);
      this.#carry.set(taken, this.#carried);
      this.#carried += taken.length;
      bytes = bytes.subarray(taken.length);
      if (this.#carried < itemsize) return;
      yield this.#typed(this.#carry.slice());
      this.#carried = 0;
    }
    const whole = bytes.length - bytes.length % itemsize;
    if (whole > 0) yield this.#typed(bytes.subarray(0, whole));
    this.#carry.set(bytes.subarray(whole));
    this.#carried = bytes.length - whole;
  }

  #typed(bytes: Uint8Array): TypedArray {
    const { parts } = this.#type;
    const { slotSize } = this.#native.storage;
    let memory = bytes;
    if (parts.swapped) {
      memory = new Uint8Array(bytes);
      swapBytes(memory, parts);
    } else if (bytes.byteOffset % slotSize !== 0) {
      memory = new Uint8Array(bytes);
    }
    return this.#native.view(memory.buffer, memory.byteOffset, memory.length / slotSize);
  }

  end(): void {
    if (this.#carried === 0) return;
    const { dtype, parts } = this.#type;
    throw new IntegrityError(
      `the data end ${this.#carried} bytes into an item of dtype ${dtype}, which takes ${parts.itemsize}`,
    );
  }
}
