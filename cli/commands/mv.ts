/**
 * `mv`: moves.
 *
 * @module
 */
import { type CliCommand, defineCommand, flag } from "../command.ts";
import { COPY_OPTIONS } from "../copying.ts";
import { UsageError } from "../report.ts";
import { transferAll } from "../transfers.ts";

/** `mv`. */
export const command: CliCommand = defineCommand({
  arguments: "<source...> <destination>",
  description:
    "Moves objects and files from any store to any other, as cp copies them: each is deleted from its place once its copy is stored, and only in the version that was copied. What could not be copied stays where it is.",
  examples: [
    ["mv s3://bucket/draft s3://bucket/final", "another name"],
    ["mv -r results s3://bucket/results", "a directory, to a bucket"],
    ["mv -rn s3://bucket/sub01 s3://attic/sub01", "what would be moved"],
  ],
  options: {
    recursive: flag("-r, --recursive", "directories with all that is below them"),
    noClobber: flag("--no-clobber", "leave what is there, and its source"),
    ...COPY_OPTIONS,
  },
  async run(context, args, options) {
    if (args.length < 2) throw new UsageError("mv needs a source and a destination");
    await transferAll(context, args, { ...options, move: true });
  },
});
