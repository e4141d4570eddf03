/** The reference in docs/command-line.md is what `--help` says; `-- --update` writes it. */
import { assertEquals } from "@std/assert";
import { COMMANDS } from "../../cli/commands/mod.ts";
import { cli } from "./run.ts";

const GUIDE = new URL("../../docs/command-line.md", import.meta.url);
const MARK = "docs_test.ts -- --update`. -->\n";

async function helpOf(...args: string[]): Promise<string> {
  const { out } = await cli([...args, "--help"], { columns: 100, env: { NO_COLOR: "1" } });
  return `\`\`\`text\n${out.trimEnd()}\n\`\`\`\n`;
}

Deno.test("cli: docs/command-line.md has the help of every command", async () => {
  const guide = await Deno.readTextFile(GUIDE);
  const sections = [`\n## cottoncandy\n\n${await helpOf()}`];
  for (const name of Object.values(COMMANDS).flatMap((group) => Object.keys(group))) {
    sections.push(`\n## cottoncandy ${name}\n\n${await helpOf(name)}`);
  }
  const expected = guide.slice(0, guide.indexOf(MARK) + MARK.length) + sections.join("");
  if (Deno.args.includes("--update")) await Deno.writeTextFile(GUIDE, expected);
  else assertEquals(guide, expected, "deno test -A --no-check tests/cli/docs_test.ts -- --update");
});
