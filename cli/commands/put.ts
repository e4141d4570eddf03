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
import { type CliCommand, defineCommand, type OptionValues, value } from "../command.ts";
import type { CliContext } from "../context.ts";
import { UsageError } from "../report.ts";
import type { OpenedTarget } from "../targets.ts";

const OPTIONS = {
  format: value(
    "--format <format>",
    "raw, npy, chunked or zarr (default: by the name, else raw)",
    parseFormat,
  ),
  ...STORE_OPTIONS,
  ...RESUME_CHUNKS,
};

/** `put`. */
export const command: CliCommand = defineCommand({
  arguments: "<source...> <destination>",
  description:
    "Stores the array of a .npy file, or each array of a .npz archive, as a raw array that downloadRawArray and Python's cottoncandy read; with --chunks as a chunked one. `-` is a .npy file from standard input. Of several sources each keeps its name, in a directory. Files of any size are streamed.",
  examples: [
    ["put betas.npy s3://bucket/sub01/betas --codec Zstd", "compressed"],
    ["put bold.npy s3://bucket/sub01/bold --chunks 64,64,-,1", "in chunks"],
    ["put runs.npz s3://bucket/sub01/runs", "each array of it, below runs/"],
    ["put run1.npy run2.npy s3://bucket/sub01/", "each by its name"],
    ["put - s3://bucket/sub01/betas < betas.npy", "from standard input"],
  ],
  options: OPTIONS,
  async run(context, args, options) {
    if (args.length < 2) throw new UsageError("put needs a source and a destination");
    const [sources, to] = [args.slice(0, -1), args[args.length - 1]];
    const target = await context.openDestination(to);
    if (sources.length === 1) return await putOne(context, sources[0], target, options);
    if (!target.isDirectory) {
      throw new UsageError(
        `${to} must be a directory for several sources: write it with a "/" at its end`,
      );
    }
    await context.forEach(sources, (source) => putOne(context, source, target, options));
  },
});

async function putOne(
  context: CliContext,
  from: string,
  target: OpenedTarget,
  options: OptionValues<typeof OPTIONS>,
): Promise<void> {
  if (from === "-") {
    const { npyStreamArray } = await import("../../lib/stored_arrays/convert/mod.ts");
    const array = await npyStreamArray(context.io.stdin());
    if (target.isDirectory) {
      throw new UsageError(
        `"${target.nameOf(target.key)}" is a directory: say what the array is called in it`,
      );
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
}
