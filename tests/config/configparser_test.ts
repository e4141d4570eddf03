import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigFile } from "../../lib/config/options_file.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import cases from "./configparser.json" with { type: "json" };

interface Case {
  readonly text: string;
  /** What Python throws on reading. */
  readonly error?: string;
  readonly values?: Readonly<Record<string, Readonly<Record<string, string | { readonly error: string }>>>>;
}

Deno.test("files are read as Python's configparser reads them", () => {
  let refused = 0;
  for (const { text, error, values } of cases as readonly Case[]) {
    if (error !== undefined) {
      assertThrows(() => new ConfigFile(text, "a.cfg"), InvalidArgumentError, "a.cfg, line", text);
      refused++;
      continue;
    }
    const file = new ConfigFile(text, "a.cfg");
    for (const [section, options] of Object.entries(values ?? {})) {
      for (const [option, value] of Object.entries(options)) {
        if (typeof value === "string") assertEquals(file.get(section, option), value, text);
        else assertThrows(() => file.get(section, option), InvalidArgumentError, `"${option}"`, text);
      }
    }
  }
  assert(refused > 5 && cases.length > 30);
});

Deno.test("what isn't there is undefined, and options have no case", () => {
  const file = new ConfigFile("[Login]\nAccess_Key = 1\n", "a.cfg");
  assertEquals(file.get("Login", "ACCESS_key"), "1");
  assertEquals(file.get("Login", "secret"), undefined);
  assertEquals(file.get("login", "access_key"), undefined);
  assertEquals(file.get("nothing", "access_key"), undefined);
});

Deno.test("names of JavaScript's own are options like any other", () => {
  const file = new ConfigFile("[__proto__]\nconstructor = 1\n", "a.cfg");
  assertEquals(file.get("__proto__", "constructor"), "1");
  assertEquals(file.get("__proto__", "toString"), undefined);
});

Deno.test("a line ends where Python ends it: U+2028 is a character of a name or value", () => {
  const file = new ConfigFile("[a\u2028]\nx\u2028y = 1\u20292\n", "a.cfg");
  assertEquals(file.get("a\u2028", "x\u2028y"), "1\u20292");
});

Deno.test("a value that refers to others over and over is refused, and not worked on for ever", () => {
  const lines = Array.from({ length: 9 }, (_, i) => `o${i} = ${`%(o${i + 1})s`.repeat(12)}`);
  const file = new ConfigFile(["[a]", ...lines, "o9 = x"].join("\n"), "a.cfg");
  assertEquals(file.get("a", "o7"), "x".repeat(144));
  assertThrows(() => file.get("a", "o0"), InvalidArgumentError, "more than 1000 times");
});
