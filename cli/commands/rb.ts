/**
 * `rb`: removes buckets.
 *
 * @module
 */
import { PreconditionFailedError } from "../../lib/errors.ts";
import { type CliCommand, defineCommand, DRY_RUN, flag } from "../command.ts";
import { UsageError } from "../report.ts";
import { parseTarget } from "../targets.ts";

/** `rb`. */
export const command: CliCommand = defineCommand({
  arguments: "<bucket...>",
  description: "Removes empty buckets; with --force what is in them first.",
  examples: [["rb s3://my-bucket", "an empty bucket"], [
    "rb -n --force s3://my-bucket",
    "what would go with it",
  ]],
  options: {
    force: flag("-f, --force", "delete all objects in it first"),
    dryRun: DRY_RUN,
  },
  async run(context, args, { force, dryRun }) {
    const { report, request } = context;
    await context.forEach(args, async (text) => {
      const target = parseTarget(text);
      if (target.kind !== "url" || target.key !== "") {
        throw new UsageError(`"${text}" is no bucket: write s3://bucket. To delete what is in one: rm -r`);
      }
      const cci = await context.openInterface(target.root);
      const { bucketName = "" } = cci;
      const { objectsBelow } = await import("../../lib/objects/mod.ts");
      const { removeObjects } = await import("../../lib/tree/mod.ts");
      for await (const { key } of objectsBelow(cci.backend, "", request)) {
        if (!force) {
          throw new PreconditionFailedError(
            `${text} is not empty, it has "${key}": empty it first, or give --force`,
            { bucket: bucketName },
          );
        }
        const { deleted } = await removeObjects(cci.backend, "**", { ...request, recursive: true, dryRun });
        for (const name of deleted) {
          const url = `${text.replace(/\/*(?:\?.*)?$/, "")}/${name}`;
          await report.did({ key: name, target: url, dryRun }, `${dryRun ? "delete" : "deleted"} ${url}`);
        }
        break;
      }
      if (!dryRun) await cci.rmBucket(bucketName, request);
      await report.did({ target: text, dryRun }, `${dryRun ? "remove" : "removed"} the bucket ${text}`);
    });
  },
});
