/**
 * `uploads`: uploads in parts that were begun and are not complete.
 *
 * @module
 */
import { InvalidArgumentError } from "../../lib/errors.ts";
import type { ResumeStore } from "../../lib/objects/resuming/mod.ts";
import { type CliCommand, defineCommand, DRY_RUN, flag, value } from "../command.ts";
import { UsageError } from "../report.ts";
import { localTime, parseDuration, printable } from "../text.ts";

/** `uploads`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Lists uploads below a target that were begun and are not complete: under way, or left by a process that was killed. Of S3, where their parts are paid for, and of directories all; of other stores those that --resume remembers on this machine. With --abort it ends them, those only that are old enough: one that is under way would fail.",
  examples: [
    ["uploads s3://bucket", "which there are"],
    ["uploads gdrive://lab", "which were begun by --resume here"],
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
    const age = 1000 * (olderThan ?? 0);
    await context.forEach(args, async (target) => {
      const { backend, key: prefix, nameOf } = await context.open(target);
      const { abortUploads, listUploads } = await import("../../lib/objects/capabilities/mod.ts");
      const resume = await rememberedUploads();
      if (abort && !dryRun) {
        for (
          const { key, uploadId } of await abortUploads(backend, {
            ...request,
            prefix,
            resume,
            olderThan: age,
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
      const uploads = listUploads(backend, { ...request, prefix, resume });
      for await (const { key, uploadId, started, source } of uploads) {
        // By the store's clock, which has been asked by now.
        const now = Date.now() + (backend.clockOffset?.()?.least ?? 0);
        if (age > 0 && started.getTime() > now - age) continue;
        report.count();
        const name = printable(nameOf(key));
        const from = source ? `  from ${printable(source)}` : "";
        const line = abort ? `would end ${name}` : `${localTime(started)}  ${name}${from}`;
        await report.result(
          { key, target: nameOf(key), uploadId, started, source, ...(abort ? { dryRun } : {}) },
          line,
        );
      }
    });
  },
});

/** Where `--resume` remembers uploads; none where no directory is known for that. */
async function rememberedUploads(): Promise<ResumeStore | false> {
  const { resumeStoreOf } = await import("../../lib/objects/resuming/mod.ts");
  try {
    return resumeStoreOf(true);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return false;
    throw error;
  }
}
