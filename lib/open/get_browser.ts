/**
 * Opening a store to look around.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import type { Browser } from "../browse/mod.ts";
import { getInterface, type InterfaceOptions } from "./get_interface.ts";

/**
 * Opens a bucket, a directory or a store in memory as a tree of properties. Known children are completed by a REPL; see {@linkcode browse}.
 *
 * @param target A URL, the name of a bucket or directory (with `backend`), or any `Backend`, as for `getInterface`.
 * @throws {InvalidArgumentError} when the target or an option makes no sense.
 * @throws {NotFoundError} when there is no such bucket or directory.
 *
 * @example
 * ```ts
 * import { getBrowser, getInterface } from "@cottoncandy/cottoncandy";
 *
 * const cci = await getInterface("memory://lab");
 * await cci.uploadRawArray("sub-01/run1.hdf5", new Float64Array(131_072), { compression: false });
 * const browser = await getBrowser("memory://lab");
 * console.assert(await browser.sub_01.describe() === "cottoncandy-path <bucket:lab> sub-01");
 * const run = await browser.sub_01.run1_DOT_hdf5;
 * console.assert(await run.describe() === "cottoncandy-dataset <bucket:lab [1.0MB:shape=(131072)]>");
 * ```
 */
export async function getBrowser(target: string | Backend, options: InterfaceOptions = {}): Promise<Browser> {
  const { backend, prefix } = await getInterface(target, options);
  const { concurrency, onWarning } = options;
  const { browse } = await import("../browse/mod.ts");
  return await browse(backend, { root: prefix, concurrency, onWarning });
}
