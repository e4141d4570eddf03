/**
 * `stat`: all that is known of an object.
 *
 * @module
 */
import { type CliCommand, defineCommand, flag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { dtypeOf, identityRecord } from "../identities.ts";
import type { JsonRecord, Report } from "../report.ts";
import type { Identity } from "../../lib/stored_arrays/identify/mod.ts";
import { humanSize, localTime, padded, printable } from "../text.ts";

/** `stat`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Tells what is known of objects: size, time, version, content type, checksum, metadata, and what they are: of arrays, also of those that are folders, dtype, shape, codec and chunks.",
  examples: [["stat s3://bucket/sub01/betas", "of one object"]],
  options: { tags: flag("--tags", "its tags too, where the store has tags") },
  async run(context, args, { tags }) {
    let isFirst = true;
    await context.forEach(args, async (target) => {
      const { record, rows } = await factsOf(context, target, tags);
      await context.report.result(record, `${isFirst ? "" : "\n"}${tableOf(context.report, rows)}`);
      isFirst = false;
    });
  },
});

/** What is known of something, for programs and for people. */
interface Facts {
  readonly record: JsonRecord;
  readonly rows: readonly Row[];
}

async function factsOf(context: CliContext, target: string, withTags: boolean): Promise<Facts> {
  const { report, request } = context;
  const { backend, key, nameOf } = await context.openThing(target);
  const { headObject } = await import("../../lib/objects/mod.ts");
  const { identify } = await import("../../lib/stored_arrays/identify/mod.ts");
  const identity = await identify(backend, key, request);
  const shapes = arrayRows(identity);
  if (!("metadata" in identity)) {
    report.count();
    const { key, ...told } = identity;
    return { record: { name: nameOf(key), key, ...told }, rows: [["Name", nameOf(key)], ...shapes] };
  }
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
  const rows: Row[] = [
    ["Name", nameOf(head.key)],
    ["Size", bytesText(size)],
    ["Modified", localTime(lastModified)],
    ...shapes,
    ["ETag", etag],
    ["Version", versionId],
    ["Storage class", storageClass],
    ["Content type", contentType],
    ["Encoding", contentEncoding],
    ["Checksum", checksum && `${checksum.algorithm} ${checksum.value}`],
    ...Object.entries(metadata).map(([name, value]): [string, string] => [`  ${name}`, value]),
    ...Object.entries(tags ?? {}).map(([name, value]): [string, string] => [`  tag ${name}`, value]),
  ];
  const { key: fullKey } = head;
  const record = {
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
    ...identityRecord(identity),
  };
  return { record, rows };
}

type Row = [name: string, value: string | undefined];

function tableOf({ colors }: Report, rows: readonly Row[]): string {
  const told = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(...told.map(([name]) => name.length));
  return told.map(([name, value = ""]) =>
    `${colors.dim(padded(printable(name), width))}  ${printable(value)}`
  ).join("\n");
}

function bytesText(size: number): string {
  return size < 1024 ? `${size} B` : `${size} B (${humanSize(size)})`;
}

/** What an array is. */
function arrayRows(identity: Identity): Row[] {
  const list = (numbers: readonly number[]) => `(${numbers.join(", ")}${numbers.length === 1 ? "," : ""})`;
  const { shape, codec } = "dtype" in identity ? identity : {};
  return [
    ["Kind", identity.kind],
    ["Dtype", dtypeOf(identity)],
    ["Shape", shape && list(shape)],
    ["Order", "order" in identity ? identity.order : undefined],
    ["Codec", codec === false ? "none" : codec],
    ["Chunks", "chunkShape" in identity ? list(identity.chunkShape) : chunksOf(identity)],
    [
      "Items",
      "byteLength" in identity ? bytesText(identity.byteLength) : undefined,
    ],
    ["Arrays", identity.kind === "npz" ? identity.names.join(", ") : undefined],
    ["Encrypted", "encryption" in identity ? identity.encryption : undefined],
    ["Problem", "problem" in identity ? identity.problem : undefined],
  ];
}

/** Lengths of the chunks of a grid: of each axis the first. */
function chunksOf(identity: Identity): string | undefined {
  if (identity.kind !== "chunked") return undefined;
  return `${identity.chunks.map((lengths) => lengths.length).join(" × ")} of (${
    identity.chunks.map((lengths) => lengths[0] ?? 0).join(", ")
  })`;
}
