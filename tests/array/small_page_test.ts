/**
 * What arrays do in a page that loads neither the package's root nor `./array`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { ndarray } from "../../lib/array/mod.ts";
import { npyEncode } from "../../lib/array/writing/mod.ts";

Deno.test("small pages show shape and dtype, have JSON, and are told what to import for statistics", async () => {
  const worker = new Worker(new URL("./small_page_worker.ts", import.meta.url), { type: "module" });
  try {
    const seen = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
    worker.postMessage(await new Response(npyEncode(ndarray(Float32Array.of(1, 2, 6)))).bytes());
    assertEquals(await seen, {
      texts: ['LazyArray("a.npy", shape=(3,), dtype=<f4)', "NDArray(shape=(2,), dtype=<f4)", "[1,2]"],
      refused:
        'UnsupportedError: mean is left out of small pages: import "@cottoncandy/cottoncandy/array" once, and arrays have it',
      stored: 6,
      then: "1.5",
    });
  } finally {
    worker.terminate();
  }
});
