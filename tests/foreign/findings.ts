/**
 * What was found of each server: kept beside this file, and written as a table for people.
 *
 * @module
 */
import { type Finding, type Findings, GROUPS } from "./probes/mod.ts";
import type { ForeignServer } from "./server.ts";
import { type ForeignName, SERVERS } from "./servers.ts";

/** What is kept of one server. */
export interface Found {
  readonly version: string;
  readonly findings: Findings;
}

/** The table. */
export const TABLE: URL = new URL("../../docs/servers.md", import.meta.url);

const fileOf = (name: ForeignName) => new URL(`findings/${name}.json`, import.meta.url);

/** Whether what is found is to be kept, rather than held against what is. */
export const updating: boolean = Deno.args.includes("--update");

export async function readFound(name: ForeignName): Promise<Found> {
  return JSON.parse(await Deno.readTextFile(fileOf(name)));
}

export async function writeFound(name: ForeignName, found: Found): Promise<void> {
  await Deno.writeTextFile(fileOf(name), `${JSON.stringify(found, undefined, 2)}\n`);
}

/** Questions whose answers are others than they were, a line each. */
export function differences(kept: Findings, found: Findings): string[] {
  const titles = new Set([...Object.keys(kept), ...Object.keys(found)]);
  return [...titles].flatMap((title) => {
    const [was, is] = [kept[title] ?? {}, found[title] ?? {}];
    return [...new Set([...Object.keys(was), ...Object.keys(is)])]
      .filter((asks) => was[asks] !== is[asks])
      .map((asks) => `${title}: ${asks}: was "${was[asks] ?? "not asked"}", is "${is[asks] ?? "not asked"}"`);
  });
}

/** The table of all servers, as Markdown. */
export async function table(): Promise<string> {
  const names = Object.keys(SERVERS).filter((name): name is ForeignName => name in SERVERS);
  const found = await Promise.all(names.map(readFound));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const titles = names.map((name) => SERVERS[name].title);
  const groups = GROUPS.map(({ title, probes }) => {
    const rows = probes.map(({ asks }) =>
      line([asks, ...found.map(({ findings }) => cell(findings[title]?.[asks]))].map(escaped))
    );
    return [
      `## ${title}`,
      "",
      line(["", ...titles]),
      line(["---", ...titles.map(() => "---")]),
      ...rows,
      "",
    ].join("\n");
  });
  const versions = names.map((name, i) =>
    `| ${SERVERS[name].title} | ${found[i].version} | ${SERVERS[name].from} |`
  );
  return [
    HEAD,
    "| server | version | from |",
    "|---|---|---|",
    ...versions,
    "",
    ...groups,
    SUITE,
    ...names.map((name) => faultsOf(SERVERS[name])),
  ].join("\n");
}

const HEAD = `# S3 servers, and what each keeps

Made by \`deno task servers --update\`: it starts each server, and asks it by the AWS SDK alone. The same run without \`--update\`, which CI makes, fails where an answer is another than here.

**yes**: it does as Amazon's documentation says. **no**: it says that it can't, by the status and code that stand there. **wrong**: it says that it did, and did something else. What is a question of taste is told as it is.
Where a server breaks what this package relies on, the package finds another way or says so; the last section lists what remains.
`;

const SUITE = `## What the conformance suite finds

The suite of all stores (\`testing/\`) runs on each server through this package, and so do classes, tags, versions, presigned URLs, pending uploads and customers' keys. All cases pass but these, for which the server is to blame (what it does, and the cases
that fail of it); one that begins to pass fails the run as well.
`;

/** The causes of one server's faults, each with its cases. */
function faultsOf({ title, faults }: ForeignServer): string {
  if (faults.length === 0) return `**${title}** passes all.\n`;
  const causes = Map.groupBy(faults, ({ why, sometimes }) => sometimes ? `now and then ${why}` : why);
  const lines = [...causes].map(([why, of]) => `- ${why}\\\n  *${of.map((fault) => fault.case).join("; ")}*`);
  return [`**${title}**`, "", ...lines, ""].join("\n");
}

const cell = (finding: Finding | undefined) => (finding ?? "").replace(/^wrong:/, "**wrong**:");

/** Text within a cell. */
const escaped = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
