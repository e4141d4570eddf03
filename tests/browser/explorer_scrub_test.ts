/** A slider through 50 slices of a 10 GiB array: what is read, what the tab takes, and that each picture is that of its slice. */
import { assert, assertEquals } from "@std/assert";
import { launch } from "./chromium.ts";
import { drawIn, serveDrawing, until } from "./explorer_host.ts";
import { itemOf, serveVolume, SLICE } from "./explorer_large.ts";
import { PlainPage } from "./plain_chromium.ts";

const MiB = 2 ** 20;

/** Presses a key on the slider so many times, each once the slice before it is there; gives how long each took, in milliseconds. */
const SCRUB = `(async (count) => {
  const slider = document.querySelector("#draw-slider-0");
  const root = document.querySelector(".draw");
  const drawn = () => new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (root.ariaBusy !== "false") return;
      observer.disconnect();
      resolve();
    }).observe(root, { attributeFilter: ["aria-busy"] });
  });
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    slider.stepUp();
    const done = drawn();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await done;
    times.push(performance.now() - start);
  }
  return times;
})`;

/** So many parts from a number on, one after the other; gives how long each took, in milliseconds. */
const FETCH = `(async (url, first, count) => {
  const times = [];
  for (let i = first; i < first + count; i++) {
    const start = performance.now();
    await (await fetch(url + i)).arrayBuffer();
    times.push(performance.now() - start);
  }
  return times;
})`;

const COUNT_WORKERS = `
  workers = 0;
  Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      workers++;
    }
  }`;

/** Shares of the picture's width and height. */
const PLACES = [[0.1, 0.2], [0.5, 0.5], [0.9, 0.1], [0.3, 0.95]] as const;
const GREYS = `(() => {
  const canvas = document.querySelector(".draw-plot > canvas");
  const [left, top, width, height] = canvas.dataset.plot.split(",").map(Number);
  return ${JSON.stringify(PLACES)}.map(([x, y]) =>
    canvas.getContext("2d").getImageData(left + x * width, top + y * height, 1, 1).data[0]);
})()`;

function assertGreys(greys: readonly number[]): void {
  PLACES.forEach(([x, y], i) => {
    const wanted = (1024 * x + 1024 * y / 4) / 1280 * 255;
    assert(Math.abs(greys[i] - wanted) < 2, `${greys[i]} at ${x}, ${y}, and not ${wanted}`);
  });
}

const DRAWN = 'document.querySelector(".draw").ariaBusy === "false"';

Deno.test({
  name: "a slider through 50 slices of a 10 GiB array",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using large = serveVolume();
    await using host = await serveDrawing();
    await using page = await PlainPage.open(host.url);
    // A range of greys by which each item's value can be told.
    const state = { i: "100,y,x", c: "greys", d: "0,1280" };
    const args = JSON.stringify([large.url, "chunked", "volume", state]).slice(1, -1);
    await page.evaluate(COUNT_WORKERS);
    await page.evaluate(`import("/explorer_draw.js").then(({ draw }) => draw(${args}))`);
    await page.until(DRAWN);
    assertEquals(large.requests.map(({ path }) => path), ["volume/metadata.json", "volume/pt0100"]);

    // By keys first: each slice is read once, whole, and no other is.
    await page.evaluate('document.querySelector("#draw-slider-0").focus()');
    for (let slice = 101; slice <= 104; slice++) {
      await page.press("ArrowRight", 39);
      await page.until(`document.querySelector("#draw-slider-0").value === "${slice}" && ${DRAWN}`);
    }
    const times = await page.evaluate(`${SCRUB}(46)`) as number[];
    const chunks = large.requests.slice(1);
    assertEquals(
      chunks.map(({ path }) => path),
      Array.from({ length: 51 }, (_, i) => `volume/pt0${100 + i}`),
    );
    assert(chunks.every(({ bytes }) => bytes === SLICE));

    // The last one is what is seen, where the axes say.
    await page.evaluate('document.querySelector(".draw-plot").focus()');
    await page.press("ArrowRight", 39);
    const told = await page.evaluate('document.querySelector(".draw-value").textContent');
    assertEquals(told, `[150, 512, 512] = ${itemOf(150, 512, 512)}`);
    assertGreys(await page.evaluate(GREYS) as number[]);
    // The histograms were made in one worker.
    assertEquals(await page.evaluate("workers"), 1);
    const peak = await page.peak();
    const downloads = await page.evaluate(`${FETCH}("${large.url}volume/pt0", 500, 10)`) as number[];
    const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1].toFixed(0);
    // deno-lint-ignore no-console -- figures to look at
    console.log(
      `a slice of 4 MiB is drawn in ${median(times)} ms, of which its download alone takes ${
        median(downloads)
      }; the tab takes ${peak.toFixed(0)} MiB at most`,
    );
    assert(peak > 80 && peak < 400, `${peak} MiB`);

    // Back to what is kept: nothing is read.
    const before = large.requests.length;
    for (let i = 0; i < 5; i++) await page.press("PageUp", 33);
    await page.until(`document.querySelector("#draw-slider-0").value === "145" && ${DRAWN}`);
    assertEquals(large.requests.slice(before), []);
  },
});

Deno.test("who goes on before a slice is there does not read it any further", async () => {
  await using large = serveVolume();
  await using host = await serveDrawing();
  await using browser = await launch();
  const page = await browser.newPage({ viewport: { width: 1300, height: 1200 } });
  await page.goto(host.url);
  await page.route("**/pt0200", () => {});
  const begun = page.waitForRequest("**/pt0200");
  // There are pixels for every item, and the least and the greatest value are those of all: such a picture is made in the worker.
  await drawIn(page, large.url, "chunked", "volume", { i: "200,y,x", c: "greys", d: "all" });
  await begun;
  const [ended] = await Promise.all([
    page.waitForEvent("requestfailed"),
    page.focus("#draw-slider-0").then(() => page.keyboard.press("ArrowRight")),
  ]);
  assert(ended.url().endsWith("pt0200"), ended.url());
  await until(page, DRAWN);
  assertEquals(page.workers().length, 1);
  await page.focus(".draw-plot");
  await page.keyboard.press("ArrowUp");
  assertEquals(await page.locator(".draw-value").innerText(), `[201, 512, 512] = ${itemOf(201, 512, 512)}`);
  assertGreys(await page.evaluate(GREYS));
});

Deno.test("a 10 GiB array in one object: a first view of 4 MiB, more when asked; no worker is allowed", async () => {
  await using large = serveVolume();
  await using host = await serveDrawing("'none'");
  await using browser = await launch();
  const page = await browser.newPage({ viewport: { width: 900, height: 760 } });
  await page.goto(host.url);
  await drawIn(page, large.url, "npy", "volume.npy");
  await until(page, DRAWN);
  const moved = () => large.requests.reduce((sum, { bytes }) => sum + bytes, 0);
  assert(moved() <= 4 * MiB + 64 * 1024, `${moved()} bytes`);
  await page.focus(".draw-plot");
  await page.keyboard.press("ArrowRight");
  assertEquals(await page.locator(".draw-value").innerText(), `[1280, 512, 512] = ${itemOf(1280, 512, 512)}`);

  // Across all slices a row lies in another place for each: what that takes is said before it is read.
  const before = moved();
  await page.selectOption("#draw-axis-x", "0");
  await page.getByRole("button", { name: /^Read all \(\d\.\d GiB/ }).waitFor();
  await until(page, DRAWN);
  assert(moved() - before <= 4 * MiB, `${moved() - before} bytes`);
  await page.context().close();
});
