/** What tests in Chromium have in common: the browser, and a server of a bundle. */
import { fromFileUrl } from "@std/path";
import { type Browser, chromium } from "playwright-core";

/** Debian's; another one by its path in CHROMIUM. */
const executablePath = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";
const root = fromFileUrl(new URL("../../", import.meta.url));

/** Starts Chromium, which is closed at the end of the scope. */
export async function launch(): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A server of pages. */
export interface PageHost extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves an empty page at `/`, the files of a directory, and `/vectors/…`.
 *
 * @param headers Headers of the page, such as its policy.
 */
export function servePages(directory: string, headers: Readonly<Record<string, string>> = {}): PageHost {
  const serve = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/") {
      const page = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>tests</title>';
      return new Response(page, { headers: { "content-type": "text/html", ...headers } });
    }
    const vectors = /^\/vectors\/([\w.-]+)$/.exec(pathname);
    const file = vectors ? `${root}tests/vectors/${vectors[1]}` : directory + pathname;
    try {
      return new Response(await Deno.readFile(file), {
        headers: { "content-type": typeOf(file), ...headers },
      });
    } catch {
      return new Response(null, { status: 404 });
    }
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, serve);
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function typeOf(file: string): string {
  if (file.endsWith(".wasm")) return "application/wasm";
  return file.endsWith(".json") ? "application/json" : "text/javascript";
}
