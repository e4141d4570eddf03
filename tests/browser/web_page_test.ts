/** The page of examples/page, and plain URLs in Chromium: with and without CORS, on servers that show pages as much as they have to, and no more. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Page } from "playwright-core";
import { ndarray, npyEncode } from "../../lib/array/mod.ts";
import { readAll } from "../../lib/streams/mod.ts";
import { filesOf, startWeb, type WebServerOptions, type WebStandIn } from "../servers/web.ts";
import { bundle } from "./bundle.ts";
import { launch } from "./chromium.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const { directory } = await bundle(["examples/page/slice.js"], `${root}.tmp/web-page`);

const volume = ndarray(Float32Array.from({ length: 20 * 30 * 40 }, (_, i) => i % 97), [20, 30, 40]);
const bytes = await readAll(npyEncode(volume));
const files = filesOf({
  "volume 1.npy": { bytes },
  "raw": { bytes: volume.toBytes(), metadata: { dtype: "<f4", shape: "20,30,40", compression: "False" } },
});

/** Opens the page with an array of another origin, and gives what it says in the end. */
async function shown(
  server: Omit<WebServerOptions, "files">,
  name: string,
  look: (page: Page, web: WebStandIn) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  await using web = await startWeb({ files, ...server });
  await using host = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, serve);
  await using browser = await launch();
  const page = await browser.newPage();
  const url = encodeURIComponent(`${web.url}/${name}`);
  await page.goto(`http://127.0.0.1:${host.addr.port}/?url=${url}&at=7`);
  await page.waitForFunction('document.querySelector("output").value !== "Loading …"');
  await look(page, web);
  return await page.evaluate('document.querySelector("output").value');
}

async function serve(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [path, type] = pathname === "/"
    ? [`${root}examples/page/index.html`, "text/html"]
    : [directory + pathname.replace("/dist", ""), "text/javascript"];
  try {
    return new Response(await Deno.readFile(path), { headers: { "content-type": type } });
  } catch {
    return new Response(null, { status: 404 });
  }
}

for (const cors of ["exposed", "bare"] as const) {
  Deno.test(`page: a plane of an array of another origin is drawn (CORS ${cors})`, async () => {
    const said = await shown({ cors, gzip: "asked" }, "volume%201.npy", async (page, web) => {
      const pixels = await page.evaluate<number[]>(`(() => {
        const canvas = document.querySelector("canvas");
        return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
      })()`);
      assertEquals(pixels.length, 4 * 30 * 40);
      const plane = Float64Array.from(volume.slice(7), Number);
      assert(
        plane.every((value, i) => Math.abs(pixels[4 * i] - 255 * value / 96) <= 1),
        "the plane's values",
      );
      // Nothing that a page would first have to ask for, and no more bytes than needed.
      assertEquals(web.requests.filter(({ method }) => method === "OPTIONS"), []);
      const moved = web.requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
      assertEquals(moved, 4096 + 30 * 40 * 4);
      assertEquals(
        web.requests.map(({ method }) => method),
        // The length that an answer hides is asked for.
        cors === "exposed" ? ["GET", "GET"] : ["GET", "HEAD", "GET"],
      );
    });
    assertEquals(said, "volume 1.npy: <f4 [20, 30, 40], 4800 bytes of it read");
  });
}

Deno.test("page: a server without CORS is told of in words, and soon", async () => {
  const said = await shown({}, "volume%201.npy");
  assertMatch(
    said,
    /Access-Control-Allow-Origin: http:\/\/127\.0\.0\.1:\d+".*Access-Control-Expose-Headers: Content-Range/,
  );
});

Deno.test("page: what is missing is told, and where that is without CORS, that it may be", async () => {
  assertMatch(await shown({ cors: "bare" }, "no.npy"), /^there is no object "no.npy"/);
  assertMatch(await shown({ cors: "bare", corsOnSuccess: true }, "no.npy"), /or there is no such object/);
  assertMatch(await shown({ cors: "bare", fallback: true }, "no.npy"), /shows a page/);
});

Deno.test("page: what is compressed though that was not asked for is refused, by Chromium itself", async () => {
  const said = await shown({ cors: "exposed", gzip: "always" }, "volume%201.npy");
  assertMatch(said, /or it compresses what was asked for as it is/);
});
