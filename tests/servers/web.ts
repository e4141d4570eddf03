/**
 * A stand-in for web servers of many kinds, in this process: with and without ranges, HEAD, validators, lengths, CORS, indexes of directories; one that compresses on the way, one
 * that shows a page for whatever is missing. It remembers every request, and lets things go wrong on demand.
 *
 * ```ts
 * await using web = await startWeb({ files: filesOf({ "a.txt": "hello" }), ranges: false });
 * const response = await fetch(`${web.url}/a.txt`, { headers: { range: "bytes=1-2" } });
 * console.assert(response.status === 200 && await response.text() === "hello");
 * ```
 *
 * It shares no code with the product.
 *
 * @module
 */
import { type WebServerOptions, WebStandIn } from "./web/server.ts";

export { filesOf, type WebFile, type WebFiles } from "./web/files.ts";
export type { WebFault, WebServerOptions, WebStandIn } from "./web/server.ts";

/** Starts a stand-in on a free port of 127.0.0.1. */
export async function startWeb(options: WebServerOptions): Promise<WebStandIn> {
  const server = new WebStandIn(options);
  await server.listen();
  return server;
}
