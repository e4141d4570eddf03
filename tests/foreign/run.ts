/**
 * `deno task servers`: builds or fetches the servers that this machine has the tools for, and holds each to the suite and to what `docs/servers.md` says of it.
 *
 *     deno task servers [--update] [--prepare] [name …]
 *
 * `--update` writes what is found, and the table. `--prepare` only builds and fetches. Names are those of the test files beside this one.
 *
 * @module
 */
import { TABLE, table } from "./findings.ts";
import { type ForeignName, SERVERS } from "./servers.ts";

const here = new URL("./", import.meta.url).pathname;

/** Files at once, unless the environment says: all, for the longest wait for half a minute again and again. */
const JOBS = Deno.env.get("DENO_JOBS") ?? `${Object.keys(SERVERS).length}`;

const isName = (word: string): word is ForeignName => word in SERVERS;

/** The tools that build or fetch; without them a server is left out, and its tests say so. */
async function prepare(names: readonly ForeignName[]): Promise<void> {
  for (const name of names) {
    try {
      await SERVERS[name].prepare();
    } catch (error) {
      // deno-lint-ignore no-console -- a program's output
      console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

async function main(): Promise<number> {
  const words = Deno.args.filter((word) => !word.startsWith("--"));
  const wrong = words.filter((word) => !isName(word));
  if (wrong.length > 0) throw new Error(`no such server: ${wrong.join(", ")}`);
  const names = words.length > 0 ? words.filter(isName) : Object.keys(SERVERS).filter(isName);
  await prepare(names);
  if (Deno.args.includes("--prepare")) return 0;
  const update = Deno.args.includes("--update");
  const files = names.map((name) => `${here}${name}_test.ts`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--no-check", "--frozen", "--parallel", ...files, `${here}table_test.ts`],
      ...(update ? ["--", "--update"] : []),
    ],
    stdin: "null",
    env: { DENO_JOBS: JOBS },
  }).spawn().status;
  if (update) await Deno.writeTextFile(TABLE, await table());
  return code;
}

Deno.exit(await main());
