/**
 * `du`: how many bytes objects take.
 *
 * @module
 */
import { type CliCommand, defineCommand, flag, value } from "../command.ts";
import type { CliContext } from "../context.ts";
import { objectsOf, shownFrom } from "../objects.ts";
import { counted, humanSize, padded, printable, wholeNumber } from "../text.ts";

/** `du`. */
export const command: CliCommand = defineCommand({
  arguments: "[target...]",
  description:
    "Adds up the stored bytes of objects: of all below each target, or that match it, and with -d of the directories below it.",
  examples: [
    ["du -h s3://bucket/sub01", "one total"],
    ["du -hd 1 s3://bucket", "of each directory at the top, too"],
  ],
  options: {
    depth: value(
      "-d, --depth <n>",
      "tell of directories so many levels down, too (default: 0)",
      wholeNumber(0),
    ),
    human: flag("-h, --human-readable", "sizes as 1.5 MiB"),
  },
  async run(context, args, { depth = 0, human }) {
    await context.forEach(args.length === 0 ? ["."] : args, (target) => addUp(context, target, depth, human));
  },
});

/** What was added up of a directory. */
interface Total {
  readonly name: string;
  objects: number;
  size: number;
}

async function addUp(context: CliContext, target: string, depth: number, human: boolean): Promise<void> {
  const { report } = context;
  const place = await context.open(target);
  const from = await shownFrom(place);
  const tell = ({ name, objects, size }: Total) => {
    const shown = padded(human ? humanSize(size) : String(size), 12, "right");
    return report.result(
      { name, objects, size },
      `${shown}  ${padded(counted(objects, "object"), 14, "right")}  ${printable(name)}`,
    );
  };
  // Keys come in order, so that a directory is complete once another one begins: as deep as the tree is, not as large.
  const open: Total[] = [{ name: target, objects: 0, size: 0 }];
  for await (const { key, size } of objectsOf(context, place)) {
    report.count(size);
    const base = from(key);
    const directories = key.slice(base).split("/").slice(0, -1).slice(0, depth);
    const names = directories.map((_, index) =>
      place.nameOf(`${key.slice(0, base)}${directories.slice(0, index + 1).join("/")}/`)
    );
    let kept = 0;
    while (kept < names.length && open[kept + 1]?.name === names[kept]) kept++;
    for (const done of open.splice(kept + 1).reverse()) await tell(done);
    for (const name of names.slice(kept)) open.push({ name, objects: 0, size: 0 });
    for (const total of open) {
      total.objects++;
      total.size += size;
    }
  }
  for (const done of open.reverse()) await tell(done);
}
