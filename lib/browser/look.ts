/**
 * What there is at a place: asked of the store a page at a time, never child by child.
 *
 * @module
 */
import type { Backend, ObjectHead, RequestOptions } from "../../backends/backend.ts";
import { compareKeys } from "../../backends/keys.ts";
import { NotFoundError } from "../errors.ts";
import type { ReadOptions } from "../interfaces/options.ts";

/** What is browsed. */
export interface Tree {
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
export interface Sight {
  /** The path, relative to the tree's root; `""` for the root. */
  readonly path: string;
  /** The children's names, in the order of their UTF-8 bytes. */
  readonly names: readonly string[];
  /** The object, where it is no directory. */
  readonly head?: ObjectHead;
}

/** A path's full key. Keys are opaque: what came from a listing is joined as it is. */
export function keyOf(tree: Tree, path: string): string {
  return tree.root + path;
}

/** A path one level further down. */
export function joinPath(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

/**
 * Looks at a path: one listing for a directory, and one request more where it has no children.
 *
 * @throws {NotFoundError} when there is neither an object nor a directory. The root is always there.
 */
export async function look(tree: Tree, path: string, options: RequestOptions): Promise<Sight> {
  const { names, isMarked } = await childrenOf(tree, path, "", options);
  if (names.length > 0 || isMarked || path === "") return { path, names };
  const key = keyOf(tree, path);
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
export async function childrenOf(
  tree: Tree,
  path: string,
  stem: string,
  options: RequestOptions,
): Promise<{ names: string[]; isMarked: boolean }> {
  const directory = path === "" ? tree.root : `${keyOf(tree, path)}/`;
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
