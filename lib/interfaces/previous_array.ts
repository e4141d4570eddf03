/**
 * What is in a folder already where an array is to go.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { parseDaskMetadata } from "../array/dask_metadata.ts";
import { parseSparse } from "../array/sparse/description.ts";
import { PART_NAMES } from "../array/sparse/format.ts";
import { AccessDeniedError, IntegrityError, NotFoundError, UnsupportedError } from "../errors.ts";
import { type Description, readDescription } from "./array_description.ts";

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
