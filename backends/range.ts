import { InvalidArgumentError } from "../lib/errors.ts";
import type { ByteRange } from "./backend.ts";

/** A part of an object whose size is known: it lies wholly within the object. */
export interface Extent {
  /** First byte. */
  readonly offset: number;
  /** Bytes; 0 when the range lies beyond the end. */
  readonly length: number;
}

/**
 * What a range means in an object of `size` bytes. What lies beyond the end is left out; a range that begins there is empty.
 *
 * @param range The range, in bytes; `undefined` is the whole object.
 * @param size The object's size in bytes.
 * @throws {InvalidArgumentError} when a number is no whole number from 0 on.
 *
 * @example
 * ```ts
 * import { resolveRange } from "@cottoncandy/cottoncandy/backends";
 *
 * console.assert(resolveRange({ offset: 2, length: 100 }, 10).length === 8);
 * console.assert(resolveRange({ suffix: 3 }, 10).offset === 7);
 * ```
 */
export function resolveRange(range: ByteRange | undefined, size: number): Extent {
  if (!range) return { offset: 0, length: size };
  if ("suffix" in range) {
    const length = Math.min(count(range.suffix, "suffix"), size);
    return { offset: size - length, length };
  }
  const offset = Math.min(count(range.offset, "offset"), size);
  const length = Math.min(
    range.length === undefined ? Infinity : count(range.length, "length"),
    size - offset,
  );
  return { offset, length };
}

function count(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError(`a range's ${what} is a whole number of bytes from 0 on, not ${value}`);
}

/**
 * The memory that an extent is read into: `into` where given, else new.
 *
 * @throws {InvalidArgumentError} when `into` has another length than the extent, or memory is short.
 */
export function destination(
  { length }: Extent,
  into: Uint8Array<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> {
  if (into && into.length !== length) {
    throw new InvalidArgumentError(
      `the range has ${length} bytes and cannot fill \`into\`, which has ${into.length}`,
    );
  }
  if (into) return into;
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new InvalidArgumentError(
      `${length} bytes do not fit into this process's memory; read a range, or a stream`,
      { cause },
    );
  }
}
