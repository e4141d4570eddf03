/**
 * `rm`: deletes objects.
 *
 * @module
 */
import { type CliCommand, defineCommand, flag } from "../command.ts";
import { DRY_RUN } from "../command.ts";
import type { CliContext } from "../context.ts";
import { UsageError } from "../report.ts";
import { counted } from "../text.ts";

/** `rm`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Deletes objects; with -r directories with all that is below them, and what matches patterns. Of what is listed nothing else is deleted: of s3://bucket/a neither ab nor a.txt.",
  examples: [
    ["rm s3://bucket/sub01/notes.txt", "one object"],
    ["rm -rn s3://bucket/sub01", "what would be deleted of a directory"],
    ["rm -r 's3://bucket/**/*.tmp'", "what matches; quote patterns, so that the shell leaves them"],
  ],
  options: {
    recursive: flag("-r, --recursive", "delete directories with all below, and what matches patterns"),
    force: flag("-f, --force", "with -r: delete all of a bucket; and what isn't there is no failure"),
    trash: flag("--trash", "move to the trash, where the store has one"),
    dryRun: DRY_RUN,
  },
  async run(context, args, options) {
    await context.forEach(args, (target) => remove(context, target, options));
  },
});

async function remove(
  context: CliContext,
  target: string,
  { recursive, force, trash, dryRun }: {
    readonly recursive: boolean;
    readonly force: boolean;
    readonly trash: boolean;
    readonly dryRun: boolean;
  },
): Promise<void> {
  const { report, request } = context;
  const { backend, key, path, nameOf } = await context.openNamed(target);
  if (path !== undefined && (key === "" || /(?:^|[/\\])\.{1,2}[/\\]*$/.test(target))) {
    // As rm has it: what the shell stands in, or all of a disk, is a slip of the fingers.
    throw new UsageError(`${target} is never deleted: name the directory, or what is in it`);
  }
  const isAll = /^(?:\/*|\*+|\*\*\/\*+)$/.test(key);
  if (isAll && !(recursive && force)) {
    throw new UsageError(`${target} is everything in ${backend.name}: to delete that, give -r and --force`);
  }
  const [{ hasMagic }, { removeObjects }, { objectsBelow, first, directoryOf }] = await Promise.all([
    import("../../lib/glob/mod.ts"),
    import("../../lib/tree/mod.ts"),
    import("../../lib/objects/mod.ts"),
  ]);
  if (!recursive && await backend.head(key, request) === undefined) {
    if (hasMagic(key)) throw new UsageError(`${target} has wildcards: to delete what matches, give -r`);
    let below = 0;
    for await (const _ of first(objectsBelow(backend, directoryOf(key), request), 1000)) below++;
    if (below > 0) {
      const objects = below < 1000 ? counted(below, "object") : "1000 objects or more";
      throw new UsageError(`${target} is a directory with ${objects}: to delete it, give -r`);
    }
  }
  const options = { ...request, recursive, dryRun, delete: !trash };
  try {
    const { deleted } = await removeObjects(backend, isAll ? "**" : key, options);
    for (const name of deleted) {
      await report.did(
        { key: name, target: nameOf(name), dryRun },
        `${dryRun ? "delete" : "deleted"} ${nameOf(name)}`,
      );
    }
  } catch (error) {
    if (force && error instanceof Error && error.name === "NotFoundError") return;
    throw error;
  }
}
