/** What happens to an array while it is looked at: it is replaced, loses a part, or one is damaged. Words say so, and a button opens what there is by then. */
/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
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
