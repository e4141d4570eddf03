/** What holds for all commands: help, mistakes, exit codes. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { COMMANDS } from "../../../cli/commands/mod.ts";
import { parseTarget } from "../../../cli/targets.ts";
import { cli, records } from "../../cli/run.ts";
import { inDirectory, memory } from "../../cli/store.ts";

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

Deno.test("cli: help of a command is its --help", async () => {
  for (const name of ["ls", "cp", "sync"]) {
    assertEquals(await cli(["help", name]), await cli([name, "--help"]));
  }
  assertEquals((await cli(["help"])).out, (await cli(["--help"])).out);
  const { code, out, err } = await cli(["help", "lss"]);
  assertEquals([code, out], [2, ""]);
  assertEquals(err, "error: unknown command 'lss' (Did you mean ls?)\n");
});

Deno.test("cli: mistakes are objects where objects were asked for", async () => {
  const ran = await cli(["ls", "--log-level", "loud", "--json"]);
  assertEquals([ran.code, ran.err], [2, ""]);
  const [error, summary] = records(ran);
  assertEquals(error.ok, false);
  assertEquals([summary.op, summary.exit], ["summary", 2]);
});

Deno.test("cli: mistakes are told in a line", async () => {
  for (const args of [["lss"], ["cp"], ["mv", "x"], ["ls", "--lng", "memory://a"]]) {
    const { code, err } = await cli(args);
    assertEquals([code, err.trimEnd().split("\n").length], [2, 1], err);
    assert(!err.includes("'arguments'"), err);
  }
});

Deno.test("cli: a URL with a slip of the fingers is no path", async () => {
  for (
    const [slip, meant] of [
      ["s3//bucket/x", "s3://bucket/x"],
      ["s3:/bucket/x", "s3://bucket/x"],
      ["S3:bucket", "S3://bucket"],
      ["gdrive//x", "gdrive://x"],
      ["https:/host/x", "https://host/x"],
      ["file:x", "file:///x"],
    ]
  ) {
    for (const args of [["ls", slip], ["cp", "memory://none/x", slip], ["sync", "memory://none", slip]]) {
      const { code, err } = await cli(args);
      assertEquals([code, err], [2, `error: "${slip}" is no URL: write ${meant}, or ./${slip} for a path\n`]);
    }
  }
  for (const path of ["./s3:/x", "s3", "s3/x", "s3.txt", "C:\\\\x", "http", "files//x"]) {
    assertEquals(parseTarget(path), { kind: "path", text: path, path });
  }
});

Deno.test("cli: errors of the library say what to do here", () =>
  inDirectory({ "data/a": "1" }, async (directory) => {
    const none = { HOME: directory, USERPROFILE: directory, GOOGLE_APPLICATION_CREDENTIALS: undefined };
    const [from, to] = [await memory(), await memory(["a", "b"])];
    await withVariables({ ...none, ...NO_S3 }, async () => {
      for (
        const [args, says] of [
          [["ls", `${directory}/none/x`], "none$"],
          [["ls", "s3://bucket"], "give --profile, or --anonymous"],
          [["ls", "gdrive://x"], "`cottoncandy login`"],
          [["ls", "gs://x/y"], "https?:// or a path$"],
          [["sync", "--delete", from.url, to.url], "give --allow-empty-source if"],
          [
            ["sync", "--delete", "--max-delete", "0", `${directory}/data`, to.url],
            "more than --max-delete \\(0\\)",
          ],
        ] as const
      ) {
        const { code, err } = await cli([...args]);
        const [line] = err.split("\n");
        assert(code > 0);
        assertMatch(line, new RegExp(says));
        assert(!/createBucket|allowEmpty|maxDelete|`credentials`|a Backend|deno task/.test(line), line);
      }
    });
    const { code, err } = await cli(["sync", from.url, `${from.url}-other`]);
    assertEquals([code, err.startsWith(`there is nothing in ${from.url}`)], [0, true], err);
  }));

/** No credentials of S3, and no machine that would give some. */
const NO_S3 = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_PROFILE: undefined,
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
};

async function withVariables(
  variables: Readonly<Record<string, string | undefined>>,
  work: () => Promise<void>,
): Promise<void> {
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) set(name, value);
  try {
    await work();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}
