/**
 * `mkdir`: makes buckets, and directories on disk.
 *
 * @module
 */
import { UnsupportedError } from "../../lib/errors.ts";
import { platformFiles } from "../../lib/file_access.ts";
import { type CliCommand, defineCommand, DRY_RUN } from "../command.ts";
import { UsageError } from "../report.ts";
import { parseTarget } from "../targets.ts";

/** `mkdir`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Makes buckets; on disk directories, with those above them. In a bucket and on Google Drive directories need not be made: they are there with the first object in them.",
  examples: [["mkdir s3://my-bucket", "a bucket"], ["mkdir results/sub01", "a directory"]],
  options: { dryRun: DRY_RUN },
  async run(context, args, { dryRun }) {
    const { report, request } = context;
    await context.forEach(args, async (text) => {
      const target = parseTarget(text);
      const told = (what: string) =>
        report.did({ target: text, dryRun }, `${dryRun ? "make" : "made"} the ${what} ${text}`);
      if (target.kind === "path" || target.kind === "url" && /^file:/i.test(text)) {
        const files = platformFiles();
        if (!dryRun) await files.makeDirectory(files.resolve(text), true);
        return await told("directory");
      }
      if (target.kind !== "url") throw new UsageError(`"${text}" names no bucket`);
      const cci = await context.openInterface(target.root);
      if (!cci.backend.buckets) {
        throw new UnsupportedError(
          `${cci.backend.name} has no buckets, and makes directories as they are needed`,
        );
      }
      if (target.key !== "") {
        throw new UsageError(
          `"${text}" is in a bucket, where directories need not be made: copy something there`,
        );
      }
      if (!dryRun) await cci.createBucket(cci.bucketName ?? "", request);
      await told("bucket");
    });
  },
});
