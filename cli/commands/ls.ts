/**
 * `ls`: what is in a directory.
 *
 * @module
 */
import type { ObjectInfo } from "../../backends/backend.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { type CliCommand, defineCommand, flag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { parseTarget, type Target } from "../targets.ts";
import { humanSize, localTime, padded, printable } from "../text.ts";

/** `ls`. */
export const command: CliCommand = defineCommand({
  arguments: "[target...]",
  description:
    "Lists what is in a directory, its objects and the directories in it, or an object itself. Without a target: what is in the working directory.",
  examples: [
    ["ls s3://bucket/sub01", "names in a directory"],
    ["ls -lh s3://bucket/sub01/", "with sizes and times, for people"],
    ["ls -R s3://bucket", "all objects below"],
    ["ls s3:", "all buckets"],
  ],
  options: {
    long: flag("-l, --long", "sizes and times too"),
    human: flag("-h, --human-readable", "sizes as 1.5 MiB"),
    recursive: flag("-R, --recursive", "all objects below, not only those of the directory itself"),
  },
  async run(context, args, options) {
    const targets = args.length === 0 ? ["."] : args;
    for (const [index, text] of targets.entries()) {
      try {
        if (targets.length > 1) await context.report.text(`${index > 0 ? "\n" : ""}${printable(text)}:`);
        const target = parseTarget(text);
        await (target.kind === "buckets" ? listBuckets(context, target) : list(context, target, options));
      } catch (error) {
        context.signal.throwIfAborted();
        await context.report.failed(error, { target: text });
      }
    }
  },
});

async function listBuckets(
  context: CliContext,
  { scheme, query }: Extract<Target, { kind: "buckets" }>,
): Promise<void> {
  const { report, request } = context;
  const { name, buckets } = await context.openRoot(`${scheme}://-${query}`);
  if (!buckets) throw new UnsupportedError(`${name} has no buckets`);
  for (const bucket of await buckets.list(request)) {
    report.count();
    const url = `${scheme}://${bucket.name}`;
    await report.result({ type: "bucket", name: bucket.name, created: bucket.created }, printable(url));
  }
}

async function list(
  context: CliContext,
  target: Target,
  { long, human, recursive }: {
    readonly long: boolean;
    readonly human: boolean;
    readonly recursive: boolean;
  },
): Promise<void> {
  const { report, request } = context;
  const { backend, key } = await context.open(target);
  const { directoryOf, listEntries, treeKey } = await import("../../lib/objects/mod.ts");
  const prefix = directoryOf(await treeKey(backend, key, request));
  const delimiter = recursive ? undefined : "/";
  for await (const entry of listEntries(backend, { prefix, delimiter }, request)) {
    if (!("key" in entry)) {
      const name = entry.prefix.slice(prefix.length);
      await report.result(
        { type: "directory", name, key: entry.prefix },
        report.colors.blue(printable(name)),
      );
      continue;
    }
    report.count(entry.size);
    await tell(context, entry, entry.key.slice(prefix.length), long, human);
  }
}

async function tell(
  { report }: CliContext,
  { key, size, lastModified, etag }: ObjectInfo,
  name: string,
  long: boolean,
  human: boolean,
): Promise<void> {
  const shown = human ? humanSize(size) : String(size);
  const line = long
    ? `${padded(shown, 12, "right")}  ${localTime(lastModified)}  ${printable(name)}`
    : printable(name);
  await report.result({ type: "object", name, key, size, modified: lastModified, etag }, line);
}
