/**
 * `explore`: a page that walks through a store and draws its arrays.
 *
 * @module
 */
import { AccessDeniedError } from "../../lib/errors.ts";
import { openBrowser } from "../../lib/open_browser.ts";
import { type CliCommand, defineCommand, flag, value } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { ServeOptions } from "../explore/mod.ts";
import { UsageError } from "../report.ts";
import { fileUrl } from "../targets.ts";
import { printable } from "../text.ts";

/** `explore`. */
export const command: CliCommand = defineCommand({
  arguments: "[target]",
  description:
    "Opens a page in the browser that walks through a store and draws slices of its arrays. The page is served on this machine alone, and only reads; credentials and keys stay in this process. Without a target: a sample with something of every kind. Ends by Ctrl-C.",
  examples: [
    ["explore s3://bucket/sub01", "what is below a prefix"],
    ["explore ./data --no-browser", "a directory; prints the page's address"],
    ["explore", "a sample"],
  ],
  options: {
    noBrowser: flag("--no-browser", "only print the page's address"),
    port: value("--port <number>", "serve on this port (default: one that is free)", parsePort),
  },
  async run(context, args, { noBrowser, port }) {
    const [target] = args;
    const { explore } = await import("../explore/mod.ts");
    const { path, ...opened } = target === undefined ? { path: "" } : await openExplored(context, target);
    const explorer = await explore({ ...opened, port });
    const url = path === "" ? explorer.url : `${explorer.url}&p=${encodeURIComponent(path)}`;
    try {
      context.report.count();
      await context.report.result({ url }, url);
      if (!noBrowser) openBrowser(url);
      await new Promise<never>((_, reject) => {
        const ended = () => reject(context.signal.reason);
        if (context.signal.aborted) ended();
        else context.signal.addEventListener("abort", ended);
      });
    } finally {
      await explorer.close();
    }
  },
});

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`a port is a number up to 65535, not ${printable(text)}`);
}

/** What a target names: a directory, or an object, which is shown in its directory. */
export async function openExplored(
  context: Pick<CliContext, "open" | "request">,
  text: string,
): Promise<Pick<ServeOptions, "backend" | "prefix" | "title" | "target"> & { readonly path: string }> {
  const { backend, key, isDirectory, nameOf, path } = await context.open(text);
  const isObject = !isDirectory && key !== "" && await isThere(context, backend, key);
  const prefix = isObject
    ? key.slice(0, key.lastIndexOf("/") + 1)
    : key === "" || key.endsWith("/")
    ? key
    : `${key}/`;
  const title = nameOf(prefix).replace(/(.)\/$/, "$1") || ".";
  const query = /^[a-z][a-z0-9+.-]*:\/\/[^?]*(\?.*)$/is.exec(text)?.[1] ?? "";
  return {
    backend,
    prefix,
    title,
    // Of URLs of web servers what stands behind the "?" may be a signature.
    target: path !== undefined
      ? fileUrl(path.slice(0, path.length - key.length + prefix.length))
      : nameOf(prefix) + (/^https?:/i.test(text) ? "" : query),
    path: isObject ? key.slice(prefix.length) : "",
  };
}

async function isThere(
  context: Pick<CliContext, "request">,
  backend: ServeOptions["backend"],
  key: string,
): Promise<boolean> {
  try {
    return await backend.head(key, context.request) !== undefined;
  } catch (error) {
    // Who may list a directory need not be allowed to read an object of its name.
    if (error instanceof AccessDeniedError) return false;
    throw error;
  }
}
