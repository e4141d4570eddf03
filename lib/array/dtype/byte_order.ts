import { type Field, fieldSize } from "./descr.ts";
import { type DTypeParts, parseDType, partsOf } from "./dtype.ts";

/**
 * Reverses the byte order of numbers in place: those of a byte-swapped dtype, or of each byte-swapped field of a structure.
 *
 * @param bytes Items of the dtype, one after the other.
 * @param parts The dtype, taken apart.
 * @param fields The fields, of a structured dtype.
 */
export function swapBytes(bytes: Uint8Array, parts: DTypeParts, fields?: readonly Field[]): void {
  if (!fields) {
    if (parts.swapped) swapWords(bytes, parts.wordsize);
    return;
  }
  for (let at = 0; at < bytes.length; at += parts.itemsize) {
    swapStructure(bytes.subarray(at, at + parts.itemsize), fields);
  }
}

function swapStructure(item: Uint8Array, fields: readonly Field[]): void {
  for (const field of fields) {
    swapBytes(
      item.subarray(field.offset, field.offset + fieldSize(field)),
      partsOf(field.dtype),
      field.fields,
    );
  }
}

/** The fields with native dtypes; the same ones when they are native already. */
export function swapFields(fields: readonly Field[]): readonly Field[] {
  const swapped = fields.map((field) => {
    const nested = field.fields && swapFields(field.fields);
    if (nested !== field.fields) return { ...field, fields: nested };
    return field.dtype[0] === ">" ? { ...field, dtype: parseDType(field.dtype.replace(">", "<")) } : field;
  });
  return swapped.every((field, index) => field === fields[index]) ? fields : swapped;
}

function swapWords(bytes: Uint8Array, wordsize: number): void {
  if (wordsize === 1) return;
  if (bytes.byteOffset % Math.min(wordsize, 4) !== 0) {
    for (let at = 0; at < bytes.length; at += wordsize) bytes.subarray(at, at + wordsize).reverse();
  } else if (wordsize === 2) {
    const words = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    for (let i = 0; i < words.length; i++) words[i] = (words[i] << 8) | (words[i] >>> 8);
  } else {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = 0; i < words.length; i++) words[i] = reversed(words[i]);
    if (wordsize === 8) {
      for (let i = 0; i < words.length; i += 2) [words[i], words[i + 1]] = [words[i + 1], words[i]];
    }
  }
}

function reversed(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
