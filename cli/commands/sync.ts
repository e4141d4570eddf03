/**
 * `sync`: makes one directory like another.
 *
 * @module
 */
import type { SyncCompare } from "../../lib/sync/mod.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { type CliCommand, defineCommand, flag, value } from "../command.ts";
import { COPY_OPTIONS } from "../copying.ts";
import { UsageError } from "../report.ts";
import { wholeNumber } from "../text.ts";
import { refuseFile, syncPlaces } from "../transfers.ts";

const COMPARES: readonly SyncCompare[] = ["auto", "size", "time", "checksum", "etag"];

/** `sync`. */
export const command: CliCommand = defineCommand({
  arguments: "<source> <destination>",
  description:
    "Makes one directory like another, in any store: copies what is missing there or differs, and with --delete removes what the source doesn't have, last, and only when all else went well. What is the same is found by the listings alone where they tell: by checksum, or by times that nobody can set. What is excluded is neither copied nor deleted.",
  examples: [
    ["sync results s3://bucket/results", "what is new or was changed"],
    ["sync --delete -n s3://bucket/results results", "what would be copied and deleted"],
    ["sync --compare checksum --exclude '*.tmp' data gdrive://data", "by the bytes"],
  ],
  options: {
    delete: flag("--delete", "delete from the destination what the source doesn't have"),
    maxDelete: value("--max-delete <n>", "delete nothing where it would be more than that", wholeNumber(0)),
    allowEmptySource: flag(
      "--allow-empty-source",
      "with --delete: empty the destination when the source is empty",
    ),
    compare: value(
      "--compare <how>",
      `by what they are the same: ${COMPARES.join(", ")} (default: auto)`,
      (text) => {
        const compare = COMPARES.find((each) => each === text);
        if (compare) return compare;
        throw new UsageError(`write one of ${COMPARES.join(", ")}`);
      },
    ),
    ...COPY_OPTIONS,
  },
  async run(context, [source = "", destination = ""], { ifSizeDiffers, compare, ...options }) {
    if (ifSizeDiffers && compare !== undefined && compare !== "size") {
      throw new UsageError("--if-size-differs is --compare size: give one of them");
    }
    if (!options.delete && (options.maxDelete !== undefined || options.allowEmptySource)) {
      throw new UsageError(
        "--max-delete and --allow-empty-source are about what --delete deletes: give that too",
      );
    }
    context.report.keepsParts = options.resume;
    const to = await context.openDirectory(destination);
    const from = await context.open(source);
    const { directoryOf } = await import("../../lib/objects/mod.ts");
    const [below, above] = [from.key, to.key].map(directoryOf);
    if (from.onDisk === "file") {
      throw new UsageError(`${source} is a file, and no directory: to copy it, there is cp`);
    }
    if (from.path !== undefined && from.onDisk === undefined) {
      throw new NotFoundError(`there is no directory ${source}`, { key: from.key });
    }
    refuseFile(to);
    const found = await syncPlaces(context, {
      from: { backend: from.backend, prefix: from.key },
      to: { backend: to.backend, prefix: to.key },
      names: {
        verb: ["copy", "copied"],
        source: (name) => from.nameOf(below + name),
        target: (name) => to.nameOf(above + name),
      },
      options: {
        ...options,
        resume: options.resume && !options.dryRun,
        compare: ifSizeDiffers ? "size" : compare,
      },
    });
    // Silence would be taken for success, where the source is misspelled.
    if (found === 0) {
      await context.report.info(`there is nothing in ${source}, and nothing in ${destination}`);
    }
  },
});
