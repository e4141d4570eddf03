/**
 * `put`: arrays of files into a store.
 *
 * @module
 */
import {
  identifyTarget,
  keyIn,
  openFound,
  parseFormat,
  refuseItself,
  RESUME_CHUNKS,
  sliced,
  stemOf,
  STORE_OPTIONS,
  storeAt,
} from "../arrays/mod.ts";
import { type CliCommand, defineCommand, value } from "../command.ts";
import { UsageError } from "../report.ts";

/** `put`. */
export const command: CliCommand = defineCommand({
  arguments: "<source> <destination>",
  description:
    "Stores the array of a .npy file, or each array of a .npz archive, as a raw array that downloadRawArray and Python's cottoncandy read; with --chunks as a chunked one. `-` is a .npy file from standard input. Files of any size are streamed.",
  examples: [
    ["put betas.npy s3://bucket/sub01/betas --codec Zstd", "compressed"],
    ["put bold.npy s3://bucket/sub01/bold --chunks 64,64,-,1", "in chunks"],
    ["put runs.npz s3://bucket/sub01/runs", "each array of it, below runs/"],
    ["put - s3://bucket/sub01/betas < betas.npy", "from standard input"],
  ],
  options: {
    format: value(
      "--format <format>",
      "raw, npy, chunked or zarr (default: by the name, else raw)",
      parseFormat,
    ),
    ...STORE_OPTIONS,
    ...RESUME_CHUNKS,
  },
  async run(context, [from, to], options) {
    const target = await context.openDestination(to);
    if (from === "-") {
      const { npyStreamArray } = await import("../../lib/stored_arrays/convert/mod.ts");
      const array = await npyStreamArray(context.io.stdin());
      if (target.isDirectory) {
        throw new UsageError(`"${to}" is a directory: say what the array is called in it`);
      }
      return await storeAt(context, array, from, target, target.key, options.format, options);
    }
    const source = await identifyTarget(context, from);
    const { found, opened } = source;
    if (found.kind !== "npz") {
      const array = await openFound(context, source);
      const key = keyIn(target, stemOf(source.opened.nameOf(array.key)));
      refuseItself(opened, array.key, target, key);
      const part = await sliced(array, source.selection);
      return await storeAt(context, part, from, target, key, options.format, options);
    }
    if (source.selection !== undefined) {
      throw new UsageError(`"${from}" is an archive: slice an array of it, as name.npz/array[0]`);
    }
    const directory = keyIn(target, stemOf(found.key)).replace(/\/$/, "");
    const { openNpz } = await import("../../lib/stored_arrays/npz/mod.ts");
    const quiet = { ...context.request, onWarning: () => {} };
    const archive = await openNpz(opened.backend, found.key, quiet);
    await context.forEach(archive.names, async (name) => {
      const member = await archive.open(name);
      const key = directory === "" ? name : `${directory}/${name}`;
      await storeAt(context, member, `${from}/${name}`, target, key, options.format, options);
    });
  },
});
