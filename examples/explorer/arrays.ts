/**
 * Arrays of all kinds, opened for drawing.
 *
 * @module
 */
import type { Backend, OnProgress } from "@cottoncandy/cottoncandy";
import { type Identity, openIdentified } from "@cottoncandy/cottoncandy/identify";
import { meter } from "./meter.ts";
import type { Store } from "./stores.ts";
import type { ArrayPlace, ArrayView, ReadSlice } from "./view.ts";

/** What an array is opened with. */
export interface OpenArray {
  /** The store, which decrypts where that is needed. */
  readonly backend: Backend;
  /** Whether it does. */
  readonly isDecrypted?: boolean;
  /** Where that is. */
  readonly store: Pick<Store, "target" | "root">;
  /** Ends all reads. */
  readonly signal: AbortSignal;
  /** Receives warnings in words. */
  readonly onWarning: (message: string) => void;
}

/** What is one array, and so can be drawn. */
type ArrayIdentity = Extract<
  Identity,
  { readonly kind: "raw" | "npy" | "npz-member" | "chunked" | "zarr" | "sparse" }
>;

/** What of a view its kind decides. */
type KindOfView = Pick<ArrayView, "order" | "storedSize" | "sliceable" | "hasPlainChunks">;

/** Opens what was identified as an array, without reading its items; `undefined` for one of which it is not told what it is. */
export async function openArray(
  found: ArrayIdentity,
  name: string,
  { backend, isDecrypted = false, store: { target, root }, signal, onWarning }: OpenArray,
): Promise<ArrayView | undefined> {
  const metered = meter(backend);
  const options = { signal, onWarning: ({ message }: { readonly message: string }) => onWarning(message) };
  const place: ArrayPlace = {
    key: found.key.slice(root.length),
    kind: found.kind === "npz-member" ? "npz" : found.kind,
    ...(target === undefined ? {} : { target }),
    ...(isDecrypted ? { isEncrypted: true } : {}),
    ...(found.kind === "npz-member" ? { member: found.member } : {}),
  };
  if (found.kind !== "sparse") {
    const workers = await decodingWorkers(found, signal);
    const array = await openIdentified(metered.backend, found, { ...options, workers });
    const { dtype, fields, shape } = array;
    return {
      name,
      place,
      dtype,
      fields,
      shape,
      ...kindOfView(found),
      ...(found.kind === "chunked" || found.kind === "zarr" ? { chunks: array.chunks } : {}),
      // The drawing keeps what it has read.
      slice: async (selection, { signal, onProgress }: ReadSlice) =>
        await metered.watch(found.key, onProgress, () => array.read(selection, { signal })),
    };
  }
  const { dtype, shape, stored } = found;
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
    place,
    dtype,
    shape,
    order: "C",
    sliceable: false,
    storedSize: undefined,
    // Each has its value and two indices.
    ...(stored === undefined ? {} : { entriesSize: stored * (Number(dtype.slice(2)) + 16) }),
    slice: async (selection, options) => (await read(options)).toDense().slice(...selection),
    sparse: read,
  };
}

function kindOfView(found: Exclude<ArrayIdentity, { readonly kind: "sparse" }>): KindOfView {
  switch (found.kind) {
    case "raw":
      return { order: found.order, storedSize: found.size, sliceable: found.sliceable };
    case "npy":
      return { order: found.order, storedSize: found.size, sliceable: true };
    case "npz-member": {
      const { sliceable } = found;
      return { order: "C", storedSize: sliceable ? found.byteLength : undefined, sliceable };
    }
    case "chunked":
      return { order: "C", storedSize: undefined, sliceable: true, hasPlainChunks: found.codec === false };
    case "zarr":
      return { order: "C", storedSize: undefined, sliceable: true };
  }
}

/** In how many workers items are decompressed: the page reads few bytes at a time, but its thread has to answer. There is one until the array is closed. Browsers have their own code for archives. */
async function decodingWorkers(
  { kind, codec }: Pick<Exclude<ArrayIdentity, { readonly kind: "sparse" }>, "kind" | "codec">,
  signal: AbortSignal,
): Promise<number | false> {
  if (kind === "npz-member" || codec === false || signal.aborted) return false;
  const { holdWorker } = await import("../../codecs/workers/mod.ts");
  const { close } = holdWorker();
  signal.addEventListener("abort", close, { once: true });
  return 2;
}
