/**
 * The folders of sparse arrays: where one is, and what it says of itself.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { asStored } from "../array/descr.ts";
import { parseSparse, parseSparseShape, type SparseDescription } from "../array/sparse/description.ts";
import type { SparseFormat } from "../array/sparse/format.ts";
import { about } from "../about.ts";
import { NotFoundError } from "../errors.ts";
import { metadataKey, readDescription } from "./array_description.ts";
import { GENERATION_KEY } from "./chunked_metadata.ts";
import { readRaw } from "./raw.ts";

/** A sparse array as it is stored. */
export interface StoredSparseArray extends SparseDescription {
  /** The folder's key, without a slash at its end. */
  readonly folder: string;
  /** Which upload it is of, where that is told. */
  readonly generation?: string;
}

/** Python stored these for some weeks of 2016: as dictionaries, in folders with the format in their names. */
const ANCIENT: readonly SparseFormat[] = ["csr", "coo"];

/**
 * Finds a sparse array.
 *
 * @throws {NotFoundError} when there is none.
 */
export async function findSparse(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<StoredSparseArray> {
  try {
    const { json, metadata } = await readDescription(backend, folder, options);
    return {
      ...await about(metadataKey(folder), () => Promise.resolve(parseSparse(json))),
      folder,
      generation: metadata[GENERATION_KEY],
    };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    for (const format of ANCIENT) {
      const places = folder.endsWith(`.${format}`) ? [folder] : [`${folder}.${format}`];
      for (const place of places) {
        if (await backend.head(`${place}/shape`, options)) return { format, shape: undefined, folder: place };
      }
    }
    throw new NotFoundError(
      `there is no sparse array "${folder}" in ${backend.name}: it has no metadata.json`,
      { key: metadataKey(folder), bucket: error.bucket, cause: error },
    );
  }
}

/** The shape of an array that has it as a part of its own. */
export async function readShape(
  backend: Backend,
  { folder }: StoredSparseArray,
  options: RequestOptions,
): Promise<readonly [number, number]> {
  const key = `${folder}/shape`;
  const array = await readRaw(backend, key, options);
  return await about(
    key,
    () => Promise.resolve(asStored("the shape", () => parseSparseShape(Array.from(array, Number)))),
  );
}
