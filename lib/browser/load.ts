import type { Backend } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import { IntegrityError } from "../errors.ts";
import { readNpyFrom, streamNpyFrom } from "../interfaces/npy.ts";
import { type RawReadOptions, readRawFrom } from "../interfaces/raw.ts";

/** Options of {@linkcode loadArray}. */
export interface BrowserLoadOptions extends RawReadOptions {
  /** Memory to fill instead of new memory: a contiguous `NDArray` of the same dtype and shape, or a typed array with as many bytes. */
  readonly into?: NDArray | ArrayBufferView<ArrayBuffer>;
}

/**
 * Reads an array as what its object is: a raw array when its metadata have a dtype or a shape, else a `.npy` file. One request tells and brings the
 * first bytes. What is neither is given up at its first bytes.
 *
 * @param options `order` is for raw arrays; a `.npy` file knows its own.
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when it is neither, or corrupt.
 */
export async function loadArray(
  backend: Backend,
  key: string,
  options: BrowserLoadOptions,
): Promise<NDArray> {
  const { order: _order, into, ...rest } = options;
  const reader = await backend.open(key, { ...rest, parallel: true });
  const { metadata } = reader.info;
  if ("dtype" in metadata || "shape" in metadata) return await readRawFrom(reader, options);
  if (key.endsWith(".npy")) return await readNpyFrom(reader, { ...rest, into });
  try {
    return await streamNpyFrom(reader, { ...rest, into });
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    throw new IntegrityError(
      `${error.message}; nor do its metadata say that it is a raw array: what is no array has methods of its own, as downloadObject and downloadJson`,
      { key, bucket: backend.bucket, cause: error },
    );
  }
}
