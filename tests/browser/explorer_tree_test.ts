/** What the explorer's tree has below archives and groups, by real keys and clicks. */
/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { aesKeys, EncryptingBackend } from "../../crypto/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { openNpy, writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { launch } from "./chromium.ts";
import { lines, openExplorer, pathOf, shows } from "./explorer.ts";

const KEY = "c2FtcGxlLWtleS1vZi10aGUtZXhwbG9yZXItMzJiISE=";
const ramp = ndarray(Float32Array.from({ length: 600 }, (_, i) => i), [20, 30]);

async function store(): Promise<MemoryBackend> {
  const backend = new MemoryBackend();
  const source = new MemoryBackend();
  await writeNpy(source, "part.npy", ramp);
  const part = await openNpy(source, "part.npy");
  await writeNpz(backend, "runs.npz", new Map([["betas", part], ["roi/mask", part]]));
  const sealing = new EncryptingBackend(backend, await aesKeys(KEY));
  await writeNpz(sealing, "sealed.npz", new Map([["betas", part]]));
  await backend.put("text.npz", new TextEncoder().encode("no archive"));
  const group = JSON.stringify({ zarr_format: 3, node_type: "group", attributes: {} });
  await backend.put("maps.zarr/zarr.json", new TextEncoder().encode(group));
  await writeZarr(backend, "maps.zarr/heights", ramp, { chunks: [10, 10], compression: "Zstd" });
  return backend;
}

Deno.test("explorer: arrays of archives and of Zarr groups are lines of the tree", async () => {
  await using browser = await launch();
  const backend = await store();
  {
    await using opened = await openExplorer(browser, { backend, title: "store" });
    const { page, problems } = opened;
    const isActive = (name: string) => page.locator(`#tree-active .name:text-is("${name}")`).waitFor();
    const expanded = () => page.locator("#tree-active").getAttribute("aria-expanded");
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.getByRole("treeitem", { name: "runs.npz" }).waitFor();
    assertEquals(await lines(page), ["maps.zarr", "runs.npz", "sealed.npz", "text.npz"]);

    await page.locator("#tree").focus();
    await page.keyboard.type("runs");
    await isActive("runs.npz");
    assertEquals(await expanded(), "false");
    await press("ArrowRight");
    const member = page.getByRole("treeitem", { name: "roi/mask" });
    await member.waitFor();
    assertEquals(await member.getAttribute("aria-level"), "2");
    assertEquals(await member.getAttribute("aria-setsize"), "2");
    assertEquals(await expanded(), "true");
    await press("ArrowRight", "ArrowDown");
    await isActive("roi/mask");
    await press("Enter");
    await shows(page, "mask");
    assertEquals(pathOf(page), "runs.npz/roi/mask");
    assertEquals(await member.getAttribute("aria-selected"), "true");
    await page.locator('.draw[aria-busy="false"]').waitFor();
    await press("ArrowLeft");
    await isActive("runs.npz");
    await press("ArrowLeft");
    await member.waitFor({ state: "detached" });

    // What has the name of an archive and is none has nothing below it.
    await press("End");
    await isActive("text.npz");
    await press("ArrowRight");
    await page.locator("#tree-active:not([aria-expanded])").waitFor();

    await press("Home", "ArrowRight");
    const heights = page.getByRole("treeitem", { name: "heights" });
    await heights.locator(".kind-zarr").waitFor();
    assertEquals(await heights.getAttribute("aria-expanded"), null);
    await heights.click();
    await shows(page, "heights");
    await page.locator('.draw[aria-busy="false"]').waitFor();
    await page.locator(".draw-plot").focus();
    await press("ArrowRight");
    assertEquals(await page.locator(".draw-value").innerText(), "[10, 15] = 315");

    await page.getByRole("treeitem", { name: "sealed.npz" }).click();
    await page.locator(".line.note", { hasText: "It is encrypted" }).waitFor();
    await page.locator("#key-text").fill(KEY);
    await page.getByRole("button", { name: "Decrypt" }).click();
    await page.locator(".entry", { hasText: "betas" }).waitFor();
    await page.getByRole("treeitem", { name: "betas" }).waitFor();
    await page.locator("#tree").focus();
    await press("ArrowRight");
    await isActive("betas");
    await press("Enter");
    await shows(page, "betas");
    await page.locator('.draw[aria-busy="false"]').waitFor();
    assertEquals(problems, []);
  }
  // An address leads to the line.
  await using opened = await openExplorer(browser, { backend, title: "store" }, {
    hash: "&p=runs.npz/betas",
  });
  await shows(opened.page, "betas");
  await opened.page.locator('[role=treeitem][aria-selected=true] .name:text-is("betas")').waitFor();
  assertEquals(opened.problems, []);
});

Deno.test("explorer: what one went to while the store was still being listed is not shown a second time", async () => {
  const listed = Promise.withResolvers<void>();
  const opens: string[] = [];
  class Slow extends MemoryBackend {
    override async *list(options: Parameters<MemoryBackend["list"]>[0] = {}) {
      await listed.promise;
      yield* super.list(options);
    }
    override open(...args: Parameters<MemoryBackend["open"]>) {
      opens.push(args[0]);
      return super.open(...args);
    }
  }
  const backend = new Slow();
  for (const name of ["note.txt", "other.txt"]) await backend.put(name, new TextEncoder().encode(name));
  await using browser = await launch();
  await using opened = await openExplorer(browser, { backend, title: "slow" });
  const { page, problems } = opened;
  await page.locator("#store-title", { hasText: "slow" }).waitFor();
  await page.evaluate(() => location.hash = "#p=note.txt");
  await page.locator("pre.text", { hasText: "note.txt" }).waitFor();
  const before = opens.length;
  listed.resolve();
  await page.locator("[role=treeitem][aria-selected=true]", { hasText: "note.txt" }).waitFor();
  await page.getByRole("treeitem", { name: "other.txt" }).click();
  await page.locator("pre.text", { hasText: "other.txt" }).waitFor();
  assertEquals(opens.slice(before).filter((key) => key === "note.txt"), []);
  assertEquals(problems, []);
});
