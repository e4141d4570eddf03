/**
 * Arrays as .npy files: what `numpy.save` writes, byte for byte.
 *
 * @module
 */
import { encodeLatin1 } from "../../bytes.ts";
import { type Descr, descrOf, type DType, type Field, type FieldDescr } from "../dtype/mod.ts";
import { NPY_MAGIC } from "../formats/mod.ts";
import { isCContiguous, isFContiguous, itemCount } from "../layout/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { reprText, reprTuple } from "../python_repr.ts";
import { bytesOf } from "./bytes.ts";

/** What a header is written from. */
export interface NpyHeaderInit {
  /** What the items are. */
  readonly dtype: DType;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Whether the first axis lies together; if not given, `stride` tells, and else it does not. */
  readonly fortranOrder?: boolean;
  /** The strides of an array that is to be written. */
  readonly stride?: readonly number[];
}

const ALIGNMENT = 64;
/** Numpy leaves room for the longest axis to grow to a number of so many digits. */
const GROWTH_DIGITS = 21;

/**
 * The .npy file of an array, as a stream: what `numpy.save` writes, byte for byte. An array that lies in Fortran order is written so; both orders are
 * views of the array's own memory, and other strided views are gathered piece by piece.
 *
 * @category Arrays
 * @param array What to write; it must not change until the stream has been read.
 * @throws {UnsupportedError} when the fields of the dtype overlap or are out of order.
 *
 * @example
 * ```ts
 * import { ndarray, npyEncode, readNpy } from "@cottoncandy/cottoncandy/array";
 *
 * const a = ndarray(Int16Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
 * const b = await readNpy(npyEncode(a.transpose()));
 * console.assert(b.shape.join() === "3,2" && b.get(2, 1) === 6);
 * ```
 */
export function npyEncode(array: NDArray): ReadableStream<Uint8Array<ArrayBuffer>> {
  let header: Uint8Array<ArrayBuffer> | undefined = npyHeader(array);
  const body = bytesOf(isFortran(array) ? array.transpose() : array).getReader();
  return new ReadableStream({
    async pull(controller) {
      if (header) {
        controller.enqueue(header);
        header = undefined;
        return;
      }
      const { done, value } = await body.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => body.cancel(reason),
  }, { highWaterMark: 0 });
}

/**
 * How many bytes {@linkcode npyEncode} gives.
 *
 * @param array What is to be written.
 * @throws {UnsupportedError} when the fields of the dtype overlap or are out of order.
 *
 * @example
 * ```ts
 * import { ndarray, npySize } from "@cottoncandy/cottoncandy/array";
 *
 * console.assert(npySize(ndarray(new Float64Array(6))) === 128 + 48);
 * ```
 */
export function npySize(array: NDArray): number {
  return npyHeader(array).byteLength + array.nbytes;
}

/**
 * Writes a .npy header, byte for byte as numpy 1.23 and later do: in the oldest version that it fits, padded to a multiple of 64 bytes.
 *
 * @param array What is to be written: an array, whose strides tell its order, or what is known of it.
 * @throws {UnsupportedError} when the fields of the dtype overlap or are out of order.
 * @throws {InvalidArgumentError} when the shape is none.
 *
 * @example
 * ```ts
 * import { npyHeader } from "@cottoncandy/cottoncandy/array";
 *
 * const text = new TextDecoder().decode(npyHeader({ dtype: "<f4", shape: [3] }).subarray(10));
 * console.assert(text.startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"));
 * ```
 */
export function npyHeader(array: NpyHeaderInit): Uint8Array<ArrayBuffer> {
  const { shape } = array;
  itemCount(shape);
  const fortranOrder = isFortran(array);
  const dict = `{'descr': ${reprDescr(descrOf(array))}, 'fortran_order': ${
    fortranOrder ? "True" : "False"
  }, 'shape': ${reprTuple(shape)}, }`;
  const growing = fortranOrder ? shape.at(-1) : shape[0];
  const text = dict +
    " ".repeat(growing === undefined ? 0 : Math.max(0, GROWTH_DIGITS - String(growing).length));
  const latin1 = encodeLatin1(text);
  if (!latin1) return assemble(3, new TextEncoder().encode(text));
  return paddedLength(10, latin1.byteLength) - 10 < 2 ** 16 ? assemble(1, latin1) : assemble(2, latin1);
}

/** Whether numpy would write the array in Fortran order: only if it lies so and not in C order as well. */
export function isFortran({ fortranOrder, shape, stride }: NpyHeaderInit): boolean {
  return fortranOrder ??
    (stride !== undefined && !isCContiguous(shape, stride) && isFContiguous(shape, stride));
}

function assemble(version: 1 | 2 | 3, text: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(paddedLength(prefix, text.byteLength)).fill(0x20);
  const view = new DataView(bytes.buffer);
  bytes.set(NPY_MAGIC);
  view.setUint16(NPY_MAGIC.byteLength, version, true);
  if (version === 1) view.setUint16(8, bytes.byteLength - prefix, true);
  else view.setUint32(8, bytes.byteLength - prefix, true);
  bytes.set(text, prefix);
  bytes[bytes.byteLength - 1] = 0x0a;
  return bytes;
}

/** The header's length: at least one byte, the line's end, comes after the text; where that fits exactly, numpy adds another 64. */
function paddedLength(prefix: number, textLength: number): number {
  const length = prefix + textLength + 1;
  return length + ALIGNMENT - length % ALIGNMENT;
}

function reprDescr(descr: Descr): string {
  if (typeof descr === "string") return reprText(descr);
  return `[${descr.map(reprField).join(", ")}]`;
}

function reprField([names, type, shape]: FieldDescr): string {
  const name = typeof names === "string" ? reprText(names) : `(${names.map(reprText).join(", ")})`;
  return `(${name}, ${reprDescr(type)}${shape ? `, ${reprTuple(shape)}` : ""})`;
}
