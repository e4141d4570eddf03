/** What tests of the explorer in Chromium have in common: the built page, served by this process for a store, or by any web server. */
import { fromFileUrl, toFileUrl } from "@std/path";
import type { Browser, Page } from "playwright-core";
import { explore, pageFiles } from "../../cli/explore/mod.ts";
import type { ServeOptions } from "../../cli/explore/server.ts";
import { buildExplorer } from "../../examples/explorer/build.ts";

const directory = fromFileUrl(new URL("../../.tmp/explorer-test", import.meta.url));

/** The page, built once for all tests of a process. */
export const built = await buildExplorer(directory);

/** The page's files. */
export const page: ServeOptions["page"] = pageFiles(toFileUrl(`${directory}/`));

/** A page that is open in Chromium, and what went wrong in it. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Uncaught errors, and violations of the page's policy. */
  readonly problems: string[];
  /** Origins that the page sent requests to. */
  readonly origins: ReadonlySet<string>;
}

/** Opens the page for a store that this process serves; without one for the sample. */
export async function openExplorer(
  browser: Browser,
  options: Partial<ServeOptions> = {},
  { hash = "", width = 1100, height = 760, dark = false }: {
    readonly hash?: string;
    readonly width?: number;
    readonly height?: number;
    readonly dark?: boolean;
  } = {},
): Promise<OpenPage> {
  const explorer = await explore({ page, ...options });
  const opened = await newPage(browser, { width, height, dark });
  await opened.page.goto(explorer.url + hash);
  return {
    ...opened,
    [Symbol.asyncDispose]: async () => {
      await opened.page.close();
      await explorer.close();
    },
  };
}

/** Opens the page as a file of a web server that knows of no store. */
export async function openStatic(browser: Browser, hash: string): Promise<OpenPage> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const file = await page(name);
    const type = { html: "text/html", css: "text/css", js: "text/javascript", json: "application/json" };
    const [, ending = ""] = /\.(\w+)$/.exec(name) ?? [];
    return file === undefined ? new Response(null, { status: 404 }) : new Response(new Uint8Array(file), {
      headers: { "content-type": Object(type)[ending] ?? "application/octet-stream" },
    });
  });
  const opened = await newPage(browser, { width: 1100, height: 760, dark: false });
  await opened.page.goto(`http://127.0.0.1:${server.addr.port}/${hash}`);
  return {
    ...opened,
    [Symbol.asyncDispose]: async () => {
      await opened.page.close();
      await server.shutdown();
    },
  };
}

async function newPage(
  browser: Browser,
  { width, height, dark }: { readonly width: number; readonly height: number; readonly dark: boolean },
): Promise<Omit<OpenPage, typeof Symbol.asyncDispose>> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
  });
  const opened = await context.newPage();
  // CI shares its processors.
  opened.setDefaultTimeout(60_000);
  const problems: string[] = [];
  const origins = new Set<string>();
  opened.on("pageerror", (error) => problems.push(`uncaught: ${error.stack ?? error}`));
  opened.on("console", (message) => {
    // Chromium reports every answer of 400 and above, and each that CORS forbids.
    if (/Failed to load resource|blocked by CORS/.test(message.text())) return;
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  opened.on("request", (request) => {
    if (/^https?:/.test(request.url())) origins.add(new URL(request.url()).origin);
  });
  return { page: opened, problems, origins };
}

/** The lines of the tree that are there, in their order. */
export async function lines(page: Page): Promise<string[]> {
  return await page.locator("#tree [role=treeitem] .name").allTextContents();
}

/** Waits until the thing that is looked at has a name. */
export async function shows(page: Page, name: string): Promise<void> {
  await page.locator(".title h2", { hasText: new RegExp(`^${name}$`) }).waitFor();
}

/** The path in the page's address. */
export function pathOf(page: Page): string {
  return new URLSearchParams(new URL(page.url()).hash.slice(1)).get("p") ?? "";
}
