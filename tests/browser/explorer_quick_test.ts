/** Who is quicker than the screen: what is done before the next picture is there goes on from what was done before it, and not from what is still seen. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { ndarray, npyEncode } from "../../lib/array/mod.ts";
import { readAll } from "../../lib/streams/mod.ts";
import { filesOf, startWeb } from "../servers/web.ts";
import { launch } from "./chromium.ts";
import { openExplorer, shows } from "./explorer.ts";
import { drawIn, serveDrawing, until } from "./explorer_host.ts";

const DRAWN = 'document.querySelector(".draw").ariaBusy === "false"';
const volume = ndarray(Float32Array.from({ length: 4 * 6 * 8 }, (_, i) => i % 101), [4, 6, 8]);

/** Has a page draw slices of 6 × 8 items, as an address says. */
async function onVolume(state: Record<string, string>, look: (page: Page) => Promise<void>): Promise<void> {
  const files = filesOf({ "volume.npy": { bytes: await readAll(npyEncode(volume)) } });
  await using web = await startWeb({ files, cors: "exposed" });
  await using host = await serveDrawing();
  await using browser = await launch();
  const page = await browser.newPage({ viewport: { width: 900, height: 760 } });
  await page.goto(host.url);
  await drawIn(page, web.url, "npy", "volume.npy", state);
  await until(page, DRAWN);
  await look(page);
}

/** An expression that presses a key so many times within one task, so that nothing is drawn in between. */
function pressed(selector: string, key: string, times: number): string {
  return `(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    for (let i = 0; i < ${times}; i++) {
      element.dispatchEvent(new KeyboardEvent("keydown", { key: "${key}", shiftKey: true, bubbles: true }));
    }
  })()`;
}

Deno.test("a key that is held on an end of the colours moves it on with each press", () =>
  onVolume({ d: "0,100" }, async (page) => {
    await page.evaluate(pressed(".draw-handle:nth-of-type(2)", "ArrowLeft", 3));
    const [low, high] = (await page.evaluate<string>("states.at(-1).d")).split(",").map(Number);
    assert(low === 0 && high > 65 && high < 75, `${low} to ${high}: three tenths less than 100`);
  }));

Deno.test("another slice is shown in the part that was zoomed to, also where the controls have not heard of that", () =>
  onVolume({}, async (page) => {
    const zoomed = /^[\d]+,y[\d.]+:[\d.]+,x[\d.]+:[\d.]+$/;
    await page.focus(".draw-plot");
    await page.keyboard.press("+");
    await until(page, `${zoomed}.test(states.at(-1)?.i)`);
    await page.evaluate(`(() => {
      const slider = document.querySelector("#draw-slider-0");
      slider.value = 3;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    })()`);
    const index = await page.evaluate<string>("states.at(-1).i");
    assertMatch(index, zoomed);
    assertEquals(index.slice(0, 2), "3,");
  }));

Deno.test("the cells of a table stay while its size changes by less than a cell", () =>
  onVolume({ v: "matrix" }, async (page) => {
    const changes = await page.evaluate<number>(`(async () => {
      const screen = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const matrix = document.querySelector(".draw-matrix");
      await screen();
      await screen();
      let changes = 0;
      const observer = new MutationObserver((records) => changes += records.length);
      observer.observe(matrix.querySelector(".draw-cells"), { childList: true });
      matrix.style.width = (matrix.clientWidth - 1) + "px";
      await screen();
      await screen();
      return changes;
    })()`);
    assertEquals(changes, 0);
  }));

Deno.test("explorer: a click is on the line that is seen, though other lines are already on their way", async () => {
  const backend = new MemoryBackend();
  for (const key of ["a/one", "a/two", "b.txt", "c.txt", "d.txt"]) await backend.put(key, new Uint8Array(3));
  await using browser = await launch();
  await using opened = await openExplorer(browser, { backend, title: "store" });
  const { page, problems } = opened;
  await page.getByRole("treeitem", { name: "a", exact: true }).click();
  await page.getByRole("treeitem", { name: "two" }).waitFor();
  const line = page.getByRole("treeitem", { name: "b.txt" });
  const { x, y } = await line.boundingBox() ?? { x: 0, y: 0 };
  // The folder is closed, by which all below it will move up, and the click comes before that is drawn.
  await page.evaluate(`(() => {
    const tree = document.querySelector("#tree");
    tree.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    const place = { clientX: ${x + 20}, clientY: ${y + 5}, bubbles: true };
    document.elementFromPoint(place.clientX, place.clientY).dispatchEvent(new MouseEvent("click", place));
  })()`);
  await shows(page, "b.txt");
  assertEquals(problems, []);
});
