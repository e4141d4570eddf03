/**
 * Arrays that are folders: objects for the parts, and a `metadata.json` that makes them an array. It is the commit point of an upload, and the first thing
 * that a reader fetches.
 *
 * @module
 */
import type { Backend, ObjectHead, RequestOptions } from "../../backends/backend.ts";
import { parseDaskMetadata } from "../array/chunks/mod.ts";
import { withErrorKey } from "../error_context.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  IntegrityError,
  NotFoundError,
  UnsupportedError,
} from "../errors.ts";
import { type JsonValue, parseJson } from "../json.ts";
import { cleanName, withoutSlash } from "../names.ts";
import { refuseEncrypted, treeKey } from "../objects/reading/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";

/**
 * The metadata key that tells parts of one upload from those of another: `metadata.json` and each part carry the same value. Python ignores it.
 */
export const GENERATION_KEY = "cc-generation";
/** A million parts take about a tenth of that. */
const LONGEST = 1024 * 1024 * 1024;

/** What a folder says of itself. */
export interface FolderDescription {
  /** What the JSON holds. */
  readonly json: JsonValue;
  /** The object's own metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The folder that an array's name stands for, without the `/` at its end. */
export async function folderOf(backend: Backend, name: string, options: RequestOptions): Promise<string> {
  cleanName(name.replace(/\/+$/, ""));
  const { signal, onWarning } = options;
  return withoutSlash(await treeKey(backend, name, { signal, onWarning }));
}

/** The key of a folder's `metadata.json`. */
export function metadataKey(folder: string): string {
  return `${folder}/metadata.json`;
}

/**
 * Reads `metadata.json` of a folder, or another document that says what it is, in one request.
 *
 * @throws {NotFoundError} when there is none.
 * @throws {IntegrityError} when it is no JSON.
 */
export async function readDescription(
  backend: Backend,
  folder: string,
  { signal, onWarning }: RequestOptions,
  document: string = "metadata.json",
): Promise<FolderDescription> {
  const key = folder === "" ? document : `${folder}/${document}`;
  const reader = await backend.open(key, { signal, onWarning });
  return await withErrorKey(reader.info.key, async () => {
    refuseEncrypted(reader.info);
    const { size, metadata } = reader.info;
    if (size > LONGEST) throw new IntegrityError(`${size} bytes are too many for the metadata of an array`);
    return { json: parseJson(await reader.read(undefined, { signal })), metadata };
  }).finally(() => reader.close());
}

/**
 * Makes sure that a part is of the same upload as `metadata.json`; warns where only the part does not tell.
 *
 * @throws {IntegrityError} when it is of another one.
 */
export function checkGeneration(
  folder: string,
  generation: string | undefined,
  { key, metadata }: ObjectHead,
  onWarning: OnWarning = warnOncePerKind,
): void {
  const own = metadata[GENERATION_KEY];
  if (own === generation) return;
  if (own !== undefined) {
    throw new IntegrityError(
      `this part is of another upload than the metadata of "${folder}", which was replaced, or is being replaced. Open the array again; ` +
        "what is in the part, downloadRawArray tells",
    );
  }
  onWarning({
    kind: "metadata",
    key,
    message:
      `this part of "${folder}" was written after it by another program: parts may not belong together`,
  });
}

/** The error for a part that is missing. */
export function lostPartError(
  folder: string,
  key: string,
  cause: NotFoundError,
): NotFoundError {
  return new NotFoundError(
    `"${folder}" has lost its part "${key}": if it has been or is being replaced, open it again`,
    { key, bucket: cause.bucket, cause },
  );
}

/**
 * The names, within its folder, of the parts of the array that is there already, chunked or sparse, and of those that an upload which was killed has left
 * there: none where nothing is there, who asks may not see it, or it doesn't say so of itself.
 *
 * @throws {AlreadyExistsError} when there is an array, and `overwrite` is false.
 */
export async function existingParts(
  backend: Backend,
  folder: string,
  { overwrite, signal, onWarning }: RequestOptions & { readonly overwrite?: boolean },
): Promise<readonly string[]> {
  let parts: readonly string[];
  try {
    const { json } = await readDescription(backend, folder, { signal, onWarning });
    parts = await partNames(json);
  } catch (error) {
    if (error instanceof AccessDeniedError) return [];
    if (error instanceof NotFoundError) {
      return await orphanedParts(backend, folder, [], { signal, onWarning });
    }
    if (!(error instanceof IntegrityError || error instanceof UnsupportedError)) throw error;
    parts = [];
  }
  if (overwrite !== false) {
    return [...parts, ...await orphanedParts(backend, folder, parts, { signal, onWarning })];
  }
  const key = metadataKey(folder);
  throw new AlreadyExistsError(`there is a "${key}" already, and overwrite is false`, {
    key,
    bucket: backend.bucket,
    committed: "no",
  });
}

/**
 * The names of chunks in a folder that no `metadata.json` refers to. Only those that carry an upload's mark: what else is called so is somebody's, or Python's.
 */
async function orphanedParts(
  backend: Backend,
  folder: string,
  referred: readonly string[],
  options: RequestOptions,
): Promise<readonly string[]> {
  const known = new Set(referred);
  const orphans: string[] = [];
  try {
    for await (const entry of backend.list({ ...options, prefix: `${folder}/pt`, delimiter: "/" })) {
      if (!("key" in entry)) continue;
      const name = entry.key.slice(folder.length + 1);
      if (!isChunkName(name) || known.has(name)) continue;
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
