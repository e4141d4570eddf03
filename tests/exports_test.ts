/**
 * Holds the public exports of every subpath against `exports.json` beside this file: a name that comes, goes or turns from a value
 * into a type shows up as a change of that file, which is reviewed. After a change on purpose:
 *
 *     deno test -A tests/exports_test.ts -- --update
 */
import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };

/** What a subpath exports, in alphabetical order. */
interface Exports {
  /** What is there when the program runs: classes, functions, constants. */
  readonly values: string[];
  /** What only the type checker sees: interfaces, type aliases, classes exported as types. */
  readonly types: string[];
}

interface Documentation {
  readonly nodes: Record<string, { readonly symbols?: readonly { readonly name: string }[] }>;
}

const root = new URL("../", import.meta.url);
const snapshot = new URL("exports.json", import.meta.url);
const update = Deno.args.includes("--update");

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(new URL(path, root))).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Every exported name, types included, as `deno doc` finds them; by the file's address. */
async function documented(paths: readonly string[]): Promise<Map<string, string[]>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "--no-lock", ...paths.map((path) => new URL(path, root).href)],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { nodes }: Documentation = JSON.parse(new TextDecoder().decode(stdout));
  return new Map(
    Object.entries(nodes).map(([address, { symbols }]) => [address, (symbols ?? []).map(({ name }) => name)]),
  );
}

/** Names are sorted by code units, so that no locale has a say. */
function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

async function exportsOf(address: string, names: readonly string[]): Promise<Exports> {
  // What the module really has when it is loaded: `export type { Class }` documents a class that isn't there.
  const module: Record<string, unknown> = await import(address);
  const values = sorted(Object.keys(module));
  return { values, types: sorted(names.filter((name) => !values.includes(name))) };
}

const subpaths = Object.entries(config.exports);
const present: [string, string][] = [];
for (const [subpath, path] of subpaths) if (await isThere(path)) present.push([subpath, path]);
const names = await documented(present.map(([, path]) => path));
const actual: Record<string, Exports> = {};
for (const [subpath, path] of present) {
  const { href } = new URL(path, root);
  actual[subpath] = await exportsOf(href, names.get(href) ?? []);
}
if (update) await Deno.writeTextFile(snapshot, `${JSON.stringify(actual, null, 2)}\n`);
const expected: Record<string, Exports> = JSON.parse(await Deno.readTextFile(snapshot));

Deno.test("every subpath of deno.json has its file", () => {
  const missing = subpaths.filter(([subpath]) => !(subpath in actual)).map(([subpath, path]) =>
    `${subpath}: ${path}`
  );
  assertEquals(missing, []);
});

for (const subpath of sorted([...Object.keys(actual), ...Object.keys(expected)])) {
  Deno.test(`the exports of ${subpath} are those of tests/exports.json`, () => {
    assertEquals(
      actual[subpath],
      expected[subpath],
      `the public exports of ${subpath} have changed. If that is meant, run\n\n` +
        "    deno test -A tests/exports_test.ts -- --update\n\nand commit tests/exports.json; if not, mind what is exported",
    );
  });
}

Deno.test("every value that is exported is documented", () => {
  for (const [subpath, path] of present) {
    const known = names.get(new URL(path, root).href) ?? [];
    assertEquals(actual[subpath].values.filter((name) => !known.includes(name)), [], subpath);
  }
});

Deno.test("mod.ts exports all that lib/errors.ts does", () => {
  for (const kind of ["values", "types"] as const) {
    assertEquals(actual["./errors"][kind].filter((name) => !actual["."][kind].includes(name)), [], kind);
  }
});

Deno.test("mod.ts exports no more than a reader can hold", () => {
  assert(actual["."].values.length <= 60, `${actual["."].values.length} values`);
  assert(actual["."].types.length <= 100, `${actual["."].types.length} types`);
});
