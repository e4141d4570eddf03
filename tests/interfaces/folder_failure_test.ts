/** What an upload that fails removes of a folder where somebody else has stored objects meanwhile. */
import { assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import type { Backend, Body } from "../../backends/backend.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { asSparseArray } from "../../lib/array/sparse/mod.ts";
import { ConnectionError, PartialFailureError } from "../../lib/errors.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeSparse } from "../../lib/stored_arrays/sparse.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { delegate } from "../backends/delegate.ts";
import { contents } from "../sync/places.ts";
import { denied } from "./failing.ts";
import { forEachStore, withStore } from "./stores.ts";

const array = ndarray(Float64Array.of(1, 2, 3, 4), [4]);
const sparse = asSparseArray({
  format: "coo",
  shape: [2, 2],
  parts: {
    data: ndarray(Float64Array.of(1), [1]),
    row: ndarray(Int32Array.of(0), [1]),
    col: ndarray(Int32Array.of(1), [1]),
  },
});
const uploads = {
  chunked: {
    part: "a/pt0000",
    document: "a/metadata.json",
    upload: (backend: Backend) => writeChunked(backend, "a", array, { chunks: 2, compression: false }),
  },
  sparse: {
    part: "a/data",
    document: "a/metadata.json",
    upload: (backend: Backend) => writeSparse(backend, "a", sparse, { compression: false }),
  },
  zarr: {
    part: "a/c/0",
    document: "a/zarr.json",
    upload: (backend: Backend) => writeZarr(backend, "a", array, { chunks: 2, compression: false }),
  },
};
const theirs = new TextEncoder().encode("theirs");

/** The store, whose put of a document fails once something else has been done. */
function failing(backend: Backend, document: string, before: () => Promise<unknown>): Backend {
  return delegate(backend, {
    async put(key, body, options) {
      if (key !== document) return await backend.put(key, body, options);
      await before();
      throw denied(key);
    },
  });
}

forEachStore((store, open) => {
  for (const [kind, { part, document, upload }] of Object.entries(uploads)) {
    Deno.test(`${kind} arrays on ${store}: an upload that fails leaves what another writer stored under the key of a part`, async () => {
      await withStore(open, async ({ backend }) => {
        await assertRejects(() => upload(failing(backend, document, () => backend.put(part, theirs))));
        assertEquals(await contents(backend), { [part]: "theirs" });
      });
    });
  }
});

for (const [kind, { part, upload }] of Object.entries(uploads)) {
  for (
    const [what, stored] of Object.entries({ nothing: undefined, "its own": "own", "another's": theirs })
  ) {
    Deno.test(`${kind} arrays: a part that may have been stored is removed where it is known to be ours: there is ${what}`, async () => {
      const memory = new MemoryBackend();
      const unsure = delegate(memory, {
        async put(key: string, body: Body, options) {
          if (key !== part) return await memory.put(key, body, options);
          if (stored !== undefined) {
            await memory.put(key, stored === "own" ? body : theirs, stored === "own" ? options : {});
          }
          throw new ConnectionError("no answer", { key, committed: "unknown" });
        },
      });
      const error = await assertRejects(() => upload(unsure));
      // Chunks of Zarr have no mark.
      const isUnsure = kind === "zarr" && stored !== undefined;
      assertEquals(
        error instanceof PartialFailureError && error.failed.map(({ key }) => key),
        isUnsure && [part],
      );
      assertEquals(Object.keys(await contents(memory)), isUnsure || stored === theirs ? [part] : []);
    });
  }
}
