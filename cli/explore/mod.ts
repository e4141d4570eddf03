/**
 * The explorer: a page that walks through a store and draws what is in it, served on this machine.
 *
 * @module
 */
import { openBackend } from "../../backends/registry.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { hasCode, platformFiles, readFully } from "../../lib/file_access.ts";
import type { Rasters } from "./sample.ts";
import { type ServedExplorer, serveExplorer, type ServeOptions } from "./server.ts";

export {
  type ServedExplorer,
  serveExplorer,
  type ServeOptions,
  type StoreAnswer,
  TOKEN_HEADER,
} from "./server.ts";
export { fillSample, type Raster, type Rasters } from "./sample.ts";

/** Where the built page is: beside this module in the package, which `packaging/pack.ts` puts there. */
const PAGE = "./page/";

/**
 * The files of the built page.
 *
 * @param folder Where they are; default where the package has them.
 */
export function pageFiles(folder: URL = new URL(PAGE, import.meta.url)): ServeOptions["page"] {
  return folder.protocol === "file:" ? (name) => readFile(new URL(name, folder)) : async (name) => {
    const answer = await fetch(new URL(name, folder));
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    await answer.body?.cancel();
    return undefined;
  };
}

async function readFile(url: URL): Promise<Uint8Array | undefined> {
  const files = platformFiles();
  try {
    const file = await files.open(files.resolve(url));
    try {
      const bytes = new Uint8Array((await file.stat()).size);
      return bytes.subarray(0, await readFully(file, bytes, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, "ENOENT", "EISDIR", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** The error where the page's files are missing. */
function noPageError(): NotFoundError {
  return new NotFoundError(
    "the explorer's page has not been built: in the repository `deno task explore` builds it and serves it",
  );
}

/**
 * Serves the explorer for a store, or for a sample in memory.
 *
 * @param options The store and what to call it; without a store, something of every kind to look at. `page` defaults to what comes with the package.
 * @throws {NotFoundError} when the page has not been built.
 */
export async function explore(
  options: Partial<ServeOptions> & Pick<ServeOptions, "port"> = {},
): Promise<ServedExplorer> {
  const { page = pageFiles(), backend, title = backend?.name ?? "Sample", ...rest } = options;
  if (await page("index.html") === undefined) throw noPageError();
  return await serveExplorer({ ...rest, title, page, backend: backend ?? await sample(page) });
}

async function sample(page: ServeOptions["page"]): Promise<ServeOptions["backend"]> {
  const file = await page("sample.json");
  if (file === undefined) throw noPageError();
  const { backend } = await openBackend("memory://explorer-sample", {});
  const rasters: Rasters = JSON.parse(new TextDecoder().decode(file));
  const { fillSample } = await import("./sample.ts");
  await fillSample(backend, rasters);
  return backend;
}
