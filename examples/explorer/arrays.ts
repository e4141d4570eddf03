/**
 * Arrays of all kinds, opened for drawing.
 *
 * @module
 */
import type { Backend, LazyArray, OnProgress, StoredArray } from "@cottoncandy/cottoncandy";
import type { Identity } from "@cottoncandy/cottoncandy/identify";
import { meter } from "./meter.ts";
import type { Store } from "./stores.ts";
import type { ArrayPlace, ArrayView, ReadSlice } from "./view.ts";

/** What an array is opened with. */
export interface OpenArray {
  /** The store, which decrypts where that is needed. */
  readonly backend: Backend;
  /** Where that is. */
  readonly store: Pick<Store, "target" | "root">;
  /** Ends all reads. */
  readonly signal: AbortSignal;
  /** Receives warnings in words. */
  readonly onWarning: (message: string) => void;
}

/** Opens what was identified as an array, without reading its items; `undefined` for what is none. */
export async function openArray(
  found: Identity,
  name: string,
  { backend, store: { target, root }, signal, onWarning }: OpenArray,
): Promise<ArrayView | undefined> {
  const metered = meter(backend);
  const options = { signal, onWarning: ({ message }: { readonly message: string }) => onWarning(message) };
  const place = (kind: ArrayPlace["kind"], member?: string): ArrayPlace => ({
    key: found.key.slice(root.length),
    kind,
    ...(target === undefined ? {} : { target }),
    ...(member === undefined ? {} : { member }),
  });
  const viewOf = (
    array: StoredArray,
    about: Pick<ArrayView, "place" | "order" | "storedSize" | "sliceable">,
  ) => ({
    ...about,
    name,
    dtype: array.dtype,
    fields: array.fields,
    shape: array.shape,
    slice: async (selection: Parameters<ArrayView["slice"]>[0], { signal, onProgress }: ReadSlice) =>
      await metered.watch(found.key, onProgress, () => array.read(selection, { signal })),
  });
  switch (found.kind) {
    case "raw": {
      const { openRaw } = await import("@cottoncandy/cottoncandy/raw");
      return viewOf(await openRaw(metered.backend, found.key, options), {
        place: place("raw"),
        order: found.order,
        storedSize: found.size,
        sliceable: found.sliceable,
      });
    }
    case "npy": {
      const { openNpy } = await import("@cottoncandy/cottoncandy/npy");
      return viewOf(await openNpy(metered.backend, found.key, options), {
        place: place("npy"),
        order: found.order,
        storedSize: found.size,
        sliceable: true,
      });
    }
    case "npz-member": {
      const { openNpz } = await import("@cottoncandy/cottoncandy/npz");
      const archive = await openNpz(metered.backend, found.key, options);
      const array: LazyArray = await archive.open(found.member);
      return viewOf(array, {
        place: place("npz", found.member),
        order: "C",
        storedSize: found.sliceable ? found.byteLength : undefined,
        sliceable: found.sliceable,
      });
    }
    case "chunked": {
      const { openChunked } = await import("@cottoncandy/cottoncandy/chunked");
      // The drawing keeps what it has read.
      const array = await openChunked(metered.backend, found.key, {
        ...options,
        workers: await decodingWorkers(found, signal),
      });
      const about = { place: place("chunked"), order: "C", storedSize: undefined, sliceable: true } as const;
      return { ...viewOf(array, about), chunks: array.chunks, hasPlainChunks: found.codec === false };
    }
    case "zarr": {
      const { openZarr } = await import("@cottoncandy/cottoncandy/zarr");
      const array = await openZarr(metered.backend, found.key, options);
      if (!("shape" in array)) return undefined;
      const about = { place: place("zarr"), order: "C", storedSize: undefined, sliceable: true } as const;
      return { ...viewOf(array, about), chunks: array.chunks };
    }
    case "sparse": {
      const { dtype, shape } = found;
      if (dtype === undefined || shape === undefined) return undefined;
      const read = async ({ signal, onProgress }: { signal: AbortSignal; onProgress?: OnProgress }) => {
        const { readSparse } = await import("@cottoncandy/cottoncandy/sparse");
        return await metered.watch(
          found.key,
          onProgress,
          () => readSparse(metered.backend, found.key, { ...options, signal }),
        );
      };
      return {
        name,
        place: place("sparse"),
        dtype,
        shape,
        order: "C",
        sliceable: false,
        storedSize: undefined,
        slice: async (selection, options) => (await read(options)).toDense().slice(...selection),
        sparse: read,
      };
    }
    default:
      return undefined;
  }
}

/** In how many workers chunks are decompressed: the page reads few bytes at a time, but its thread has to answer. There is one until the array is closed. */
async function decodingWorkers(
  { codec }: { readonly codec?: string | false },
  signal: AbortSignal,
): Promise<number | false> {
  if (codec === false || signal.aborted) return false;
  const { holdWorker } = await import("../../codecs/workers/mod.ts");
  const { close } = holdWorker();
  signal.addEventListener("abort", close, { once: true });
  return 2;
}
