/**
 * `stat`: all that is known of an object.
 *
 * @module
 */
import { type CliCommand, defineCommand, flag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { humanSize, localTime, padded, printable } from "../text.ts";

/** `stat`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Tells what the store knows of objects: size, time, version, content type, checksum, metadata; with --tags its tags.",
  examples: [["stat s3://bucket/sub01/betas", "of one object"]],
  options: { tags: flag("--tags", "its tags too, where the store has tags") },
  async run(context, args, { tags }) {
    await context.forEach(args, (target) => tellOf(context, target, tags));
  },
});

async function tellOf(context: CliContext, target: string, withTags: boolean): Promise<void> {
  const { report, request } = context;
  const { backend, key, nameOf } = await context.open(target);
  const { headObject } = await import("../../lib/objects/mod.ts");
  const head = await headObject(backend, key, request);
  const tags = withTags
    ? await (await import("../../lib/objects/capabilities/mod.ts")).objectTags(backend, key, request)
    : undefined;
  report.count(head.size);
  const {
    size,
    lastModified,
    etag,
    versionId,
    storageClass,
    contentType,
    contentEncoding,
    checksum,
    metadata,
  } = head;
  const rows: [string, string | undefined][] = [
    ["Name", nameOf(head.key)],
    ["Size", size < 1024 ? `${size} B` : `${size} B (${humanSize(size)})`],
    ["Modified", localTime(lastModified)],
    ["ETag", etag],
    ["Version", versionId],
    ["Storage class", storageClass],
    ["Content type", contentType],
    ["Encoding", contentEncoding],
    ["Checksum", checksum && `${checksum.algorithm} ${checksum.value}`],
    ...Object.entries(metadata).map(([name, value]): [string, string] => [`  ${name}`, value]),
    ...Object.entries(tags ?? {}).map(([name, value]): [string, string] => [`  tag ${name}`, value]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const { colors } = report;
  const lines = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`${colors.dim(padded(printable(name), width))}  ${printable(value)}`]
  );
  const { key: fullKey } = head;
  await report.result({
    name: nameOf(fullKey),
    key: fullKey,
    size,
    modified: lastModified,
    etag,
    versionId,
    storageClass,
    contentType,
    contentEncoding,
    checksum,
    metadata,
    tags,
  }, lines.join("\n"));
}
