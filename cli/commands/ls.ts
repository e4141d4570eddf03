/**
 * `ls`: what is in a directory.
 *
 * @module
 */
import type { NamedEntry } from "../../lib/tree/mod.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import { type CliCommand, defineCommand, flag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { mapConcurrent } from "../../lib/concurrent.ts";
import { describeIdentity, identityOf, identityRecord } from "../identities.ts";
import { objectsOf } from "../objects.ts";
import { type OpenedTarget, parseTarget, type Target } from "../targets.ts";
import { humanSize, inColumns, localTime, padded, printable } from "../text.ts";

/** How many objects are looked at at once. */
const LOOKS = 16;
/** How many names are laid out together in columns: who waits for more sees nothing. */
const AT_ONCE = 1000;

/** What was asked for. */
interface Listing {
  readonly long: boolean;
  readonly human: boolean;
  readonly recursive: boolean;
  readonly noArrays: boolean;
}

/** `ls`. */
export const command: CliCommand = defineCommand({
  arguments: "[target...]",
  description:
    "Lists what is in a directory, its objects and the directories in it; an object itself; or what matches a pattern. Without a target: what is in the working directory.",
  examples: [
    ["ls s3://bucket/sub01", "names in a directory"],
    ["ls -lh s3://bucket/sub01", "with sizes, times and what arrays are, for people"],
    ["ls -R 's3://bucket/sub*/**/*.npy'", "all that matches; quote patterns"],
    ["ls s3:", "all buckets"],
  ],
  options: {
    long: flag("-l, --long", "sizes, times, and of arrays dtype, shape and codec"),
    noArrays: flag("--no-arrays", "with -l: only what listings tell, so that no object is looked at"),
    human: flag("-h, --human-readable", "sizes as 1.5 MiB"),
    recursive: flag("-R, --recursive", "all objects below, not only those of the directory itself"),
  },
  async run(context, args, options) {
    const targets = args.length === 0 ? ["."] : args;
    let isFirst = true;
    await context.forEach(targets, async (text) => {
      // What is named itself needs none.
      const heading = async (isNamed = false) => {
        if (targets.length > 1 && !isNamed) {
          await context.report.text(`${isFirst ? "" : "\n"}${printable(text)}:`);
        }
        isFirst = false;
      };
      const target = parseTarget(text);
      if (target.kind === "buckets") {
        await heading();
        await listBuckets(context, target);
      } else await tellEntries(context, await context.open(target), options, heading);
    });
  },
});

async function listBuckets(
  context: CliContext,
  { scheme, query }: Extract<Target, { kind: "buckets" }>,
): Promise<void> {
  const { report, request } = context;
  // A bucket has to be named to open a store, and is not asked for.
  const { name, buckets } = await context.openRoot(`${scheme}://buckets${query}`);
  if (!buckets) throw new UnsupportedError(`${name} has no buckets`);
  for (const { name, created } of await buckets.list(request)) {
    report.count();
    await report.result({ type: "bucket", name, created }, printable(`${scheme}://${name}`));
  }
}

/** An entry, and what it is called in the listing. */
type Listed = NamedEntry & { readonly shown: string };

async function* entriesOf(
  context: CliContext,
  place: OpenedTarget,
  { recursive }: Listing,
): AsyncGenerator<Listed, void, void> {
  const { backend, key, isDirectory, path, nameOf } = place;
  const [{ listNamedEntries }, { hasMagic }] = await Promise.all([
    import("../../lib/tree/mod.ts"),
    import("../../lib/glob/mod.ts"),
  ]);
  const isPattern = hasMagic(key);
  const base = isPattern ? 0 : isDirectory || key === "" ? key.length : key.length + 1;
  const shownOf = (full: string) => isPattern ? nameOf(full) : full.slice(base);
  const request = {
    ...context.request,
    // What is further down is not listed, but looked into: a directory is one with an object in it.
    onWarning: (warning: CottonCandyWarning) => {
      const isBelow = !isPattern && warning.key?.slice(base).includes("/");
      if (warning.kind !== "left-out" || !isBelow) context.onWarning(warning);
    },
  };
  if (recursive) {
    for await (const info of objectsOf(context, place)) {
      const shown = info.key.length < base ? nameOf(info.key) : shownOf(info.key);
      // The directory's own placeholder.
      if (shown !== "") yield { kind: "object", name: info.key, ...info, shown };
    }
    return;
  }
  let isAny = isDirectory && (key === "" || path !== undefined);
  if (!isDirectory) {
    const info = await backend.head(key, request);
    if (info) yield { kind: "object", name: key, ...info, shown: nameOf(key) };
    isAny = info !== undefined;
    // Web servers that list nothing have objects all the same.
    if (isAny && backend.capabilities.readOnly) return;
  }
  for await (const entry of listNamedEntries(backend, key, request)) {
    isAny = true;
    yield { ...entry, shown: shownOf(entry.key) };
  }
  if (!isAny) throw new NotFoundError(`there is nothing at ${nameOf(key)}`, { key, bucket: backend.bucket });
}

async function tellEntries(
  context: CliContext,
  place: OpenedTarget,
  options: Listing,
  heading: (isNamed?: boolean) => Promise<void>,
): Promise<void> {
  const { report, signal, onWarning } = context;
  const { long, human, noArrays } = options;
  const { columns, colors } = report;
  const looks = long && !noArrays;
  const entries = mapConcurrent(entriesOf(context, place, options), async (entry, signal) => ({
    ...entry,
    identity: looks ? await identityOf(place.backend, entry.key, { signal, onWarning }) : undefined,
  }), { concurrency: looks ? LOOKS : 1, signal });
  // Columns can be laid out once their names are known; everything else is told as it comes.
  const names: { text: string; isDirectory: boolean }[] = [];
  const tellNames = async () => {
    const some = names.splice(0);
    const paint = (text: string, index: number) => some[index].isDirectory ? colors.blue(text) : text;
    for (const line of inColumns(some.map(({ text }) => text), columns ?? 80, paint)) await report.text(line);
  };
  let isBegun = false;
  for await (const entry of entries) {
    const isDirectory = entry.kind === "directory";
    if (!isBegun) await heading(!isDirectory && entry.key === place.key);
    isBegun = true;
    const text = printable(entry.shown);
    if (!isDirectory) report.count(entry.size);
    if (columns !== undefined && !long) {
      names.push({ text, isDirectory });
      if (names.length === AT_ONCE) await tellNames();
      continue;
    }
    const name = isDirectory ? colors.blue(text) : text;
    const size = isDirectory ? "" : human ? humanSize(entry.size) : String(entry.size);
    const time = isDirectory ? "" : localTime(entry.lastModified);
    const described = describeIdentity(entry.identity);
    const words = described === "" ? "" : `  ${colors.dim(printable(described))}`;
    const line = long ? `${padded(size, 12, "right")}  ${padded(time, 19)}  ${name}${words}` : name;
    await report.result({ ...recordOf(entry), ...identityRecord(entry.identity) }, line);
  }
  if (!isBegun) await heading();
  await tellNames();
}

function recordOf(entry: Listed): Record<string, unknown> {
  if (entry.kind === "directory") return { type: "directory", name: entry.shown, key: entry.key };
  const { key, size, lastModified, etag, versionId, storageClass, shown } = entry;
  return { type: "object", name: shown, key, size, modified: lastModified, etag, versionId, storageClass };
}
