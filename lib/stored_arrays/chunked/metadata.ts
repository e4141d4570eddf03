/**
 * `metadata.json` of a chunked array: the commit point of its upload, and the first thing that a reader fetches.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../../backends/backend.ts";
import { type DaskMetadata, daskMetadata, type Grid, parseDaskMetadata } from "../../array/chunks/mod.ts";
import { DESCR_KEY, type NDArray, parseRawMetadata, rawMetadata } from "../../array/mod.ts";
import { parseSparse, PART_NAMES } from "../../array/sparse/mod.ts";
import { parseStored, withErrorKey } from "../../error_context.ts";
import { AccessDeniedError, IntegrityError, NotFoundError, UnsupportedError } from "../../errors.ts";
import { dumpJson } from "../../json.ts";
import { cleanName } from "../../names.ts";
import { type Description, metadataKey, readDescription } from "../description.ts";

/**
 * The metadata key that tells parts of one upload from those of another: `metadata.json` and each part carry the same value. Python ignores it.
 */
export const GENERATION_KEY = "cc-generation";
/** The metadata key that says of `metadata.json` that all parts are stored raw, so that bytes of them can be asked for at once. */
export const PARTS_KEY = "cc-parts";
/** Its value. */
export const RAW_PARTS = "raw";

/** A chunked array as it is stored. */
export interface StoredChunked extends DaskMetadata {
  /** The folder's key, without a slash at its end. */
  readonly folder: string;
  /** Which upload it is of, where that is told. */
  readonly generation?: string;
  /** Whether all parts are known to be stored raw. */
  readonly raw: boolean;
}

/** The text of `metadata.json`, as Python writes it. */
export function metadataText(dtype: NDArray["dtype"], grid: Grid, keyOf: (number: number) => string): string {
  return dumpJson(daskMetadata(dtype, grid, keyOf));
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
    return Promise.resolve({
      ...parsed,
      ...(fields && { fields }),
      folder,
      generation: metadata[GENERATION_KEY],
      raw: metadata[PARTS_KEY] === RAW_PARTS,
    });
  });
}

/**
 * Where a part may be, the likeliest place first. Python writes full keys, which are right as long as the folder stays where it was written.
 * Once it was moved or copied, the part beside `metadata.json` is meant, and not what has become of the old folder.
 */
export function placesOf(name: string, folder: string): readonly string[] {
  const key = parseStored("a part's name", () => cleanName(name));
  const slash = key.lastIndexOf("/");
  if (key.slice(0, Math.max(0, slash)) === folder) return [key];
  return [`${folder}/${key.slice(slash + 1)}`, key];
}

// What is in a folder already where an array is to go.

const CHUNK = /^pt\d{4,}$/;

/** Whether a part's name is that of a chunk; its number begins at the third letter. */
export function isChunkName(name: string): boolean {
  return CHUNK.test(name);
}

/**
 * The names, within its folder, of the parts of the array that is there already, chunked or sparse: none of one that doesn't say so of itself.
 *
 * @returns `undefined` when nothing is there, or who asks may not see it.
 */
export async function previousParts(
  backend: Backend,
  folder: string,
  { signal, onWarning }: RequestOptions,
): Promise<readonly string[] | undefined> {
  let json: Description["json"];
  try {
    ({ json } = await readDescription(backend, folder, { signal, onWarning }));
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof AccessDeniedError) return undefined;
    if (error instanceof IntegrityError) return [];
    throw error;
  }
  try {
    const isChunked = typeof json === "object" && json !== null && "dask" in json;
    return isChunked ? chunkNames(json) : sparseNames(json);
  } catch (error) {
    if (error instanceof IntegrityError || error instanceof UnsupportedError) return [];
    throw error;
  }
}

/** Nothing else in the folder is taken for a part, whatever the metadata say. */
function chunkNames(json: unknown): readonly string[] {
  const { parts } = parseDaskMetadata(json);
  return Array.from(parts.values(), (name) => name.slice(name.lastIndexOf("/") + 1)).filter(isChunkName);
}

function sparseNames(json: unknown): readonly string[] {
  const { format, shape } = parseSparse(json);
  return [...PART_NAMES[format], ...shape ? [] : ["shape"]];
}
