import { InvalidArgumentError } from "../errors.ts";
import { shown } from "../error_context.ts";
import type { DType, TypedArray } from "./dtype/mod.ts";

/**
 * Truth values, text of a fixed length or bytes as zarrita has them: its `BoolArray`, `UnicodeStringArray` and `ByteStringArray`. They are known by what they
 * have, whichever copy of zarrita they come from.
 */
export interface ZarritaItems {
  /** The memory that the items lie in. */
  readonly buffer: ArrayBufferLike;
  /** Where they begin, in bytes. */
  readonly byteOffset: number;
  /** Bytes that they take. */
  readonly byteLength: number;
  /** Number of items. */
  readonly length: number;
  /** Characters an item, of text; bytes an item, of bytes. */
  readonly chars?: number;
  /** One item. */
  get(index: number): boolean | string;
}

/** Whether a value is {@linkcode ZarritaItems}. */
export function isZarritaItems(value: unknown): value is ZarritaItems {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !("shape" in value) &&
    "get" in value && typeof value.get === "function" &&
    "buffer" in value && Object.prototype.toString.call(value.buffer).endsWith("ArrayBuffer]") &&
    "byteOffset" in value && "byteLength" in value && "length" in value && typeof value.length === "number";
}

/**
 * The dtype of zarrita's items, and a view of their memory as arrays of that dtype are kept.
 *
 * @throws {InvalidArgumentError} when they are of no kind that is known.
 */
export function zarritaMemory(items: ZarritaItems): { readonly data: TypedArray; readonly dtype: DType } {
  const { buffer, byteOffset, byteLength, length, chars } = items;
  const bytes = () => new Uint8Array(buffer, byteOffset, byteLength);
  if (chars === undefined && byteLength === length) return { data: bytes(), dtype: "|b1" };
  if (chars !== undefined && byteLength === length * chars) return { data: bytes(), dtype: `|S${chars}` };
  if (chars !== undefined && byteLength === length * chars * 4) {
    return { data: new Uint32Array(buffer, byteOffset, length * chars), dtype: `<U${chars}` };
  }
  throw new InvalidArgumentError(`an array is made over a typed array, not over ${shown(items)}`);
}
