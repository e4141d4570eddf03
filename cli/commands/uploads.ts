/**
 * `uploads`: uploads in parts that were begun and are not complete.
 *
 * @module
 */
import { type CliCommand, defineCommand, DRY_RUN, flag, value } from "../command.ts";
import { UsageError } from "../report.ts";
import { localTime, parseDuration, printable } from "../text.ts";

/** `uploads`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Lists uploads in parts below a target that were begun and are not complete: under way, or left by a process that was killed. Their parts are stored, and paid for. With --abort it ends them, those only that are old enough: one that is under way would fail.",
  examples: [
    ["uploads s3://bucket", "which there are"],
    ["uploads s3://bucket --abort --older-than 2d", "end those that were begun two days ago or earlier"],
  ],
  options: {
    abort: flag("--abort", "end them and remove their parts; needs --older-than"),
    olderThan: value("--older-than <time>", "only those begun so long ago: 90s, 15m, 2h, 7d", parseDuration),
    dryRun: DRY_RUN,
  },
  async run(context, args, { abort, olderThan, dryRun }) {
    const { report, request } = context;
    if (abort && olderThan === undefined) {
      throw new UsageError(
        "--abort needs --older-than, as 2d: uploads that are under way would fail. 0s is all",
      );
    }
    const before = Date.now() - 1000 * (olderThan ?? 0);
    await context.forEach(args, async (target) => {
      const { backend, key: prefix, nameOf } = await context.open(target);
      const { abortUploads, listUploads } = await import("../../lib/objects/capabilities/mod.ts");
      if (abort && !dryRun) {
        for (
          const { key, uploadId } of await abortUploads(backend, {
            ...request,
            prefix,
            olderThan: new Date(before),
          })
        ) {
          report.count();
          await report.result(
            { key, target: nameOf(key), uploadId, aborted: true },
            `ended ${printable(nameOf(key))}`,
          );
        }
        return;
      }
      for await (const { key, uploadId, started } of listUploads(backend, { ...request, prefix })) {
        if (started.getTime() > before) continue;
        report.count();
        const name = printable(nameOf(key));
        const line = abort ? `would end ${name}` : `${localTime(started)}  ${name}`;
        await report.result(
          { key, target: nameOf(key), uploadId, started, ...(abort ? { dryRun } : {}) },
          line,
        );
      }
    });
  },
});
