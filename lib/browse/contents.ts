/**
 * What there is at a place: asked of the store a page at a time, never child by child.
 *
 * @module
 */
import { compareKeys } from "../../backends/arguments.ts";
import type { Backend, ObjectHead, RequestOptions } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import { IntegrityError, NotFoundError } from "../errors.ts";
import { mebibytes, type ReadOptions } from "../objects/mod.ts";
import { readNpyFrom, streamNpyFrom } from "../stored_arrays/npy.ts";
import { type RawReadOptions, readRawFrom } from "../stored_arrays/raw.ts";

/** What is browsed. */
export interface BrowsedTree {
  /** The store and bucket. */
  readonly backend: Backend;
  /** What paths are relative to: `""`, or a prefix that ends in `/`. */
  readonly root: string;
  /** Whether an attribute of nodes means something else than a child. */
  readonly reserved: (attribute: string) => boolean;
  /** What requests do where a call does not say otherwise. */
  readonly options: ReadOptions;
}

/** What was found at a path. */
export interface PathContents {
  /** The path, relative to the tree's root; `""` for the root. */
  readonly path: string;
  /** The children's names, in the order of their UTF-8 bytes. */
  readonly names: readonly string[];
  /** The object, where it is no directory. */
  readonly head?: ObjectHead;
}

/** A path's full key. Keys are opaque: what came from a listing is joined as it is. */
export function fullKey(tree: BrowsedTree, path: string): string {
  return tree.root + path;
}

/** A path one level further down. */
export function joinPath(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

/**
 * What there is at a path: one listing for a directory, and one request more where it has no children.
 *
 * @throws {NotFoundError} when there is neither an object nor a directory. The root is always there.
 */
export async function readContents(
  tree: BrowsedTree,
  path: string,
  options: RequestOptions,
): Promise<PathContents> {
  const { names, isMarked } = await listChildren(tree, path, "", options);
  if (names.length > 0 || isMarked || path === "") return { path, names };
  const key = fullKey(tree, path);
  const head = await tree.backend.head(key, options);
  if (head) return { path, names, head };
  const { name, bucket } = tree.backend;
  throw new NotFoundError(
    `there is neither an object nor a directory "${key}" in ${name}: keys() of what is above it tells what there is`,
    { key, bucket },
  );
}

/**
 * The names in a directory that begin with a stem, each once, in the order of their UTF-8 bytes; whether an object or a directory or both, and
 * without empty ones (of keys with `//`), which no name leads to.
 *
 * @returns `isMarked`: whether there is a placeholder object for the directory itself.
 */
export async function listChildren(
  tree: BrowsedTree,
  path: string,
  stem: string,
  options: RequestOptions,
): Promise<{ names: string[]; isMarked: boolean }> {
  const directory = path === "" ? tree.root : `${fullKey(tree, path)}/`;
  const { signal, onWarning } = options;
  const names = new Set<string>();
  let isMarked = false;
  const prefix = directory + stem;
  for await (const entry of tree.backend.list({ prefix, delimiter: "/", signal, onWarning })) {
    const full = "key" in entry ? entry.key : entry.prefix;
    if (full === directory) isMarked = true;
    const name = full.slice(directory.length).replace(/\/$/, "");
    if (name !== "") names.add(name);
  }
  return { names: [...names].sort(compareKeys), isMarked };
}

// Python's cottoncandy takes a path for one of HDF when it has one of these anywhere.
const HDF = /\.(?:hdf|h5|hf5|hdf5|h5py|grp|arr|dar)/;

/** The `repr` that Python's cottoncandy has for a node: a directory, a file, a group or a dataset. */
export function describeContents(tree: BrowsedTree, { path, names, head }: PathContents): string {
  const key = fullKey(tree, path).replace(/\/$/, "");
  const name = key.slice(key.lastIndexOf("/") + 1);
  const bucket = bucketOf(tree);
  if (HDF.test(key)) {
    const shape = head?.metadata.shape;
    return head === undefined || shape === undefined
      ? `<cottoncandy-group <${bucket}> (${name}: ${names.length} keys)>`
      : `cottoncandy-dataset <${bucket} [${mebibytes(head.size)}MB:shape=(${shape})]>`;
  }
  return head === undefined
    ? `cottoncandy-path <${bucket}> ${name}`
    : `cottoncandy-file <${bucket}> [${mebibytes(head.size)}MB]`;
}

/** What a node is called that has not been looked at. */
export function describeUnread(tree: BrowsedTree, path: string): string {
  const key = fullKey(tree, path).replace(/\/$/, "");
  return `cottoncandy-node <${bucketOf(tree)}> ${key && `${key} `}(await it to look)`;
}

function bucketOf({ backend }: BrowsedTree): string {
  return `bucket:${backend.bucket ?? backend.name}`;
}

/** Options of `load`. */
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
