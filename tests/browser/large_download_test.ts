/** 512 MiB of an array in a tab of 1 GiB: what the page's process takes, as Linux counts it. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Browser } from "playwright-core";
import { bundle } from "./bundle.ts";
import { launch, servePages } from "./chromium.ts";

const MiB = 2 ** 20;
const ITEMS = 128 * MiB;

const { directory } = await bundle(
  ["tests/browser/large_download.ts"],
  fromFileUrl(new URL("../../.tmp/large", import.meta.url)),
);

/** A web server of `large.npy`, whose items are their numbers modulo 4096, made when they are asked for. */
function serveLarge(): { url: string; [Symbol.asyncDispose]: () => Promise<void> } {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${ITEMS},), }`;
  const text = new TextEncoder().encode(`${dict.padEnd(117)}\n`);
  const head = Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length, 0, ...text);
  const block = new Uint8Array(Float32Array.from({ length: MiB / 4 }, (_, i) => i % 4096).buffer);
  const size = head.length + ITEMS * 4;
  const cors = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag, content-range, content-length",
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
    const start = Number(first ?? 0);
    const end = Math.min(size, Number(last ?? size - 1) + 1);
    let at = start;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const source = at < head.length
          ? head.subarray(at)
          : block.subarray((at - head.length) % block.length);
        const piece = source.slice(0, Math.min(64 * 1024, end - at));
        controller.enqueue(piece);
        at += piece.length;
        if (at >= end) controller.close();
      },
    });
    const headers = { ...cors, etag: '"1"', "content-type": "application/octet-stream" };
    if (request.method === "HEAD") {
      return new Response(null, { headers: { ...headers, "content-length": `${size}` } });
    }
    return first === undefined
      ? new Response(body, { headers: { ...headers, "content-length": `${size}` } })
      : new Response(body, {
        status: 206,
        headers: {
          ...headers,
          "content-length": `${end - start}`,
          "content-range": `bytes ${start}-${end - 1}/${size}`,
        },
      });
  });
  return { url: `http://127.0.0.1:${server.addr.port}/`, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** The most memory that each of the page processes of a browser has had, in MiB; the largest. */
async function peakOfPages(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const peaks = processInfo.filter(({ type }) => type === "renderer").map(async ({ id }) => {
    // It may have just ended.
    const status = await Deno.readTextFile(`/proc/${id}/status`).catch(() => "");
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  });
  return Math.max(...await Promise.all(peaks));
}

Deno.test({
  name: "512 MiB of an array are read in a tab of 1 GiB",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using large = serveLarge();
    await using host = servePages(directory);
    await using browser = await launch();
    const page = await browser.newPage();
    await page.goto(host.url);
    const told = await page.evaluate(
      ([specifier, url]): Promise<[number, number, number]> => import(specifier).then(({ run }) => run(url)),
      ["/large_download.js", large.url] as const,
    );
    assertEquals(told, [ITEMS, 4095, 0]);
    const peak = await peakOfPages(browser);
    // deno-lint-ignore no-console -- a figure to look at
    console.log(`a page that reads 512 MiB takes ${peak.toFixed(0)} MiB at most`);
    assert(peak > 512 && peak < 1024, `${peak} MiB`);
  },
});
