/**
 * Arrays as the explorer opens them, without a page: every kind is read by slices, tells what has been read, and what kind it is.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { openArray } from "../../examples/explorer/arrays.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { SparseArray } from "../../lib/array/sparse/mod.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { identify } from "../../lib/stored_arrays/identify/mod.ts";
import { openNpy, writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import { writeSparse } from "../../lib/stored_arrays/sparse.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";

const ramp = ndarray(Float64Array.from({ length: 600 }, (_, i) => i), [20, 30]);
const chunks = [[10, 10], [15, 15]];

Deno.test("explorer: every kind of array is opened, and read by slices", async () => {
  const backend = new MemoryBackend();
  const under = "lab/";
  await writeRaw(backend, `${under}packed`, ramp, { compression: "gzip" });
  await writeRaw(backend, `${under}plain`, ramp, { sliceable: true });
  await writeNpy(backend, `${under}array.npy`, ramp);
  await writeNpz(backend, `${under}a.npz`, new Map([["ramp", await openNpy(backend, `${under}array.npy`)]]));
  await writeChunked(backend, `${under}chunked`, ramp, { chunks: [10, 15], compression: "LZ4" });
  await writeZarr(backend, `${under}a.zarr`, ramp, { chunks: [10, 15], compression: "Zstd" });
  const links = new SparseArray("coo", [20, 30], { data: [599], row: [19], col: [29] });
  await writeSparse(backend, `${under}links`, links);
  const kinds = {
    "packed": { kind: "raw", chunks: undefined, sliceable: false },
    "plain": { kind: "raw", chunks: undefined, sliceable: true },
    "array.npy": { kind: "npy", chunks: undefined, sliceable: true },
    "a.npz/ramp": { kind: "npz", chunks: undefined, sliceable: true },
    "chunked": { kind: "chunked", chunks, sliceable: true },
    "a.zarr": { kind: "zarr", chunks, sliceable: true },
    "links": { kind: "sparse", chunks: undefined, sliceable: false },
  };
  for (const [path, { kind, chunks, sliceable }] of Object.entries(kinds)) {
    const closing = new AbortController();
    const { signal } = closing;
    const found = await identify(backend, under + path);
    assert("dtype" in found, path);
    const view = await openArray(found, path, {
      backend,
      store: { root: under, target: "s3://bucket" },
      signal,
      onWarning() {},
    });
    assert(view, path);
    assertEquals(
      [view.place.kind, view.place.key, view.chunks, view.sliceable, view.shape],
      [kind, path.split("/")[0], chunks, sliceable, [20, 30]],
      path,
    );
    assertEquals(view.place.member, kind === "npz" ? "ramp" : undefined);
    let told = 0;
    const onProgress = ({ loaded }: { readonly loaded: number }) => void (told = loaded);
    const part = await view.slice([[-1, null], 29], { signal, onProgress });
    assertEquals([...part], [599], path);
    assert(told > 0, `${path} tells nothing of its progress`);
    assertEquals((await view.sparse?.({ signal }))?.nnz, kind === "sparse" ? 1 : undefined);
    assertEquals(view.entriesSize !== undefined, kind === "sparse", path);
    closing.abort();
  }
});
