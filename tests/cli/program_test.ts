/** What holds for all commands: help, mistakes, exit codes. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { COMMANDS } from "../../cli/commands/mod.ts";
import { cli, records } from "./run.ts";

const names = Object.values(COMMANDS).flatMap((group) => Object.keys(group));

Deno.test("cli: --version is that of the package", async () => {
  assertEquals(await cli(["--version"]).then(({ code, out }) => [code, out]), [0, `${config.version}\n`]);
});

for (const name of [undefined, ...names]) {
  Deno.test(`cli: the help of ${name ?? "all"} fits into 80 columns`, async () => {
    const { code, out, err } = await cli([...name === undefined ? [] : [name], "--help"], { columns: 80 });
    assertEquals([code, err], [0, ""]);
    const examples = out.indexOf("Examples:");
    const long = out.slice(0, examples < 0 ? undefined : examples).split("\n").filter((line) =>
      line.length > 80
    );
    assertEquals(long, []);
    if (name !== undefined) assertStringIncludes(out, `cottoncandy ${name} `);
  });
}

Deno.test("cli: without arguments the help says what there is, and that was no use", async () => {
  const { code, out, err } = await cli([]);
  assertEquals([code, out], [2, ""]);
  for (const name of names) assertStringIncludes(err, name);
});

Deno.test("cli: what is misspelled is told with what may be meant", async () => {
  for (
    const [args, meant] of [[["lss"], "ls"], [["ls", "--recursiv"], "--recursive"], [
      ["ls", "--jsonn"],
      "--json",
    ]] as const
  ) {
    const { code, out, err } = await cli(args);
    assertEquals([code, out], [2, ""]);
    assert(err.startsWith("error: unknown"), err);
    assertStringIncludes(err, `Did you mean ${meant}?`);
  }
});

Deno.test("cli: mistakes are objects where objects were asked for", async () => {
  const ran = await cli(["ls", "--log-level", "loud", "--json"]);
  assertEquals([ran.code, ran.err], [2, ""]);
  const [error, summary] = records(ran);
  assertEquals(error.ok, false);
  assertEquals([summary.op, summary.exit], ["summary", 2]);
});
