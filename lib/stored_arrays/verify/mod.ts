/**
 * Whether what is stored is whole: everything below a name is read, as a stream, and held against every checksum that there is.
 *
 * @module
 */
import type { Backend, OnProgress, RequestOptions } from "../../../backends/backend.ts";
import { anySignal } from "../../async.ts";
import { withErrorKey } from "../../error_context.ts";
import { ConnectionError, CottonCandyError, NotFoundError } from "../../errors.ts";
import { CONCURRENCY, objectAndBelow, REQUEST_OPTIONS, treeKey } from "../../objects/mod.ts";
import { checkOptions } from "../../options.ts";
import type { Identity } from "../identify/mod.ts";
import { checkFolder, isZarrChunk } from "./folders.ts";
import { type Checked, checkObject } from "./objects.ts";

/** Options of {@linkcode verifyObjects}. */
export interface VerifyOptions extends RequestOptions {
  /** How many objects are read at once; default 8. */
  readonly concurrency?: number;
  /** Is told how many bytes of each object have been read; of archives and chunks of Zarr their results alone tell. */
  readonly onProgress?: OnProgress;
}

/** What an object, or an array in a folder, was found to be. */
export type VerifyResult =
  & {
    /** The full key: of an object, or of an array's folder. */
    readonly name: string;
    /** What it is. */
    readonly kind: Identity["kind"];
    /** Bytes that were read of it: as stored; of Zarr arrays their items'. */
    readonly bytes: number;
  }
  & (
    | {
      /** It is whole, as far as can be told. */
      readonly ok: true;
      /** What could not be checked, or is worth knowing. */
      readonly note?: string;
    }
    | {
      /** It is damaged, or could not be read. */
      readonly ok: false;
      /** Why. */
      readonly error: CottonCandyError;
    }
  );

/** An object, or a folder that a document of it makes an array. */
type Item =
  | { readonly kind: "object"; readonly key: string }
  | { readonly kind: "document"; readonly key: string; readonly folder: string };

const DOCUMENT = /(?:^|\/)(?:metadata\.json|zarr\.json|\.zarray)$/;

/**
 * Reads all that is stored below a name, or an object of that name, and tells of each object whether it is whole; several at once, as streams, in the order in which they are done.
 *
 * Checked are the store's own checksums and lengths; the frames of compressed arrays, and of files called `.gz`, `.zst`, `.bz2`, `.xz`; the length that a `.npy` header or the
 * metadata of a raw array promise; each member of a `.npz` archive against its CRC; what is encrypted, by a store that has the keys; JSON that is called so; and whether all parts of chunked and sparse
 * arrays are there and of one upload. An array that is a folder has a result of its own beside those of its parts; of Zarr it stands for all chunks.
 *
 * @param name `""` is everything.
 * @throws {NotFoundError} when there is nothing.
 * @throws {ConnectionError} when the store can't be reached: each further object would wait as long.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { writeRaw } from "@cottoncandy/cottoncandy/raw";
 * import { verifyObjects } from "@cottoncandy/cottoncandy/verify";
 *
 * const backend = new MemoryBackend();
 * await writeRaw(backend, "sub01/betas", new Float32Array(1000), { compression: "Zstd" });
 * await backend.put("sub01/anat.nii.gz", Uint8Array.of(0x1f, 0x8b, 8)); // cut short
 * for await (const { name, ok } of verifyObjects(backend, "sub01")) console.assert(ok === (name === "sub01/betas"));
 * ```
 */
export async function* verifyObjects(
  backend: Backend,
  name: string,
  options: VerifyOptions = {},
): AsyncIterable<VerifyResult> {
  checkOptions(options, REQUEST_OPTIONS, { concurrency: true, onProgress: true });
  const { concurrency = CONCURRENCY, onWarning, onProgress } = options;
  const left = new AbortController();
  const signal = anySignal(options.signal, left.signal);
  const request = { signal, onWarning };
  const key = await treeKey(backend, name, request);
  const zarr = await zarrFolders(backend, key, request);
  const running = new Set<Promise<void>>();
  const done: VerifyResult[] = [];
  let failure: { readonly error: unknown } | undefined;
  let any = false;
  try {
    for await (const item of itemsOf(backend, key, zarr, request)) {
      any = true;
      const work: Promise<void> = verify(backend, item, request, onProgress)
        .then((results) => void done.push(...results), (error) => void (failure ??= { error }))
        .finally(() => running.delete(work));
      running.add(work);
      while (running.size >= concurrency) await Promise.race(running);
      yield* done.splice(0);
      if (failure) throw failure.error;
    }
    while (running.size > 0) {
      await Promise.race(running);
      yield* done.splice(0);
      if (failure) throw failure.error;
    }
    yield* done.splice(0);
    if (failure) throw failure.error;
  } finally {
    left.abort();
    await Promise.allSettled(running);
  }
  if (any) return;
  throw new NotFoundError(`there is nothing at "${key}" in ${backend.name}`, { key, bucket: backend.bucket });
}

/** The folders of Zarr arrays: their chunks are read by what their metadata say, and not by themselves. */
async function zarrFolders(
  backend: Backend,
  key: string,
  options: RequestOptions,
): Promise<ReadonlySet<string>> {
  const folders = new Set<string>();
  for await (const { key: document } of objectAndBelow(backend, key, options)) {
    const folder = /^(?:(.*)\/)?(?:zarr\.json|\.zarray)$/.exec(document);
    if (folder) folders.add(folder[1] ?? "");
  }
  return folders;
}

async function* itemsOf(
  backend: Backend,
  key: string,
  zarr: ReadonlySet<string>,
  options: RequestOptions,
): AsyncIterable<Item> {
  for await (const { key: each } of objectAndBelow(backend, key, options)) {
    const document = DOCUMENT.exec(each);
    if (document) yield { kind: "document", key: each, folder: each.slice(0, document.index) };
    else if (!isChunkOf(zarr, each)) yield { kind: "object", key: each };
  }
}

function isChunkOf(zarr: ReadonlySet<string>, key: string): boolean {
  if (zarr.size === 0) return false;
  if (zarr.has("") && isZarrChunk(key)) return true;
  for (let slash = key.lastIndexOf("/"); slash > 0; slash = key.lastIndexOf("/", slash - 1)) {
    if (zarr.has(key.slice(0, slash)) && isZarrChunk(key.slice(slash + 1))) return true;
  }
  return false;
}

async function verify(
  backend: Backend,
  item: Item,
  options: RequestOptions,
  onProgress: OnProgress | undefined,
): Promise<VerifyResult[]> {
  const results = [
    await attempt(item.key, "bytes", options, () => checkObject(backend, item.key, options, onProgress)),
  ];
  if (item.kind === "object") return results;
  const { folder } = item;
  // What it is called where it can't be read tells what it was to be.
  const kind = item.key.endsWith("metadata.json") ? "chunked" : "zarr";
  const found = await attempt(folder, kind, options, () => checkFolder(backend, folder, options));
  return found.kind === "folder" ? results : [...results, found];
}

async function attempt(
  name: string,
  kind: Identity["kind"],
  { signal }: RequestOptions,
  check: () => Promise<Checked | undefined>,
): Promise<VerifyResult> {
  try {
    const checked = await withErrorKey(name, check);
    return { name, ...checked ?? { kind: "folder", bytes: 0 }, ok: true };
  } catch (error) {
    signal?.throwIfAborted();
    // Not this object's fault, and what befalls all others.
    if (!(error instanceof CottonCandyError) || error instanceof ConnectionError) throw error;
    return { name, kind, bytes: 0, ok: false, error };
  }
}
