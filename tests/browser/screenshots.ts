/**
 * `deno run -A tests/browser/screenshots.ts`: the pictures of `docs/images`, made anew: the page of examples/page with a real raster of
 * npm:vega-datasets, the explorer, and the site of `deno task docs`.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import volcano from "vega-datasets/data/volcano.json" with { type: "json" };
import { buildSite } from "../../docs/site.ts";
import { ndarray, npyEncode } from "../../lib/array/mod.ts";
import { readAll } from "../../lib/streams/mod.ts";
import { filesOf, startWeb } from "../servers/web.ts";
import { bundle } from "./bundle.ts";
import { launch } from "./chromium.ts";
import { openExplorer } from "./explorer.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const images = `${root}docs/images/`;

const heights = ndarray(Int16Array.from(volcano.values), [1, volcano.height, volcano.width]);
const files = filesOf({ "volcano.npy": { bytes: await readAll(npyEncode(heights)) } });
const { directory } = await bundle(["examples/page/slice.js"], `${root}.tmp/screenshots`);

await using web = await startWeb({ files, cors: "exposed" });
await using host = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
  const { pathname } = new URL(request.url);
  return pathname === "/"
    ? new Response(await Deno.readFile(`${root}examples/page/index.html`), {
      headers: { "content-type": "text/html" },
    })
    : new Response(await Deno.readFile(directory + pathname), {
      headers: { "content-type": "text/javascript" },
    });
});
await using browser = await launch();
const page = await browser.newPage({ viewport: { width: 760, height: 640 } });
await page.goto(
  `http://127.0.0.1:${host.addr.port}/?url=${encodeURIComponent(`${web.url}/volcano.npy`)}&at=0`,
);
await page.waitForFunction('document.querySelector("output").value !== "Loading …"');
await page.screenshot({ path: `${images}slice.png` });

{
  await using explorer = await openExplorer(browser, {}, { hash: "&p=rasters/precipitation", height: 860 });
  await explorer.page.locator(".draw canvas").first().waitFor();
  await explorer.page.waitForTimeout(1000);
  await explorer.page.screenshot({ path: `${images}explorer.png` });
}

await buildSite(`${root}.tmp/screenshots-site`);
await page.setViewportSize({ width: 1200, height: 800 });
await page.goto(`file://${root}.tmp/screenshots-site/arrays.html`);
await page.fill("#searchbar", "uploadRawArray");
await page.waitForSelector("#searchResults a");
await page.screenshot({ path: `${images}search.png` });
await page.goto(`file://${root}.tmp/screenshots-site/arrays.html`);
await page.screenshot({ path: `${images}site.png` });
