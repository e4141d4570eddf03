/**
 * What a folder is, by the objects in it that say so.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../../backends/backend.ts";
import { partsOf } from "../../array/dtype/mod.ts";
import { parseRawMetadata } from "../../array/formats/mod.ts";
import { itemCount } from "../../array/layout/mod.ts";
import type { DType } from "../../array/mod.ts";
import { AccessDeniedError, IntegrityError, NotFoundError, UnsupportedError } from "../../errors.ts";
import { schemeOf } from "../../objects/reading/mod.ts";
import { type JsonValue, parseJson } from "../../json.ts";
import { type FolderDocument, readDocument } from "../folder.ts";
import type {
  ChunkedIdentity,
  FolderIdentity,
  SparseIdentity,
  ZarrGroupIdentity,
  ZarrIdentity,
} from "./identity.ts";
import { problemOf } from "./object.ts";

/** What a folder turned out to be. */
export type FolderFound =
  | ChunkedIdentity
  | SparseIdentity
  | ZarrIdentity
  | ZarrGroupIdentity
  | FolderIdentity;

/** What a folder is; `undefined` when there is nothing in it. */
export async function identifyFolder(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<FolderFound | undefined> {
  const documents = await Promise.all(
    ["metadata.json", "zarr.json", ".zarray", ".zgroup"].map((document) =>
      ifAllowed(() => documentOf(backend, folder, options, document))
    ),
  );
  for (const document of documents) {
    if (document && !("json" in document)) return { kind: "folder", key: folder, ...document };
  }
  const [described, zarr, zarr2, group2] = documents.map((document) =>
    document && "json" in document ? document : undefined
  );
  try {
    if (zarr && entriesOf(zarr).get("node_type") === "group") {
      return { kind: "zarr-group", key: folder, version: 3 };
    }
    if (zarr || zarr2) return await zarrIdentity(backend, folder, options);
    const entries = entriesOf(folder === "" ? undefined : described);
    if (entries.has("dask")) return await chunkedIdentity(backend, folder, options);
    if (entries.has("type") && entries.has("attrs") || /\.cs[ro]$|\.coo$/.test(folder)) {
      const found = await sparseIdentity(backend, folder, options);
      if (found) return found;
    }
  } catch (error) {
    return { kind: "folder", key: folder, problem: problemOf(error) };
  }
  if (group2) return { kind: "zarr-group", key: folder, version: 2 };
  const prefix = folder === "" ? "" : `${folder}/`;
  for await (const _ of backend.list({ ...options, prefix, pageSize: 1 })) {
    return { kind: "folder", key: folder };
  }
  return folder === "" ? { kind: "folder", key: "" } : undefined;
}

/** What a document of a folder says, how it is encrypted, or why it can't be read; `undefined` where it is no JSON, and somebody's file of that name. */
async function documentOf(
  backend: Backend,
  folder: string,
  options: RequestOptions,
  name: string,
): Promise<{ readonly json: JsonValue } | Pick<FolderIdentity, "encryption" | "problem"> | undefined> {
  let document: FolderDocument;
  try {
    document = await readDocument(backend, folder, options, name);
  } catch (error) {
    if (error instanceof IntegrityError) return { problem: error.message };
    if (!(error instanceof UnsupportedError) || error.key === undefined) throw error;
    const head = await backend.head(error.key, options);
    const encryption = head && schemeOf(head.metadata);
    if (encryption === undefined) throw error;
    return { encryption };
  }
  try {
    return { json: parseJson(document.bytes) };
  } catch {
    return undefined;
  }
}

/** The entries of a document, where it is one of JSON's objects. */
function entriesOf(described: { readonly json: JsonValue } | undefined): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(Object(described?.json)));
}

/** What may be missing; who may not list is told "access denied" of that. What is no JSON is somebody's file of that name. */
async function ifAllowed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const isNone = error instanceof NotFoundError && error.key !== undefined ||
      error instanceof AccessDeniedError || error instanceof IntegrityError;
    if (isNone) return undefined;
    throw error;
  }
}

async function chunkedIdentity(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<ChunkedIdentity> {
  const { openChunked } = await import("../chunked/mod.ts");
  const array = await openChunked(backend, folder, options);
  const { key, dtype, fields, shape, chunks } = array;
  const found = {
    kind: "chunked",
    key,
    dtype,
    ...(fields && { fields }),
    shape,
    chunks,
    byteLength: byteLengthOf(dtype, shape),
    sliceable: true,
  } as const;
  try {
    return { ...found, codec: await array.codec(options) };
  } catch (error) {
    if (error instanceof NotFoundError) return { ...found, problem: error.message };
    return { ...found, problem: problemOf(error) };
  }
}

async function sparseIdentity(
  backend: Backend,
  name: string,
  options: RequestOptions,
): Promise<SparseIdentity | undefined> {
  const { findSparse } = await import("../sparse_folder.ts");
  const stored = await ifAllowed(() => findSparse(backend, name, options));
  if (!stored) return undefined;
  const { folder, format, shape } = stored;
  const found = { kind: "sparse", key: folder, format, ...(shape && { shape }) } as const;
  const data = await backend.head(`${folder}/data`, options);
  if (!data) return { ...found, problem: `"${folder}" has lost its part "${folder}/data"` };
  const { dtype, compression, shape: items } = parseRawMetadata(data.metadata);
  return { ...found, dtype, codec: compression, stored: itemCount(items) };
}

async function zarrIdentity(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<ZarrIdentity> {
  const { openZarr } = await import("../zarr/mod.ts");
  const opened = await openZarr(backend, folder, options);
  const { key, version, dtype, fields, shape, chunkShape, shardShape, codec } = opened;
  return {
    kind: "zarr",
    key,
    version,
    dtype,
    ...(fields && { fields }),
    shape,
    chunkShape,
    ...(shardShape && { shardShape }),
    codec,
    byteLength: byteLengthOf(dtype, shape),
    sliceable: true,
  };
}

function byteLengthOf(dtype: DType, shape: readonly number[]): number {
  return itemCount(shape) * partsOf(dtype).itemsize;
}
