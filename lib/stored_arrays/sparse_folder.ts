import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { parseSparse, type SparseDescription, type SparseFormat } from "../array/sparse/mod.ts";
import { withErrorKey } from "../error_context.ts";
import { NotFoundError } from "../errors.ts";
import { GENERATION_KEY, metadataKey, readDescription } from "./folder.ts";

/** A sparse array as it is stored. */
export interface SparseFolder extends SparseDescription {
  /** The folder's key, without a slash at its end. */
  readonly folder: string;
  /** Which upload it is of, where that is told. */
  readonly generation?: string;
}

/** Python stored these for some weeks of 2016: as dictionaries, in folders with the format in their names. */
const ANCIENT: readonly SparseFormat[] = ["csr", "coo"];

/**
 * Reads what a folder says of the sparse array in it, by either name of one of 2016.
 *
 * @throws {NotFoundError} when there is none.
 * @throws {IntegrityError} and {@linkcode UnsupportedError} when what it says describes none that is known.
 */
export async function findSparse(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<SparseFolder> {
  try {
    const { json, metadata } = await readDescription(backend, folder, options);
    const description = await withErrorKey(metadataKey(folder), () => parseSparse(json));
    return { ...description, folder, generation: metadata[GENERATION_KEY] };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    for (const format of ANCIENT) {
      const ancient = folder.endsWith(`.${format}`) ? folder : `${folder}.${format}`;
      if (await backend.head(`${ancient}/shape`, options)) {
        return { format, shape: undefined, folder: ancient };
      }
    }
    throw new NotFoundError(
      `there is no sparse array "${folder}" in ${backend.name}: it has no metadata.json`,
      { key: metadataKey(folder), bucket: error.bucket, cause: error },
    );
  }
}
