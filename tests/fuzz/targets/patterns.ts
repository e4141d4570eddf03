/** Patterns of names. */
import { assert, assertEquals } from "@std/assert";
import micromatch from "micromatch";
import { globMatcher, hasMagic, literalPrefixes } from "../../../lib/glob/mod.ts";
import bashGlob from "../../vectors/bash_glob.json" with { type: "json" };
import fnmatchVectors from "../../vectors/fnmatch.json" with { type: "json" };
import { type Target, target, textOf } from "../engine/target.ts";

const KEYS = [...new Set([...bashGlob.files, ...fnmatchVectors.names])].slice(0, 60);

/** Beyond stars, question marks and plain sets of characters micromatch has its own way with much where bash is followed here. */
const COMMON = /^(?!\.?\/)(?:[\w.?-]|\*(?!\*)|\/(?=[^/.])|\[[\w]+\])+$/;

const glob = target<boolean[]>({
  name: "glob",
  count: 5000,
  longest: 600,
  seeds: () => [
    ...bashGlob.cases.map(([pattern]) => String(pattern)),
    ...bashGlob.segments.map(([pattern]) => pattern).slice(0, 80),
  ],
  dictionary: [
    "**",
    "*",
    "?",
    "!(",
    "@(",
    "+(",
    "*(",
    "?(",
    "|",
    ")",
    "[",
    "[!",
    "[^",
    "]",
    "[:alpha:]",
    "{",
    ",",
    "}",
    "{1..3}",
    "{01..10}",
    "{a..e..2}",
    "\\",
    "/",
    "..",
    "./",
  ],
  refusals: ["InvalidArgument"],
  async run(input) {
    const pattern = textOf(input);
    const matches = await globMatcher(pattern);
    const prefixes = literalPrefixes(pattern);
    const found = KEYS.map((key) => matches(key));
    KEYS.forEach((key, i) =>
      assert(!found[i] || prefixes.some((prefix) => key.startsWith(prefix)), `${key} is not listed`)
    );
    if (!hasMagic(pattern)) assert(found.filter(Boolean).length <= 1, "without wildcards it matches several");
    return found;
  },
  judge(outcome, input) {
    const pattern = textOf(input);
    if (outcome.kind === "refused" || !COMMON.test(pattern) || pattern.includes("..")) return;
    const plain = KEYS.filter((key) => /^[\w./-]+$/.test(key));
    const theirs = plain.filter((key) => micromatch.isMatch(key, pattern, { dot: true }));
    assertEquals(plain.filter((key) => outcome.value[KEYS.indexOf(key)]), theirs, "micromatch");
  },
});

/** Python's `fnmatch` as a regular expression, written anew of its documentation: `*`, `?`, `[seq]`, `[!seq]`. */
function fnmatchExpression(pattern: string): RegExp | undefined {
  let source = "";
  const characters = [...pattern.replace(/\*+/g, "*")];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i];
    if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    // Ranges have rules of their own, which the vectors are about.
    else if (character === "[") return undefined;
    else source += character.replace(/[\\^$.*+?()[\]{}|]/gu, "\\$&");
  }
  return new RegExp(`^(?:${source})$`, "su");
}

const fnmatch = target<boolean[]>({
  name: "fnmatch",
  count: 5000,
  longest: 400,
  seeds: () => fnmatchVectors.answers.map(([pattern]) => pattern).slice(0, 300),
  dictionary: ["*", "?", "[", "[!", "]", "-", "[]", "[!]", "\\", "\u{1F600}", "/", "**"],
  refusals: ["InvalidArgument"],
  async run(input) {
    const matches = await globMatcher(textOf(input), { semantics: "fnmatch" });
    return KEYS.map((key) => matches(key));
  },
  judge(outcome, input) {
    const pattern = textOf(input);
    // What counts as another name of the same place is cleaned here, which fnmatch doesn't.
    if (outcome.kind === "refused" || pattern.startsWith("/") || /\/\/|\.\.|(^|\/)\.(\/|$)/.test(pattern)) {
      return;
    }
    // More stars than that take a backtracking engine for ever.
    if ((pattern.match(/\*+/g) ?? []).length > 5) return;
    const expression = fnmatchExpression(pattern);
    if (!expression) return;
    assertEquals(
      KEYS.filter((_, i) => outcome.value[i]),
      KEYS.filter((key) => expression.test(key)),
      "as a regular expression",
    );
  },
});

/** Patterns of names. */
export const targets: readonly Target[] = [glob, fnmatch];
