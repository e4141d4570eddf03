/**
 * What `metadata.json` of a chunked array says: its dtype and chunks, and where its parts are.
 *
 * @module
 */
import { checkKey } from "../../../backends/arguments.ts";
import type { Backend, RequestOptions } from "../../../backends/backend.ts";
import { type DaskMetadata, parseDaskMetadata } from "../../array/chunks/mod.ts";
import { DESCR_KEY, parseRawMetadata, rawMetadata } from "../../array/formats/mod.ts";
import type { NDArray } from "../../array/mod.ts";
import { parseStored, withErrorKey } from "../../error_context.ts";
import { cleanName } from "../../names.ts";
import { GENERATION_KEY, metadataKey, readDescription } from "../folder.ts";

/** The metadata key that says of `metadata.json` that all parts are stored raw, so that bytes of them can be asked for at once. */
const PARTS_KEY = "cc-parts";
/** Its value. */
const RAW_PARTS = "raw";

/** A chunked array as it is stored. */
export interface StoredChunked extends DaskMetadata {
  /** The folder's key, without a slash at its end. */
  readonly folder: string;
  /** Which upload it is of, where that is told. */
  readonly generation?: string;
  /** Whether all parts are known to be stored raw. */
  readonly raw: boolean;
}

/** The library's own metadata of `metadata.json`. */
export function ownMetadata(
  array: Pick<NDArray, "dtype" | "fields">,
  generation: string,
  raw: boolean,
): Record<string, string> {
  const descr = rawMetadata({ ...array, shape: [] }, false)[DESCR_KEY];
  return {
    [GENERATION_KEY]: generation,
    ...(raw && { [PARTS_KEY]: RAW_PARTS }),
    ...(descr !== undefined && { [DESCR_KEY]: descr }),
  };
}

/**
 * Reads `metadata.json` of a folder, in one request.
 *
 * @throws {NotFoundError} when there is none.
 * @throws {IntegrityError} when it doesn't describe a chunked array.
 */
export async function readMetadata(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<StoredChunked> {
  const { json, metadata } = await readDescription(backend, folder, options);
  return await withErrorKey(metadataKey(folder), () => {
    const parsed = parseDaskMetadata(json);
    const { dtype } = parsed;
    // As the metadata of an array with no items: what they say of the fields is checked there.
    const descr = metadata[DESCR_KEY];
    const { fields } = descr === undefined
      ? parsed
      : parseRawMetadata({ dtype, shape: "0", compression: "False", [DESCR_KEY]: descr });
    return {
      ...parsed,
      ...(fields && { fields }),
      folder,
      generation: metadata[GENERATION_KEY],
      raw: metadata[PARTS_KEY] === RAW_PARTS,
    };
  });
}

/**
 * Where a part may be, the likeliest place first. Python writes full keys, which are right as long as the folder stays where it was written.
 * Once it was moved or copied, the part beside `metadata.json` is meant, and not what has become of the old folder.
 */
export function candidateKeys(name: string, folder: string): readonly string[] {
  return parseStored("a part's name", () => {
    const key = cleanName(name);
    const slash = key.lastIndexOf("/");
    const isBeside = key.slice(0, Math.max(0, slash)) === folder;
    const keys = isBeside ? [key] : [`${folder}/${key.slice(slash + 1)}`, key];
    for (const each of keys) checkKey(each);
    return keys;
  });
}
