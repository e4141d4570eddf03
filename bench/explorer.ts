/**
 * What the explorer takes to draw: slices of a 10 GiB array in chunks of 4 MiB, from a server of this machine, in Chromium. Beside each what its download alone takes in the same page, twice: how far two downloads are
 * apart, of which nothing is drawn, is how exactly anything of a few milliseconds can be told here. Then the longest task, in which the page answers nobody, and the memory of the tab. Tasks of downloads alone show what the machine makes of any: with several programs to a processor, of a few milliseconds a hundred.
 *
 *     deno run -A bench/explorer.ts [--slices 50] [--quick]
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program that prints
import { serveDrawing } from "../tests/browser/explorer_host.ts";
import { serveVolume } from "../tests/browser/explorer_large.ts";
import { PlainPage } from "../tests/browser/plain_chromium.ts";
import { median } from "./turns.ts";
import { numberOption, QUICK } from "./report.ts";

const SLICES = QUICK ? 5 : numberOption("slices", 50);

/** Draws a slice, then downloads another one, and one more, in turns, so that all have the machine as it is. */
const MEASURE = `(async (url, count) => {
  const slider = document.querySelector("#draw-slider-0");
  const root = document.querySelector(".draw");
  const entries = [];
  const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
  observer.observe({ entryTypes: ["longtask"] });
  const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
  const drawn = () => new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (root.ariaBusy !== "false") return;
      observer.disconnect();
      resolve();
    }).observe(root, { attributeFilter: ["aria-busy"] });
  });
  const [draws, downloads, again, spans] = [[], [], [], []];
  const download = async (list, name) => {
    const before = performance.now();
    const bytes = await (await fetch(url + name)).arrayBuffer();
    list.push(performance.now() - before);
    spans.push([before, performance.now()]);
    await pause(100);
    return bytes;
  };
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    slider.stepUp();
    const done = drawn();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await done;
    draws.push(performance.now() - start);
    // The histogram, and what the browser itself does of it all.
    await pause(100);
    await download(downloads, 1000 + i);
    // Of one of the two the memory goes back at once: it is not to be collected while slices are drawn.
    (await download(again, 2000 + i)).transfer(0);
  }
  entries.push(...observer.takeRecords());
  const isDownload = ({ startTime }) => spans.some(([from, to]) => startTime >= from && startTime <= to + 50);
  const [plain, tasks] = [true, false].map((of) =>
    entries.filter((entry) => isDownload(entry) === of).map(({ duration }) => duration));
  return { draws, downloads, again, tasks, plain };
})`;

await using volume = serveVolume();
await using host = await serveDrawing();
await using page = await PlainPage.open(host.url);
const args = JSON.stringify([volume.url, "chunked", "volume", { i: "100,y,x" }]).slice(1, -1);
await page.evaluate(`import("/explorer_draw.js").then(({ draw }) => draw(${args}))`);
await page.until('document.querySelector(".draw").ariaBusy === "false"');
const told = await page.evaluate(`${MEASURE}("${volume.url}volume/pt", ${SLICES})`);
const { draws, downloads, again, tasks, plain } = told as Readonly<
  Record<"draws" | "downloads" | "again" | "tasks" | "plain", number[]>
>;
/** The value below which a share of all is. */
const quantile = (list: readonly number[], share: number) =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];
const figure = (list: readonly number[], digits = 0) =>
  `${median([...list]).toFixed(digits)} (p90 ${quantile(list, 0.9).toFixed(digits)})`;
console.log(`a slice of 4 MiB, ${SLICES} times, median:`);
console.log(`drawn in          ${figure(draws)} ms`);
console.log(`downloaded in     ${figure(downloads)} ms`);
const shares = (list: readonly number[]) => {
  const found = list.map((each, i) => each / downloads[i]);
  return `${figure(found, 2)}, above 1.5 in ${found.filter((share) => share > 1.5).length}`;
};
console.log(`drawn ÷ download  ${shares(draws)}`);
console.log(`another download  ${shares(again)}`);
const longest = (list: readonly number[]) =>
  `${Math.max(0, ...list).toFixed(0)} ms (${list.length} of more than 50 ms)`;
console.log(`longest task      ${longest(tasks)}; of downloads alone ${longest(plain)}`);
console.log(
  `load of the machine ${Deno.loadavg()[0].toFixed(1)} on ${navigator.hardwareConcurrency} processors`,
);
console.log(`memory of the tab ${(await page.peak()).toFixed(0)} MiB at most`);
