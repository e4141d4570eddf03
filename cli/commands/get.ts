/**
 * `get`: stored arrays into files.
 *
 * @module
 */
import {
  csvLines,
  type IdentifiedTarget,
  identifyTarget,
  keyIn,
  openFound,
  parseFormat,
  plainFile,
  refuseItself,
  sliced,
  stemOf,
  STORE_OPTIONS,
  storeAt,
} from "../arrays/mod.ts";
import { type CliCommand, defineCommand, value } from "../command.ts";
import type { CliContext } from "../context.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import type { StoredArray } from "../../lib/stored_arrays/mod.ts";
import { UsageError } from "../report.ts";
import type { OpenedTarget } from "../targets.ts";

/** `get`. */
export const command: CliCommand = defineCommand({
  arguments: "<source> <destination>",
  description:
    "Writes an array, or a slice of it, into a file: .npy, .csv of one or two axes, or .npz, which takes all arrays of a directory or archive; `-` writes a .npy file to standard output. Without such a name it is .npy. Arrays of any size are streamed.",
  examples: [
    ["get s3://bucket/sub01/betas betas.npy", "for numpy.load"],
    ["get 's3://bucket/sub01/bold[:,:,:,0]' first.npy", "a slice: only its bytes are read"],
    ["get s3://bucket/sub01/rois rois.npz", "all arrays below, as an archive"],
    ["get 's3://bucket/table[:100]' head.csv", "as text"],
  ],
  options: {
    format: value(
      "--format <format>",
      "npy, raw, chunked or zarr (default: by the name, else npy)",
      parseFormat,
    ),
    ...STORE_OPTIONS,
  },
  async run(context, [from, to], options) {
    const { report } = context;
    const source = await identifyTarget(context, from);
    if (to === "-") {
      const { npyFile } = await import("../../lib/stored_arrays/convert/mod.ts");
      const array = await sliced(await openFound(context, source), source.selection);
      const { stream, size } = npyFile(array, context.request);
      for await (const piece of stream) await report.bytes(piece);
      return report.count(size);
    }
    const target = await context.openDestination(to);
    if (/\.npz$/i.test(target.key)) return await getArchive(context, source, from, target, options);
    const array = await openFound(context, source);
    const part = await sliced(array, source.selection);
    if (/\.csv$/i.test(target.key)) return await getTable(context, part, from, target, options);
    const format = options.format ?? (/\.zarr\/?$/i.test(target.key) ? "zarr" : "npy");
    const key = keyIn(target, stemOf(source.opened.nameOf(array.key)) + (format === "npy" ? ".npy" : ""));
    refuseItself(source.opened, array.key, target, key);
    await storeAt(context, part, from, target, key, format, options);
  },
});

/** Writes a table of comma-separated values. */
async function getTable(
  { report, request }: CliContext,
  array: StoredArray,
  from: string,
  target: OpenedTarget,
  { dryRun, noClobber }: { readonly dryRun: boolean; readonly noClobber: boolean },
): Promise<void> {
  const name = target.nameOf(target.key);
  if (array.shape.length > 2) {
    throw new InvalidArgumentError(
      `a table has two axes at most, and the array ${array.shape.length}: take a slice`,
    );
  }
  if (dryRun) return await report.did({ source: from, target: name, dryRun }, `write ${from} to ${name}`);
  const { arraySlabs } = await import("../../lib/stored_arrays/convert/mod.ts");
  const encoder = new TextEncoder();
  const lines = async function* () {
    let first = true;
    for await (const slab of arraySlabs(array, request)) {
      for (const line of csvLines(slab, first)) yield encoder.encode(line);
      first = false;
    }
  };
  const { size } = await target.backend.put(target.key, ReadableStream.from(lines()), {
    ...request,
    contentType: "text/csv",
    ...plainFile(target),
    ...(noClobber && { ifAbsent: true }),
  });
  await report.did({ source: from, target: name, bytes: size }, `wrote ${from} to ${name}`);
}

/** Writes an archive: of all arrays below, or of one array. */
async function getArchive(
  context: CliContext,
  source: IdentifiedTarget,
  from: string,
  target: OpenedTarget,
  { dryRun, noClobber }: { readonly dryRun: boolean; readonly noClobber: boolean },
): Promise<void> {
  const { report, request } = context;
  const { opened, found, selection } = source;
  const { openArray } = await import("../../lib/stored_arrays/identify/mod.ts");
  const { writeNpz } = await import("../../lib/stored_arrays/npz/mod.ts");
  const quiet = { ...request, onWarning: () => {} };
  const members = new Map<string, StoredArray>();
  if (found.kind === "folder" || found.kind === "zarr-group") {
    if (selection !== undefined) throw new UsageError(`"${from}" is a directory: slice an array of it`);
    for (const key of await arraysBelow(context, opened, found.key)) {
      const name = found.key === "" ? key : key.slice(found.key.length + 1);
      members.set(name, await openArray(opened.backend, key, quiet));
    }
    if (members.size === 0) throw new InvalidArgumentError(`there are no arrays below "${from}"`);
  } else if (found.kind === "npz") {
    for (const name of found.names) {
      members.set(name, await openArray(opened.backend, `${found.key}/${name}`, quiet));
    }
  } else {
    const array = await openFound(context, source);
    members.set(stemOf(source.opened.nameOf(array.key)), await sliced(array, selection));
  }
  const name = target.nameOf(target.key);
  const what = `${[...members.keys()].join(", ")} of ${from} to ${name}`;
  if (dryRun) return await report.did({ source: from, target: name, dryRun }, `write ${what}`);
  const { size } = await writeNpz(target.backend, target.key, members, {
    ...request,
    ...plainFile(target),
    overwrite: !noClobber,
  });
  await report.did({ source: from, target: name, bytes: size }, `wrote ${what}`);
}

/** The keys of arrays below a directory: an array that is a folder stands for all that is in it. */
async function arraysBelow(
  { request }: CliContext,
  { backend }: OpenedTarget,
  folder: string,
): Promise<string[]> {
  const { identify } = await import("../../lib/stored_arrays/identify/mod.ts");
  const keys: string[] = [];
  const walk = async (prefix: string): Promise<void> => {
    for await (const entry of backend.list({ ...request, prefix, delimiter: "/" })) {
      const key = "key" in entry ? entry.key : entry.prefix;
      if (key === prefix) continue;
      const found = await identify(backend, key, request);
      if (["raw", "npy", "chunked", "zarr"].includes(found.kind)) keys.push(found.key);
      else if (found.kind === "folder" || found.kind === "zarr-group") await walk(`${found.key}/`);
    }
  };
  await walk(folder === "" ? "" : `${folder}/`);
  return keys;
}
