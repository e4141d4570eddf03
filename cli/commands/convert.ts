/**
 * `convert`: an array in another format.
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

/** `convert`. */
export const command: CliCommand = defineCommand({
  arguments: "<source> <destination>",
  description:
    "Stores an array in another format, or cut or compressed otherwise: raw, npy, npz members, chunked and Zarr arrays into raw, npy, chunked or Zarr ones, from any store into any, streaming, bit by bit. What the format can't hold so is refused before anything is written.",
  examples: [
    ["convert s3://bucket/bold s3://bucket/bold.zarr --to zarr --chunks 64,64,-,1", "into Zarr"],
    ["convert runs.npz/run1 s3://bucket/run1 --to chunked", "an array of an archive"],
  ],
  options: {
    to: value("--to <format>", "raw, npy, chunked or zarr (default: by the destination's name)", parseFormat),
    ...STORE_OPTIONS,
    ...RESUME_CHUNKS,
  },
  async run(context, [from, to], options) {
    const target = await context.openDestination(to);
    const source = await identifyTarget(context, from);
    const array = await openFound(context, source);
    const key = keyIn(target, stemOf(source.opened.nameOf(array.key)));
    refuseItself(source.opened, array.key, target, key);
    await storeAt(
      context,
      await sliced(array, source.selection),
      from,
      target,
      key,
      options.to,
      options,
    );
  },
});
