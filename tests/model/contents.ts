/** What the model stores: contents as plain JSON, made anew from it whenever they are needed. */
import { dirname } from "@std/path";
import { type NDArray, ndarray, type SparseInput } from "../../lib/array/mod.ts";
import type { ArrayInterface } from "../../lib/interface/mod.ts";
import type { Compression } from "../../lib/objects/mod.ts";
import type { ArrayTree } from "../../lib/stored_arrays/dict.ts";
import { openNpy, writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { generator } from "../array/random.ts";

/** Dtypes of arrays here. */
export const DTYPES = ["<f4", "<i2", "|u1"] as const;

/** An array's shape, items and how it is compressed. */
interface Items {
  readonly dtype: typeof DTYPES[number];
  readonly shape: readonly number[];
  readonly compression: Compression;
}

/** What becomes one object. */
export type ObjectContent =
  & { readonly seed: number }
  & (
    | { readonly kind: "bytes"; readonly size: number }
    | { readonly kind: "json" | "pickle" | "npz" }
    | { readonly kind: "raw" } & Items
    | { readonly kind: "npy" } & Omit<Items, "compression">
  );

/** What becomes a folder of objects. */
export type FolderContent =
  & { readonly seed: number }
  & (
    | { readonly kind: "dask" | "zarr"; readonly chunk: number } & Items
    | { readonly kind: "sparse"; readonly format: "coo" | "csr"; readonly side: number }
    | { readonly kind: "dict"; readonly names: readonly string[] }
    | { readonly kind: "files"; readonly names: readonly string[]; readonly size: number }
  );

/** Anything that is stored. */
export type Content = ObjectContent | FolderContent;

/** Whether a content becomes several objects. */
export function isFolder(content: Content): content is FolderContent {
  return ["dask", "zarr", "sparse", "dict", "files"].includes(content.kind);
}

/** Options of every write. */
export interface WritingOptions {
  readonly signal?: AbortSignal;
  readonly overwrite?: boolean;
}

function numbers(seed: number): (below: number) => number {
  return generator(Math.imul(seed + 1, 0x9e3779b1) | 1);
}

/** The bytes of a content of bytes. */
export function bytesOf(
  { seed, size }: { readonly seed: number; readonly size: number },
): Uint8Array<ArrayBuffer> {
  const next = numbers(seed);
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = next(2 ** 32);
  return new Uint8Array(words.buffer, 0, size);
}

/** The array of a content of items: small whole numbers, which compress. */
export function arrayOf(
  { seed, dtype, shape }: { readonly seed: number } & Omit<Items, "compression">,
): NDArray {
  const next = numbers(seed);
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next(100));
  if (dtype === "<f4") return ndarray(new Float32Array(values), shape);
  return dtype === "<i2" ? ndarray(new Int16Array(values), shape) : ndarray(new Uint8Array(values), shape);
}

/** The value of a content of JSON, or of a pickle. */
export function jsonOf(seed: number): { run: number; notes: string; nested: (number | null | boolean)[] } {
  const next = numbers(seed);
  return { run: seed, notes: "two runs were lost ".repeat(1 + next(20)), nested: [next(9), null, true] };
}

/** The members of an archive. */
export function membersOf(seed: number): Record<"betas" | "mask", NDArray> {
  return {
    betas: arrayOf({ seed, dtype: "<f4", shape: [3, 4] }),
    mask: arrayOf({ seed: seed + 7, dtype: "|u1", shape: [5] }),
  };
}

/** The items of a sparse array: its diagonal. */
export function sparseItems({ seed, side }: { readonly seed: number; readonly side: number }): number[] {
  return Array.from(arrayOf({ seed, dtype: "<f4", shape: [side] }), (value) => Number(value) + 1);
}

/** A sparse array. */
export function sparseOf(
  { seed, format, side }: { readonly seed: number; readonly format: "coo" | "csr"; readonly side: number },
): SparseInput {
  const data = sparseItems({ seed, side });
  const places = Array.from({ length: side }, (_, i) => i);
  if (format === "coo") return { format, shape: [side, side], parts: { data, row: places, col: places } };
  return { format, shape: [side, side], parts: { data, indices: places, indptr: [...places, side] } };
}

/** The arrays of a dictionary, by their paths. */
export function dictOf(
  { seed, names }: { readonly seed: number; readonly names: readonly string[] },
): Map<string, NDArray> {
  return new Map(
    names.map((name, i) => [name, arrayOf({ seed: seed + i, dtype: "<i2", shape: [4, i + 1] })]),
  );
}

/** The files of a directory, by their paths. */
export function filesOf(
  { seed, names, size }: { readonly seed: number; readonly names: readonly string[]; readonly size: number },
): Map<string, Uint8Array<ArrayBuffer>> {
  return new Map(names.map((name, i) => [name, bytesOf({ seed: 1000 * (i + 1) + seed, size })]));
}

/** Gives a directory for as long as something is done with it. */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await Deno.makeTempDir();
  try {
    return await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Stores a content. */
export async function store(
  cci: ArrayInterface,
  name: string,
  content: Content,
  options: WritingOptions = {},
): Promise<unknown> {
  const { seed } = content;
  const marked = { ...options, metadata: { seed: `${seed}` } };
  switch (content.kind) {
    case "bytes":
      return await cci.uploadObject(name, bytesOf(content), marked);
    case "json":
      return await cci.uploadJson(name, jsonOf(seed), marked);
    case "pickle":
      return await cci.uploadPickle(name, jsonOf(seed), marked);
    case "raw":
      return await cci.uploadRawArray(name, arrayOf(content), {
        ...marked,
        compression: content.compression,
      });
    case "npy":
      return await cci.uploadNpyArray(name, arrayOf(content), marked);
    case "npz":
      return await storeNpz(cci, name, membersOf(seed), marked);
    case "dask": {
      const { chunk, compression, shape } = content;
      const chunks = [chunk, ...shape.slice(1)];
      return await cci.uploadDaskArray(name, arrayOf(content), { ...options, compression, chunks });
    }
    case "zarr": {
      const { chunk, compression, shape } = content;
      const chunks = [chunk, ...shape.slice(1)];
      return await writeZarr(cci.backend, cci.prefix + name, arrayOf(content), {
        ...options,
        compression,
        chunks,
        onWarning() {},
      });
    }
    case "sparse":
      return await cci.uploadSparseArray(name, sparseOf(content), options);
    case "files":
      return await inTemporaryDirectory(async (directory) => {
        for (const [path, bytes] of filesOf(content)) {
          await Deno.mkdir(dirname(`${directory}/${path}`), { recursive: true });
          await Deno.writeFile(`${directory}/${path}`, bytes);
        }
        return await cci.uploadFromDirectory(directory, name, { ...options, recursive: true });
      });
    case "dict":
      return await cci.dict2cloud(name, treeOf(dictOf(content)), options);
  }
}

/** Arrays by their paths as a dictionary, of dictionaries where a path has two names. */
export function treeOf(arrays: ReadonlyMap<string, NDArray>): ArrayTree {
  const groups = new Map<string, Map<string, NDArray>>();
  const tree = new Map<string, NDArray | Map<string, NDArray>>();
  for (const [path, array] of arrays) {
    const [first, second] = path.split("/");
    if (second === undefined) tree.set(first, array);
    else {
      const group = groups.get(first) ?? new Map<string, NDArray>();
      tree.set(first, group);
      groups.set(first, group.set(second, array));
    }
  }
  return tree;
}

async function storeNpz(
  cci: ArrayInterface,
  name: string,
  members: Record<string, NDArray>,
  options: WritingOptions & { readonly metadata: Record<string, string> },
): Promise<unknown> {
  const scratch = new MemoryBackend();
  const opened = await Promise.all(
    Object.entries(members).map(async ([member, array]) => {
      await writeNpy(scratch, member, array);
      return [member, await openNpy(scratch, member)] as const;
    }),
  );
  return await writeNpz(cci.backend, cci.prefix + name, new Map(opened), options);
}
