/**
 * `cp`: copies.
 *
 * @module
 */
import { type CliCommand, defineCommand, flag } from "../command.ts";
import { COPY_OPTIONS } from "../copying.ts";
import { UsageError } from "../report.ts";
import { transferAll } from "../transfers.ts";

/** `cp`. */
export const command: CliCommand = defineCommand({
  arguments: "<source...> <destination>",
  description:
    "Copies objects and files from any store to any other, with metadata, content type and time; within one store without sending the bytes here. What is there is replaced. A destination that ends in / or is a directory on disk takes the source with its name. With -r, what is in a directory goes to the destination, whether that is there or not; of several sources each keeps its name. What matches a pattern is copied as it lies below the last directory without wildcards.",
  examples: [
    ["cp scan.nii.gz s3://bucket/sub01/", "a file, with its name"],
    ["cp -r results s3://bucket/results", "a directory"],
    ["cp -r s3://bucket/results gdrive://results", "from one store to another"],
    ["cp 's3://bucket/sub*/betas.npy' betas/", "what matches; quote patterns"],
    ["cp -r --exclude '*.tmp' s3://bucket/sub01 .", "all but temporary files"],
    ["tar c results | cottoncandy cp - s3://bucket/results.tar", "standard input, of any length"],
    ["cp s3://bucket/results.tar - | tar x", "to standard output"],
  ],
  options: {
    recursive: flag("-r, --recursive", "directories with all that is below them"),
    noClobber: flag("--no-clobber", "leave what is there"),
    ...COPY_OPTIONS,
  },
  async run(context, args, options) {
    if (args.length < 2) throw new UsageError("cp needs a source and a destination");
    await transferAll(context, args, { ...options, move: false });
  },
});
