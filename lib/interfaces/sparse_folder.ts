/**
 * The folders of sparse arrays: where one is, and what it says of itself.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { asStored } from "../array/descr.ts";
import { parseSparse, parseSparseShape, type SparseDescription } from "../array/sparse/description.ts";
import { PART_NAMES, type SparseFormat } from "../array/sparse/format.ts";
import { about } from "../about.ts";
import { AccessDeniedError, IntegrityError, NotFoundError, UnsupportedError } from "../errors.ts";
import { type JsonValue, parseJson } from "../json.ts";
import { GENERATION_KEY, metadataKey } from "./chunked_metadata.ts";
import { readRaw } from "./raw.ts";

/** A sparse array as it is stored. */
export interface StoredSparseArray extends SparseDescription {
  /** The folder's key, without a slash at its end. */
  readonly folder: string;
  /** Which upload it is of, where that is told. */
  readonly generation?: string;
}

/** What is stored already where an array is to go. */
export interface StoredBefore {
  /** The names of its parts within its folder. */
  readonly parts: readonly string[];
  /** Whether it is a chunked array. */
  readonly chunked: boolean;
}

/** Many times what any description has. */
const LONGEST = 64 * 1024 * 1024;
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
    const { json, generation } = await readDescription(backend, folder, options);
    return {
      ...await about(metadataKey(folder), () => Promise.resolve(parseSparse(json))),
      folder,
      generation,
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

/** What is there already; `undefined` when nothing is, or who asks may not see it. */
export async function previousSparse(
  backend: Backend,
  folder: string,
  { signal, onWarning }: RequestOptions,
): Promise<StoredBefore | undefined> {
  let json: JsonValue;
  try {
    ({ json } = await readDescription(backend, folder, { signal, onWarning }));
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof AccessDeniedError) return undefined;
    if (error instanceof IntegrityError) return { parts: [], chunked: false };
    throw error;
  }
  try {
    const { format, shape } = parseSparse(json);
    return { parts: [...PART_NAMES[format], ...shape ? [] : ["shape"]], chunked: false };
  } catch (error) {
    if (!(error instanceof IntegrityError || error instanceof UnsupportedError)) throw error;
    return { parts: [], chunked: typeof json === "object" && json !== null && "dask" in json };
  }
}

async function readDescription(
  backend: Backend,
  folder: string,
  { signal, onWarning }: RequestOptions,
): Promise<{ json: JsonValue; generation: string | undefined }> {
  const reader = await backend.open(metadataKey(folder), { signal, onWarning });
  return await about(reader.info.key, async () => {
    const { size, metadata } = reader.info;
    if (size > LONGEST) throw new IntegrityError(`${size} bytes are too many for the metadata of an array`);
    const bytes = await reader.read(undefined, { signal });
    return { json: parseJson(utf8(bytes)), generation: metadata[GENERATION_KEY] };
  }).finally(() => reader.close());
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new IntegrityError("the metadata are no UTF-8 text", { cause });
  }
}
