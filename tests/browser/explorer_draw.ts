/** A page that is nothing but a drawing: what tests/browser/explorer_draw_test.ts and its like put their arrays into. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { HttpBackend } from "../../backends/web/mod.ts";
import { drawArray } from "../../examples/explorer/draw/mod.ts";
import type { ArrayPlace, ArrayView, Drawing, DrawState } from "../../examples/explorer/view.ts";
import { openChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { openNpy } from "../../lib/stored_arrays/npy.ts";
import { readSparse } from "../../lib/stored_arrays/sparse.ts";

let drawing: Drawing | undefined;

/** Opens an array below a URL and draws it; `states` of the page are what is told of it. */
export async function draw(
  url: string,
  kind: "npy" | "chunked" | "sparse",
  key: string,
  state: DrawState = {},
): Promise<void> {
  drawing?.destroy();
  const told: DrawState[] = [];
  Reflect.set(window, "states", told);
  const array = await open(url, kind, key);
  const main = document.querySelector("main");
  if (main) drawing = drawArray(main, array, state, (state) => told.push(state));
}

async function open(url: string, kind: "npy" | "chunked" | "sparse", key: string): Promise<ArrayView> {
  const backend = new HttpBackend(url);
  const place: ArrayPlace = { key, kind, target: "s3://bucket" };
  const name = key.split("/").at(-1) ?? key;
  if (kind === "sparse") {
    const whole = await readSparse(backend, key);
    const dense = whole.shape[0] * whole.shape[1] < 1e6 ? whole.toDense() : undefined;
    return {
      name,
      place,
      dtype: whole.dtype,
      shape: whole.shape,
      order: "C",
      sliceable: true,
      storedSize: 1000,
      slice: (selection) =>
        dense ? Promise.resolve(dense.slice(...selection)) : Promise.reject(new Error("large")),
      sparse: () => Promise.resolve(whole),
    };
  }
  const stored = kind === "npy" ? await openNpy(backend, key) : await openChunked(backend, key);
  const { dtype, fields, shape } = stored;
  return {
    name,
    place,
    dtype,
    fields,
    shape,
    order: "C",
    chunks: kind === "chunked" ? stored.chunks : undefined,
    sliceable: true,
    storedSize: undefined,
    slice: (selection, { signal }) => stored.read(selection, { signal }),
  };
}
