/**
 * `explore`: a page that walks through a store and draws its arrays.
 *
 * @module
 */
import { AccessDeniedError, NotFoundError } from "../../lib/errors.ts";
import { openBrowser } from "../../lib/open_browser.ts";
import { type CliCommand, defineCommand, flag, value } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { ServeOptions } from "../explore/mod.ts";
import { UsageError } from "../report.ts";
import { fileUrl, type OpenedTarget } from "../targets.ts";
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

/** What a target names: a directory; or an object, or a folder that is an array, which is shown in its directory. */
export async function openExplored(
  context: Pick<CliContext, "open" | "openThing" | "request">,
  text: string,
): Promise<Pick<ServeOptions, "backend" | "prefix" | "title" | "target"> & { readonly path: string }> {
  const thing = await context.openThing(text);
  const isThing = await isOneThing(context, thing);
  const { backend, key, nameOf, path } = isThing ? thing : await context.open(text);
  const own = isThing ? key.replace(/\/$/, "") : key;
  const prefix = isThing
    ? own.slice(0, own.lastIndexOf("/") + 1)
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
      ? fileUrl(path.slice(0, path.length - own.length + prefix.length))
      : nameOf(prefix) + (/^https?:/i.test(text) ? "" : query),
    path: isThing ? own.slice(prefix.length) : "",
  };
}

/** Whether it is an object, or an array whose parts are objects. */
async function isOneThing(
  context: Pick<CliContext, "request">,
  { backend, key, isDirectory }: OpenedTarget,
): Promise<boolean> {
  if (key === "") return false;
  const { identify } = await import("../../lib/stored_arrays/identify/mod.ts");
  try {
    if (!isDirectory && await backend.head(key, context.request) !== undefined) return true;
    const { kind } = await identify(backend, key.replace(/\/?$/, "/"), context.request);
    return kind === "chunked" || kind === "sparse" || kind === "zarr";
  } catch (error) {
    // Who may list a directory need not be allowed to read an object of its name; and what isn't there is told of where it is shown.
    if (error instanceof AccessDeniedError || error instanceof NotFoundError) return false;
    throw error;
  }
}
