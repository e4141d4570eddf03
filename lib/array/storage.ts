import { UnsupportedError } from "../errors.ts";
import type { DType, DTypeParts, TypedArray } from "./dtype.ts";
import { HAS_FLOAT16 } from "./float16.ts";

/** How the numbers of a dtype are kept: which typed array, and how to make one over a buffer. */
export interface Storage {
  /** The typed array's name, for messages. */
  readonly name: string;
  /** Bytes of each of its slots. */
  readonly slotSize: number;
  /** A view of `length` slots from byte `byteOffset` on. */
  view(buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  /** Whether `data` is such a typed array. */
  holds(data: TypedArray | Uint8ClampedArray): boolean;
}

interface TypedArrayConstructor {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

function storage(type: TypedArrayConstructor): Storage {
  return {
    name: type.name,
    slotSize: type.BYTES_PER_ELEMENT,
    view: (buffer, byteOffset, length) => new type(buffer, byteOffset, length),
    // By name, so that arrays of another realm (a frame, a worker's test harness) are known as well.
    holds: (data) => data[Symbol.toStringTag] === type.name,
  };
}

const BYTES = storage(Uint8Array);
const UINT32 = storage(Uint32Array);
const INT64 = storage(BigInt64Array);
const STORAGES = new Map<string, Storage>([
  ["i1", storage(Int8Array)],
  ["i2", storage(Int16Array)],
  ["u2", storage(Uint16Array)],
  ["i4", storage(Int32Array)],
  ["u4", UINT32],
  ["i8", INT64],
  ["u8", storage(BigUint64Array)],
  ["f2", HAS_FLOAT16 ? storage(Float16Array) : storage(Uint16Array)],
  ["f4", storage(Float32Array)],
  ["f8", storage(Float64Array)],
]);

/**
 * The storage that {@linkcode DataOf} names for a dtype.
 *
 * @throws {UnsupportedError} on a big-endian machine, where what is native here would be read wrongly.
 */
export function storageOf(dtype: DType, parts: DTypeParts): Storage {
  if (!isLittleEndian) throw new UnsupportedError("arrays need a little-endian machine");
  if (parts.swapped) return BYTES;
  switch (parts.kind) {
    case "c":
      return parts.itemsize === 8 ? STORAGES.get("f4") ?? BYTES : STORAGES.get("f8") ?? BYTES;
    case "U":
      return UINT32;
    case "M":
    case "m":
      return INT64;
  }
  return STORAGES.get(dtype.slice(1)) ?? BYTES;
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
