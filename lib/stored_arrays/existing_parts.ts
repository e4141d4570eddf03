/**
 * What is in a folder already, where an array is to be stored.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { parseDaskMetadata } from "../array/chunks/mod.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  IntegrityError,
  NotFoundError,
  UnsupportedError,
} from "../errors.ts";
import type { JsonValue } from "../json.ts";
import { GENERATION_KEY, metadataKey, readDescription } from "./folder.ts";

/** What an upload finds in its folder. */
export interface ExistingParts {
  /**
   * The names, within the folder, of the parts of the array that is there, chunked or sparse, and of those that an upload which was killed has left there: none
   * where nothing is there, who asks may not see it, or it doesn't say so of itself.
   */
  readonly names: readonly string[];
  /** Those of the array that is there. */
  readonly referred: readonly string[];
  /** Which upload that array is of, where it tells. */
  readonly generation?: string;
}

/** An upload that is taken up. */
export interface OwnParts {
  /** Which upload it is. */
  readonly generation: string;
  /** Whether a part's name is one of its own. */
  has(name: string): boolean;
}

/**
 * Looks into a folder before an upload.
 *
 * @param own The upload itself, where it is taken up: its parts are not told as left behind, and its `metadata.json` is not another's.
 * @throws {AlreadyExistsError} when there is an array, and `overwrite` is false.
 * @throws {AccessDeniedError} with `mustSee`, where what is there can't be seen.
 */
export async function existingParts(
  backend: Backend,
  folder: string,
  { overwrite, signal, onWarning }: RequestOptions & { readonly overwrite?: boolean },
  { own, mustSee = false }: { readonly own?: OwnParts; readonly mustSee?: boolean } = {},
): Promise<ExistingParts> {
  const orphans = (referred: readonly string[]) => {
    const known = new Set(referred);
    const isKnown = (name: string) => known.has(name) || own?.has(name) === true;
    return orphanedParts(backend, folder, isKnown, { signal, onWarning });
  };
  let referred: readonly string[];
  let generation: string | undefined;
  try {
    const { json, metadata } = await readDescription(backend, folder, { signal, onWarning });
    generation = metadata[GENERATION_KEY];
    referred = await partNames(json);
  } catch (error) {
    if (error instanceof AccessDeniedError && !mustSee) return { names: [], referred: [] };
    if (error instanceof NotFoundError) return { names: await orphans([]), referred: [] };
    if (!(error instanceof IntegrityError || error instanceof UnsupportedError)) throw error;
    referred = [];
  }
  const isOwn = own !== undefined && generation === own.generation;
  if (overwrite !== false || isOwn) {
    return { names: [...referred, ...await orphans(referred)], referred, generation };
  }
  const key = metadataKey(folder);
  throw new AlreadyExistsError(`there is a "${key}" already, and overwrite is false`, {
    key,
    bucket: backend.bucket,
    committed: "no",
  });
}

/**
 * The names of chunks in a folder that nothing refers to. Only those that carry an upload's mark: what else is called so is somebody's, or Python's.
 */
async function orphanedParts(
  backend: Backend,
  folder: string,
  isKnown: (name: string) => boolean,
  options: RequestOptions,
): Promise<readonly string[]> {
  const orphans: string[] = [];
  try {
    for await (const entry of backend.list({ ...options, prefix: `${folder}/pt`, delimiter: "/" })) {
      if (!("key" in entry)) continue;
      const name = entry.key.slice(folder.length + 1);
      if (!isChunkName(name) || isKnown(name)) continue;
      const head = await backend.head(entry.key, options);
      if (head && Object.hasOwn(head.metadata, GENERATION_KEY)) orphans.push(name);
    }
  } catch (error) {
    // Who may write need not be allowed to list.
    if (!(error instanceof AccessDeniedError)) throw error;
  }
  return orphans;
}

const CHUNK = /^pt\d{4,}$/;

/** Whether a part's name is that of a chunk; its number begins at the third letter. */
export function isChunkName(name: string): boolean {
  return CHUNK.test(name);
}

async function partNames(json: JsonValue): Promise<readonly string[]> {
  if (typeof json === "object" && json !== null && "dask" in json) {
    const { parts } = parseDaskMetadata(json);
    // Nothing else in the folder is taken for a part, whatever the metadata say.
    return Array.from(parts.values(), (name) => name.slice(name.lastIndexOf("/") + 1)).filter(isChunkName);
  }
  // Who writes chunks rarely finds a sparse array in their place.
  const { parseSparse, PART_NAMES } = await import("../array/sparse/mod.ts");
  const { format, shape } = parseSparse(json);
  return [...PART_NAMES[format], ...shape ? [] : ["shape"]];
}
