/** Drawings in Chromium, by real clicks and keys: the pixels of the canvas are those that numpy gives, and what is saved and copied is what is shown. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { ndarray, npyEncode, readNpy } from "../../lib/array/mod.ts";
import type { NDArray } from "../../lib/array/mod.ts";
import { SparseArray } from "../../lib/array/sparse/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { writeSparse } from "../../lib/stored_arrays/sparse.ts";
import { fromBase64 } from "../../lib/base64.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { filesOf, startWeb, type WebFiles, type WebStandIn } from "../servers/web.ts";
import cases from "../vectors/pixels.json" with { type: "json" };
import { launch } from "./chromium.ts";
import { cellsOf, type DrawHost, drawIn, serveDrawing, until } from "./explorer_host.ts";

const volume = ndarray(Float32Array.from({ length: 4 * 6 * 8 }, (_, i) => (i * 37) % 101), [4, 6, 8]);
const wide = ndarray(BigInt64Array.from({ length: 12 }, (_, i) => 2n ** 60n + BigInt(i)), [3, 4]);
const wave = ndarray(Float64Array.from({ length: 3000 }, (_, i) => Math.sin(i / 50)), [3000]);
const long = ndarray(new Int32Array(400 * 5).map((_, i) => i), [400, 5]);

async function npy(array: NDArray): Promise<{ bytes: Uint8Array }> {
  return { bytes: await readAll(npyEncode(array)) };
}

async function files(): Promise<WebFiles> {
  const vectors = cases.map(({ npy }, i) => [`case${i}.npy`, { bytes: fromBase64(npy) ?? new Uint8Array() }]);
  const links = new SparseArray("coo", [2000, 3000], {
    data: [1, 2, 3],
    row: [0, 1999, 5],
    col: [2999, 0, 5],
  });
  const store = new MemoryBackend();
  await writeSparse(store, "links", links);
  const parts: [string, { bytes: Uint8Array; metadata: Readonly<Record<string, string>> }][] = [];
  for await (const entry of store.list({ prefix: "" })) {
    if (!("key" in entry)) continue;
    const { metadata } = await store.head(entry.key) ?? {};
    const reader = await store.open(entry.key);
    parts.push([entry.key, { bytes: await reader.read(), metadata: metadata ?? {} }]);
    await reader.close();
  }
  return filesOf({
    ...Object.fromEntries([...vectors, ...parts]),
    "volume.npy": await npy(volume),
    "wide.npy": await npy(wide),
    "wave.npy": await npy(wave),
    "long.npy": await npy(long),
    "single.npy": await npy(ndarray(Float64Array.of(3.25), [])),
    "none.npy": await npy(ndarray(new Float32Array(), [0, 5])),
  });
}

let web: WebStandIn;
let host: DrawHost;
let page: Page;
/** What is tested, in one page, which each loads anew. */
const steps: { readonly name: string; readonly fn: () => Promise<void> }[] = [];

Deno.test("drawings in Chromium", async (t) => {
  await using disposed = new AsyncDisposableStack();
  web = disposed.use(await startWeb({ files: await files(), cors: "exposed" }));
  host = disposed.use(await serveDrawing());
  const browser = disposed.use(await launch());
  const context = await browser.newContext({
    viewport: { width: 900, height: 760 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  page = await context.newPage();
  for (const step of steps) await t.step(step);
});

function step(name: string, fn: () => Promise<void>): void {
  steps.push({ name, fn });
}

async function open(
  ...[kind, key, state]: [kind: string, key: string, state?: Record<string, string>]
): Promise<Page> {
  await page.goto(host.url);
  await drawIn(page, web.url, kind, key, state);
  await drawn(page);
  return page;
}

async function drawn(page: Page): Promise<void> {
  await page.waitForSelector('.draw[aria-busy="false"]');
}

/** What the page was told last. */
async function state(page: Page): Promise<Record<string, string>> {
  return await page.evaluate("states.at(-1) ?? {}");
}

/** The greys of a plane whose values are from `low` to `high`. */
function greysOf(plane: NDArray, low: number, high: number): number[] {
  return Array.from(plane, (value) => {
    const grey = Math.floor((Number(value) - low) / (high - low) * 255 + 0.5);
    return [grey, grey, grey, 255];
  }).flat();
}

async function text(page: Page, selector: string): Promise<string> {
  return await page.locator(selector).innerText();
}

step("the canvas has the colours that numpy gives, of every kind of number", async () => {
  const page = await open("npy", "case0.npy");
  for (const [i, { name, field, colormap, options, rgba }] of cases.entries()) {
    const { scale, part } = options as { scale?: string; part?: string };
    const wanted = fromBase64(rgba) ?? new Uint8Array();
    const isOwn = scale === undefined;
    await drawIn(page, web.url, "npy", `case${i}.npy`, {
      c: colormap,
      ...isOwn ? { v: "rgb" } : {},
      ...scale === "log" ? { q: "log" } : {},
      ..."percentiles" in options ? {} : { d: "all" },
      ...part ? { k: part } : {},
      ...field ? { f: field } : {},
    });
    await drawn(page);
    const stored = await readNpy(streamOf(fromBase64(npyOf(i)) ?? new Uint8Array()));
    const [rows, columns] = stored.shape;
    const cells = await cellsOf(page, rows, columns);
    // What is missing has the page's colour; percentiles of the page are always 1 and 99.
    if ("percentiles" in options && `${options.percentiles}` !== "1,99") continue;
    const { missing = [0, 0, 0, 0] } = options as { missing?: number[] };
    let others = 0;
    for (let at = 0; at < wanted.length; at += 4) {
      if (wanted.slice(at, at + 4).join() === missing.join()) continue;
      // Canvases keep colours times their opacity.
      const most = wanted[at + 3] === 255 ? 0 : 1 + 255 / wanted[at + 3];
      others += Number(wanted.subarray(at, at + 4).some((each, i) => Math.abs(each - cells[at + i]) > most));
    }
    assert(others <= (scale === "log" ? 2 : 0), `${name}: ${others} of ${wanted.length / 4} colours differ`);
  }
});

function npyOf(i: number): string {
  return cases[i].npy;
}

step("slices, axes, zoom, cursor and range by clicks and keys", async () => {
  const page = await open("npy", "volume.npy", { c: "greys", d: "0,100", i: "0,y,x" });
  const shows = async (plane: NDArray) => {
    const [rows, columns] = plane.shape;
    assertEquals(await cellsOf(page, rows, columns), greysOf(plane, 0, 100));
  };
  await shows(volume.slice(0));
  await page.focus("#draw-slider-0");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await drawn(page);
  await shows(volume.slice(2));
  // It is the slice in the middle, which the address need not name.
  assertEquals((await state(page)).i, undefined);

  await page.focus(".draw-plot");
  await page.keyboard.press("PageDown");
  await drawn(page);
  await shows(volume.slice(3));
  assertEquals((await state(page)).i, "3,y,x");
  await page.keyboard.press("Space");
  await until(page, 'document.querySelector("#draw-slider-0").value === "1"');
  // What is typed meanwhile stays until it is entered.
  await page.fill("#draw-index-0", "1");
  for (const slice of [2, 3, 0]) {
    await until(page, `document.querySelector("#draw-slider-0").value === "${slice}"`);
  }
  assertEquals(await page.inputValue("#draw-index-0"), "1");
  await page.evaluate('document.querySelector("#draw-play-0").click()');
  await page.keyboard.press("Enter");
  await drawn(page);
  await shows(volume.slice(1));

  // The other axes: each is where its name says.
  await page.selectOption("#draw-axis-x", "0");
  await drawn(page);
  assertEquals((await state(page)).i, "x,y,4");
  await shows(volume.slice(null, null, 4).transpose());
  await page.click("#draw-swap");
  await drawn(page);
  await shows(volume.slice(null, null, 4));
  assertMatch(
    await page.locator(".draw-plot").getAttribute("aria-label") ?? "",
    /axis 1 to the right, axis 0 downwards, at index 4 of axis 2/,
  );

  // Zoom in by the key, and all again.
  await page.focus(".draw-plot");
  for (let i = 0; i < 3; i++) await page.keyboard.press("+");
  // Of fewer presses it may have been told before.
  const seen = "(([, from, to]) => to - from)(/x([\\d.]+):([\\d.]+)/.exec(states.at(-1).i) ?? [])";
  await until(page, `Math.abs(${seen} - ${6 / 1.5 ** 3}) < 0.02`);
  await drawn(page);
  await page.keyboard.press("0");
  await until(page, 'states.at(-1).i === "y,x,4"');
  await drawn(page);
  await shows(volume.slice(null, null, 4));

  // The cursor: in the middle first.
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowUp");
  assertEquals(await text(page, ".draw-value"), `[1, 4, 4] = ${volume.get(1, 4, 4)}`);
  assertEquals(await page.locator(".draw-spoken").textContent(), `[1, 4, 4] = ${volume.get(1, 4, 4)}`);
  const box = await page.locator(".draw-plot").boundingBox();
  const plot = (await page.locator(".draw-plot > canvas").getAttribute("data-plot") ?? "").split(",").map(
    Number,
  );
  assert(box);
  await page.mouse.move(box.x + plot[0] + plot[2] * (5.5 / 6), box.y + plot[1] + plot[3] * (2.5 / 4));
  assertEquals(await text(page, ".draw-value"), `[2, 5, 4] = ${volume.get(2, 5, 4)}`);

  // The last colour for smaller values.
  await page.focus(".draw-handle:nth-of-type(2)");
  await page.keyboard.press("Shift+ArrowLeft");
  const { d } = await state(page);
  const [low, high] = d.split(",").map(Number);
  assert(low === 0 && high > 85 && high < 95, d);
  assertEquals(
    (await cellsOf(page, 4, 6))[0],
    Math.min(255, Math.floor(Number(volume.get(0, 0, 4)) / high * 255 + 0.5)),
  );
});

step("by mouse: wheel and dragging move what is under the pointer", async () => {
  const page = await open("npy", "volume.npy");
  const box = await page.locator(".draw-plot").boundingBox();
  const plot = (await page.locator(".draw-plot > canvas").getAttribute("data-plot") ?? "").split(",").map(
    Number,
  );
  assert(box);
  const at = (x: number, y: number) =>
    [box.x + plot[0] + plot[2] * x / 8, box.y + plot[1] + plot[3] * y / 6] as const;
  await page.mouse.move(...at(2.5, 1.5));
  const before = await text(page, ".draw-value");
  assertEquals(before, `[2, 1, 2] = ${volume.get(2, 1, 2)}`);
  await page.mouse.wheel(0, -400);
  await until(page, '/x/.test(states.at(-1)?.i ?? "") && /:/.test(states.at(-1).i)');
  await drawn(page);
  await page.mouse.move(at(2.5, 1.5)[0] + 1, at(2.5, 1.5)[1]);
  assertEquals(await text(page, ".draw-value"), before);
  await page.mouse.down();
  await page.mouse.move(...at(3.5, 1.5), { steps: 3 });
  await page.mouse.up();
  await page.mouse.move(at(3.5, 1.5)[0] - 1, at(3.5, 1.5)[1]);
  assertEquals(await text(page, ".draw-value"), before);
});

step("64-bit integers are told exactly, and the table is of the same items", async () => {
  const page = await open("npy", "wide.npy", { v: "matrix" });
  assertEquals(await page.getByRole("gridcell").count(), 12);
  await page.focus(".draw-matrix");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assertEquals(await text(page, ".draw-value"), `[1, 1] = ${2n ** 60n + 5n}`);
  await page.getByRole("radio", { name: "Heat map" }).click();
  await drawn(page);
  await page.focus(".draw-plot");
  await page.keyboard.press("ArrowUp");
  assertEquals(await text(page, ".draw-value"), `[1, 2] = ${2n ** 60n + 6n}`);

  // Of a long table only what is seen is there.
  await drawIn(page, web.url, "npy", "long.npy", { v: "matrix" });
  await drawn(page);
  await page.focus(".draw-matrix");
  await page.keyboard.press("Control+End");
  await until(page, 'document.querySelector("#draw-cell-at")?.textContent === "1999"');
  assertEquals(await page.locator("#draw-cell-at").getAttribute("aria-colindex"), "6");
  assert(await page.getByRole("row").count() < 40);
});

step("a line goes through its values", async () => {
  const page = await open("npy", "wave.npy");
  const ink = await page.evaluate<number[]>(`(() => {
    const canvas = document.querySelector(".draw-plot > canvas");
    const [left, top, width, height] = canvas.dataset.plot.split(",").map(Number);
    const { data } = canvas.getContext("2d").getImageData(left, top, width, height);
    return Array.from({ length: width }, (_, x) => {
      const rows = [];
      for (let y = 0; y < height; y++) if (data[(y * width + x) * 4 + 3] > 128) rows.push(y / height);
      return rows.length ? rows[Math.floor(rows.length / 2)] : -1;
    });
  })()`);
  ink.forEach((row, x) => {
    const value = Math.sin((x + 0.5) / ink.length * 3000 / 50);
    // 4 % of room above and below.
    assert(Math.abs(row - (1.08 - value) / 2.16) < 0.05, `column ${x}: ${row} for ${value}`);
  });
  await page.focus(".draw-plot");
  await page.keyboard.press("ArrowRight");
  assertEquals(await text(page, ".draw-value"), `[1500] = ${wave.get(1500)}`);
});

step("a sparse array is a spy plot", async () => {
  const page = await open("sparse", "links");
  assertMatch(await page.locator(".draw-plot").getAttribute("aria-label") ?? "", /^Places of the entries/);
  const dots = await page.evaluate<number>(`(() => {
    const canvas = document.querySelector(".draw-plot > canvas");
    const [left, top, width, height] = canvas.dataset.plot.split(",").map(Number);
    const { data } = canvas.getContext("2d").getImageData(left, top, width, height);
    const at = (x, y) => data[(y * width + x) * 4 + 3] > 0;
    return Number(at(width - 1, 0)) + Number(at(0, height - 1)) + Number(!at(width >> 1, height >> 1));
  })()`);
  assertEquals(dots, 3);
});

step("what is shown is saved, and the code for it is copied", async () => {
  const page = await open("npy", "volume.npy", { i: "3,y,x2:6" });
  const shown = volume.slice(3, null, [2, 6]);
  const save = async (button: string) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
    return { name: file.suggestedFilename(), bytes: await Deno.readFile(await file.path()) };
  };
  const saved = await save("#draw-npy");
  assertEquals(saved.name, "volume.npy");
  assertEquals((await readNpy(streamOf(saved.bytes))).toNested(), shown.toNested());
  const csv = new TextDecoder().decode((await save("#draw-csv")).bytes);
  assertEquals(csv, Array.from({ length: 6 }, (_, i) => `${[...shown.slice(i)]}\r\n`).join(""));
  const png = (await save("#draw-png")).bytes;
  assertEquals(new TextDecoder("latin1").decode(png.subarray(1, 4)), "PNG");
  await page.click("#draw-python");
  await until(page, '/copied/.test(document.querySelector(".draw-value").textContent)');
  assertMatch(await page.evaluate("navigator.clipboard.readText()"), /\[3, 0:6, 2:6\]/);
  await page.click("#draw-typescript");
  await until(page, "navigator.clipboard.readText().then((text) => /slice/.test(text))");
  assertMatch(
    await page.evaluate("navigator.clipboard.readText()"),
    /\.slice\(3, \[0, 6, 1\], \[2, 6, 1\]\)/,
  );
});

/** Takes the slice 3 while the file can't be read, and tries again once it can. */
async function failThenTryAgain(page: Page): Promise<void> {
  await page.route("**/volume.npy", (route) => route.abort());
  await page.fill("#draw-index-0", "3");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".draw-message:not([hidden])");
  await page.unroute("**/volume.npy");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForSelector(".draw-message", { state: "hidden" });
  await drawn(page);
}

step("what can't be read is told in words, with a way to try again", async () => {
  const page = await open("npy", "volume.npy");
  await failThenTryAgain(page);
});

step(
  "a table tells what can't be read, and the value at its cursor however far that goes; it is played too",
  async () => {
    const page = await open("npy", "volume.npy", { v: "matrix" });
    const cell = async (wanted: string) => {
      await until(page, `document.querySelector(".draw-value").textContent === ${JSON.stringify(wanted)}`);
    };
    await page.focus(".draw-matrix");
    await page.keyboard.press("Control+End");
    await cell(`[2, 5, 7] = ${volume.get(2, 5, 7)}`);
    await page.click("#draw-play-0");
    await until(page, 'document.querySelector("#draw-slider-0").value === "0"');
    await page.click("#draw-play-0");
    await page.fill("#draw-index-0", "1");
    await page.keyboard.press("Enter");
    await cell(`[1, 5, 7] = ${volume.get(1, 5, 7)}`);

    await drawIn(page, web.url, "npy", "long.npy", { v: "matrix" });
    await drawn(page);
    await page.focus(".draw-matrix");
    await page.keyboard.press("PageDown");
    await page.keyboard.press("PageDown");
    await until(page, "/^\\[(\\d+), 0\\] = (\\d+)$/.test(document.querySelector('.draw-value').textContent)");
    const [row, value] = (await text(page, ".draw-value")).match(/\d+/g)?.filter((_, i) => i !== 1) ?? [];
    assertEquals(Number(value), Number(row) * 5);

    await open("npy", "volume.npy", { v: "matrix" });
    await failThenTryAgain(page);
    assertEquals(await page.getByRole("gridcell").first().innerText(), `${volume.get(3, 0, 0)}`);
  },
);

step("a single value and no items are shown as such", async () => {
  const page = await open("npy", "single.npy");
  assertEquals(await page.getByRole("gridcell").allInnerTexts(), ["3.25"]);
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#draw-npy")]);
  const saved = await readNpy(streamOf(await Deno.readFile(await file.path())));
  assertEquals([saved.shape, saved.get()], [[], 3.25]);
  await drawIn(page, web.url, "npy", "none.npy");
  await drawn(page);
  assertMatch(await text(page, ".draw-message"), /no items: the shape is \(0, 5\)/);
  await page.click("#draw-npy");
  assertMatch(await text(page, ".draw-value"), /nothing to be saved/);
});
