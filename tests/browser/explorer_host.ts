/** The page of explorer_draw.ts, served with the policy that the explorer has, and what tests look at in it. */
import { fromFileUrl } from "@std/path";
import type { Page } from "playwright-core";
import { bundle } from "./bundle.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>drawing</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,"><link rel="stylesheet" href="base.css"><link rel="stylesheet" href="style.css"><main></main></html>`;
const BASE =
  `body { font: 15px/1.45 system-ui, sans-serif; margin: 12px; background: light-dark(#fff, #16181d); }`;

/** A page for drawings. */
export interface DrawHost extends AsyncDisposable {
  readonly url: string;
}

let bundled: ReturnType<typeof bundle> | undefined;

/**
 * Bundles the page, once for all tests of a process, and serves it.
 *
 * @param workers Where workers may come from, as the page's policy says it.
 */
export async function serveDrawing(workers: "'self'" | "'none'" = "'self'"): Promise<DrawHost> {
  bundled ??= bundle(["tests/browser/explorer_draw.ts"], `${root}.tmp/explorer-draw`);
  const { directory } = await bundled;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const [body, type] = pathname === "/"
      ? [PAGE, "text/html"]
      : pathname === "/base.css"
      ? [BASE, "text/css"]
      : pathname === "/style.css"
      ? [await Deno.readTextFile(`${root}examples/explorer/draw/style.css`), "text/css"]
      : [await Deno.readFile(directory + pathname), "text/javascript"];
    const policy =
      `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src ${workers}; style-src 'self'; ` +
      "img-src 'self' blob: data:; connect-src *; base-uri 'none'; form-action 'none'";
    return new Response(body, { headers: { "content-type": type, "content-security-policy": policy } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Draws an array in a page that is already open, and waits until something is there. */
export async function drawIn(
  page: Page,
  ...args: [url: string, kind: string, key: string, state?: Readonly<Record<string, string>>]
): Promise<void> {
  await page.evaluate(
    (args): Promise<void> => import("/explorer_draw.js" as string).then(({ draw }) => draw(...args)),
    args,
  );
}

/** The colours of a picture's items: the pixel in the middle of each, row by row; of none that are not drawn yet. */
export async function cellsOf(page: Page, rows: number, columns: number): Promise<number[]> {
  return await page.evaluate(`(() => {
    const canvas = document.querySelector(".draw-plot > canvas");
    const [left, top, width, height] = (canvas.dataset.plot ?? "0,0,1,1").split(",").map(Number);
    const { data } = canvas.getContext("2d").getImageData(left, top, width, height);
    const cells = [];
    for (let row = 0; row < ${rows}; row++) {
      for (let column = 0; column < ${columns}; column++) {
        const y = Math.floor((row + 0.5) / ${rows} * height);
        const x = Math.floor((column + 0.5) / ${columns} * width);
        cells.push(...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4));
      }
    }
    return cells;
  })()`);
}

/** Waits until something is so, a minute at most; Chromium's own waiting needs what the page's policy forbids. */
export async function until(page: Page, expression: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await page.evaluate(expression)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`it never came to be that ${expression}`);
}
