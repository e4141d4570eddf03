// deno-lint-ignore-file no-console -- a program that prints
/**
 * `deno task publish:jsr`: publishes to jsr; with `--dry-run` it asks whether jsr would take the package, and prints jsr's score, criterion by criterion.
 *
 * Publishing refuses `links`, which only tests need: what is published is a copy of the files that deno.json lists, without them.
 *
 * @module
 */
import { join } from "@std/path";
import config from "../deno.json" with { type: "json" };
import { buildExplorer } from "../examples/explorer/build.ts";
import { DESCRIPTION, PAGE, run } from "./pack.ts";

const root = new URL("..", import.meta.url).pathname;

/** The files that are published, in a folder of their own. */
async function stage(folder: string): Promise<void> {
  for (const path of config.publish.include) await run(root, "cp", "-r", path, folder);
  await buildExplorer(join(folder, PAGE));
  await run(root, "cp", "deno.lock", folder);
  const { links: _, tasks: __, imports, ...rest } = config;
  const used = Object.fromEntries(
    Object.entries(imports).filter(([, specifier]) => !specifier.startsWith("jsr:@std/")),
  );
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ ...rest, imports: used }, null, 2));
}

interface Place {
  readonly filename: string;
  readonly byteIndex: number;
}

interface Declaration {
  readonly location: Place;
  readonly jsDoc?: { readonly doc?: string };
  /** Of a name that another entry point told of before: where it is declared. */
  readonly def?: { readonly target?: Place };
}

interface Documentation {
  readonly nodes: Readonly<
    Record<string, {
      readonly module_doc?: { readonly doc?: string };
      readonly symbols: readonly { readonly name: string; readonly declarations: readonly Declaration[] }[];
    }>
  >;
}

interface Criterion {
  readonly name: string;
  readonly met: boolean;
  /** What shows it. */
  readonly by: string;
}

/** The criteria by which jsr scores packages (jsr.io/docs/scoring), as far as they show before anything is published. */
async function score(): Promise<Criterion[]> {
  const entries = Object.entries(config.exports);
  const { nodes }: Documentation = JSON.parse(
    await run(root, Deno.execPath(), "doc", "--json", "--quiet", ...entries.map(([, path]) => path)),
  );
  const moduleOf = (path: string) => nodes[new URL(`../${path}`, import.meta.url).href];
  const bare = entries.filter(([, path]) => !moduleOf(path)?.module_doc?.doc);
  const placeOf = ({ filename, byteIndex }: Place) => `${filename}:${byteIndex}`;
  const documented = new Set(
    Object.values(nodes).flatMap(({ symbols }) => symbols).flatMap(({ declarations }) => declarations)
      .filter(({ jsDoc }) => jsDoc?.doc).map(({ location }) => placeOf(location)),
  );
  const symbols = entries.flatMap(([subpath, path]) =>
    moduleOf(path).symbols.map(({ name, declarations }) => ({
      name: `${subpath} ${name}`,
      isDocumented: declarations.some(({ location, def }) =>
        documented.has(placeOf(def?.target ?? location))
      ),
    }))
  );
  const undocumented = symbols.filter(({ isDocumented }) => !isDocumented);
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const workflow = await Deno.readTextFile(join(root, ".github/workflows/publish.yml"));
  const suite = await Deno.readTextFile(join(root, "tests/packages/runtimes.ts"));
  const runtimes = ["Node", "Bun", "Deno"].filter((name) => suite.includes(`name: \`${name} `));
  return [
    {
      name: "has a README",
      met: readme.length > 1000 && config.publish.include.includes("README.md"),
      by: "README.md",
    },
    { name: "has examples in the README", met: /^```ts$/m.test(readme), by: "README.md" },
    {
      name: "has module docs in all entry points",
      met: bare.length === 0,
      by: bare.length === 0
        ? `all ${entries.length}`
        : `missing in ${bare.map(([subpath]) => subpath).join(", ")}`,
    },
    {
      name: "has docs for most symbols (80 %; here all are asked for)",
      met: symbols.length > 0 && undocumented.length === 0,
      by: `${symbols.length - undocumented.length} of ${symbols.length}` +
        undocumented.map(({ name }) => `\n    not documented: ${name}`).join(""),
    },
    { name: "no slow types", met: true, by: "the dry run refuses them" },
    {
      name: "has a description",
      met: DESCRIPTION.length <= 250,
      by: `to be set at jsr.io, at most 250 characters: ${DESCRIPTION}`,
    },
    {
      name: "at least two runtimes are marked as compatible",
      met: runtimes.length >= 2,
      by: `to be set at jsr.io; the package's suite runs in ${
        runtimes.join(", ")
      }, pages are tested by tests/browser`,
    },
    {
      name: "has provenance",
      met: /^ +id-token: write$/m.test(workflow) && /deno task publish:jsr$/m.test(workflow),
      by: ".github/workflows/publish.yml publishes with an identity token",
    },
  ];
}

if (import.meta.main) {
  const isDryRun = Deno.args.includes("--dry-run");
  const folder = await Deno.makeTempDir({ prefix: "cottoncandy-jsr-" });
  try {
    await stage(folder);
    // The copy is no checkout: what belongs to the release was seen to before.
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["publish", "--allow-dirty", ...(isDryRun ? ["--dry-run", "--quiet"] : [])],
      cwd: folder,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    if (!success) throw new Error("jsr would not take the package, or did not");
    if (isDryRun) {
      const criteria = await score();
      for (const { name, met, by } of criteria) console.log(`${met ? "✓" : "✗"} ${name}: ${by}`);
      if (criteria.some(({ met }) => !met)) Deno.exit(1);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
