/**
 * `tree`: what is below a directory, drawn.
 *
 * @module
 */
import type { ObjectInfo } from "../../backends/backend.ts";
import { type CliCommand, defineCommand, flag, value } from "../command.ts";
import type { CliContext } from "../context.ts";
import { counted, humanSize, printable, wholeNumber } from "../text.ts";
import { objectsOf, shownFrom } from "../objects.ts";

/** A directory of the drawing; objects have no children. */
interface Branch {
  readonly children: Map<string, Branch>;
  /** The object of this very name. */
  object?: ObjectInfo;
  /** Objects and bytes below, itself included. */
  count: number;
  size: number;
}

/** `tree`. */
export const command: CliCommand = defineCommand({
  arguments: "[target...]",
  description: "Draws the directories and objects below a target, or those that match a pattern.",
  examples: [
    ["tree s3://bucket/sub01", "all that is below"],
    ["tree -hL 2 s3://bucket", "two levels, with what each directory holds"],
  ],
  options: {
    level: value("-L, --level <n>", "draw so many levels only", wholeNumber(1)),
    human: flag("-h, --human-readable", "with sizes as 1.5 MiB, of directories together"),
    directories: flag("-d, --directories", "directories only"),
  },
  async run(context, args, options) {
    await context.forEach(args.length === 0 ? ["."] : args, (target) => draw(context, target, options));
  },
});

async function draw(
  context: CliContext,
  target: string,
  { level = Infinity, human, directories }: {
    readonly level: number | undefined;
    readonly human: boolean;
    readonly directories: boolean;
  },
): Promise<void> {
  const { report } = context;
  const place = await context.open(target);
  const root: Branch = { children: new Map(), count: 0, size: 0 };
  const from = await shownFrom(place);
  for await (const info of objectsOf(context, place)) {
    report.count(info.size);
    grow(root, info, info.key.slice(from(info.key)).split("/"), level);
  }
  let [directoryCount, objectCount] = [0, 0];
  const lines: string[] = [];
  const visit = (branch: Branch, indent: string, depth: number) => {
    const shown = [...branch.children].filter(([, child]) => !directories || child.children.size > 0);
    for (const [index, [name, child]] of shown.entries()) {
      const isLast = index === shown.length - 1;
      const isDirectory = child.children.size > 0 || child.object === undefined;
      if (isDirectory) directoryCount++;
      if (child.object) objectCount++;
      const size = human ? `${humanSize(child.size).padStart(10)}  ` : "";
      const label = isDirectory ? report.colors.blue(printable(`${name}/`)) : printable(name);
      lines.push(`${report.colors.dim(size + indent + (isLast ? "└── " : "├── "))}${label}`);
      visit(child, indent + (isLast ? "    " : "│   "), depth + 1);
    }
  };
  visit(root, "", 1);
  if (report.json) return await tellBranches(context, root, "");
  await report.text(report.colors.bold(printable(target)));
  for (const line of lines) await report.text(line);
  const below = objectCount < root.count
    ? `, ${counted(root.count - objectCount, "object")} further down`
    : "";
  const directoriesText = directoryCount === 1 ? "1 directory" : `${directoryCount} directories`;
  await report.text(
    `\n${directoriesText}, ${counted(objectCount, "object")}${below}, ${humanSize(root.size)}`,
  );
}

function grow(root: Branch, info: ObjectInfo, segments: readonly string[], level: number): void {
  let branch = root;
  root.count++;
  root.size += info.size;
  const names = segments.filter((segment, index) => segment !== "" || index < segments.length - 1);
  for (const name of names.slice(0, level)) {
    let child = branch.children.get(name);
    if (!child) branch.children.set(name, child = { children: new Map(), count: 0, size: 0 });
    child.count++;
    child.size += info.size;
    branch = child;
  }
  // A placeholder is its directory.
  if (names.length === segments.length && names.length <= level) branch.object = info;
}

/** With `--json`, a line for each directory and object, parents first. */
async function tellBranches({ report }: CliContext, root: Branch, above: string): Promise<void> {
  const visit = async (branch: Branch, path: string) => {
    for (const [name, child] of branch.children) {
      const inner = path + name;
      const { object, count, size } = child;
      if (object) {
        const { key, lastModified, etag } = object;
        await report.result(
          { type: "object", name: inner, key, size: object.size, modified: lastModified, etag },
          "",
        );
      }
      if (child.children.size > 0 || !object) {
        await report.result({ type: "directory", name: `${inner}/`, objects: count, size }, "");
      }
      await visit(child, `${inner}/`);
    }
  };
  await visit(root, above);
}
