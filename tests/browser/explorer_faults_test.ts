/** What is said in the place of a picture: that an array was replaced, has lost a part or has a damaged one, with a button that opens what there is by then; and what it costs to read much. */
/// <reference lib="dom" />
import { assertEquals, assertMatch } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { SparseArray } from "../../lib/array/sparse/mod.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeSparse } from "../../lib/stored_arrays/sparse.ts";
import { writeNpy } from "../../lib/stored_arrays/npy.ts";
import { launch } from "./chromium.ts";
import { openExplorer, shows } from "./explorer.ts";

const ramp = (...shape: number[]) =>
  ndarray(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i), shape);

Deno.test("explorer: what is replaced, lost or damaged while one looks at it is told, and opened anew", async () => {
  const backend = new MemoryBackend();
  await writeNpy(backend, "slices.npy", ramp(6, 20, 30));
  await writeChunked(backend, "volume", ramp(6, 20, 30), { chunks: [1, 20, 30], compression: "Zstd" });
  await using browser = await launch();
  await using opened = await openExplorer(browser, { backend, title: "store" }, { hash: "&p=slices.npy" });
  const { page, problems } = opened;
  const drawn = () => page.locator('.draw[aria-busy="false"]').waitFor();
  const message = page.locator(".draw-message");
  const goTo = async (index: string) => {
    await page.locator("#draw-index-0").fill(index);
    await page.keyboard.press("Enter");
  };
  const value = async () => {
    await drawn();
    await page.locator(".draw-plot").focus();
    await page.keyboard.press("ArrowRight");
    return await page.locator(".draw-value").innerText();
  };
  await drawn();
  await writeNpy(backend, "slices.npy", ramp(6, 10, 10));
  await goTo("1");
  await message.filter({ hasText: "no longer, the version that was opened" }).waitFor();
  // The colours that were there are of another slice.
  assertEquals(await page.locator(".draw-range").isVisible(), false);
  await page.getByRole("button", { name: "Open it again" }).click();
  await page.locator(".facts", { hasText: "6 × 10 × 10" }).waitFor();
  assertEquals(await value(), "[1, 5, 5] = 155");

  await page.getByRole("treeitem", { name: "volume" }).click();
  await shows(page, "volume");
  await drawn();
  const part = "volume/pt0002";
  const reader = await backend.open(part);
  const bytes = await reader.read();
  const { metadata } = reader.info;
  await Array.fromAsync(backend.delete([part]));
  await goTo("2");
  await message.filter({ hasText: "has lost its part" }).waitFor();
  await backend.put(part, bytes.subarray(0, bytes.length - 4), { metadata });
  await page.getByRole("button", { name: "Open it again" }).click();
  await message.filter({ hasText: "end too early" }).waitFor();
  await backend.put(part, bytes, { metadata });
  await page.getByRole("button", { name: "Open it again" }).click();
  await message.waitFor({ state: "hidden" });
  assertEquals(await value(), "[2, 10, 15] = 1515");
  assertEquals(problems, []);
});

Deno.test("explorer: a sparse array of many entries is read when somebody has said so", async () => {
  const backend = new MemoryBackend();
  const numbers = (step: number) => Int32Array.from({ length: 200_000 }, (_, i) => i * step % 5000);
  await writeSparse(
    backend,
    "links",
    new SparseArray("coo", [5000, 5000], {
      data: new Float64Array(200_000).fill(1),
      row: numbers(7),
      col: numbers(3),
    }),
  );
  await using browser = await launch();
  await using opened = await openExplorer(browser, { backend, title: "store" }, { hash: "&p=links" });
  const { page, problems } = opened;
  await page.locator(".draw-message", { hasText: "all of it is read, and takes 4.6 MiB of memory" })
    .waitFor();
  await page.getByRole("button", { name: "Read 4.6 MiB" }).click();
  await page.locator(".draw-message").waitFor({ state: "hidden" });
  await page.locator('.draw[aria-busy="false"]').waitFor();
  await page.locator(".draw-plot").focus();
  await page.keyboard.press("ArrowRight");
  assertMatch(await page.locator(".draw-value").innerText(), /entr/);
  assertEquals(problems, []);
});
