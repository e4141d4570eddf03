/**
 * Patterns of keys: which keys match, and from where to list them. Nothing here touches storage.
 *
 * Two meanings are there. `"path"`, the default, is that of shells:
 *
 * | pattern | matches |
 * |---|---|
 * | `*` | any characters but `/`; a whole segment `*` is at least one |
 * | `?` | one character but `/` |
 * | `**` | alone between slashes: any number of segments, none too (`a/**` matches all below `a/`, and not the object `a`) |
 * | `[a-c]`, `[!a]`, `[^a]`, `[[:digit:]]` | one character that is, or is not, in the class; never `/` |
 * | `{a,b}`, `{1..9}`, `{01..12..2}` | each of the alternatives, as if they were separate patterns |
 * | `?(a\|b)`, `*(a\|b)`, `+(a\|b)`, `@(a\|b)`, `!(a\|b)` | none or one, any number, at least one, one of the patterns, or anything else |
 * | `\*` | the character itself |
 *
 * `"fnmatch"` is Python's `fnmatch.fnmatchcase`, which Python's cottoncandy uses: `*`, `?`, `[seq]` and `[!seq]` only, and each matches `/` too.
 *
 * In both, keys are opaque and compared exactly, with upper and lower case, on every platform: a name that begins with `.` is like any other, a
 * trailing `/` belongs to the key, and characters are unicode's (`?` matches 😀). Only the pattern is cleaned as names are: runs of `/` count as
 * one, and one leading `/` is dropped. Time is bounded by the pattern's length times the key's, whatever they are.
 *
 * The engine of path patterns is picomatch: it says what wildcards and groups mean. What is around it is here, since keys are neither files nor
 * trusted: braces with a bound of what they stand for (`braces.ts`); what is a wildcard and what is text, as bash has it, and how all matches begin
 * (`path_pattern.ts`); picomatch's expressions without its rules for `..` (`picomatch.ts`); and a matcher that no key and no pattern keep busy, where
 * JavaScript's would backtrack (`matcher.ts`). Python's rules need no engine (`fnmatch.ts`).
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../options.ts";
import { InvalidArgumentError } from "../errors.ts";
import { cleanPrefix } from "../names.ts";
import { abridged, expandBraces } from "./braces.ts";
import { fnmatchProgram, literalOfProgram } from "./fnmatch.ts";
import { codePointsOf, matcherOf, type Program } from "./matcher.ts";
import { commonPrefix, literalOfPieces, type LiteralPrefix, readPieces } from "./path_pattern.ts";
import { pathPrograms } from "./picomatch.ts";

export { expandBraces } from "./braces.ts";
export { cutToDepth, hasFnmatchMagic, hasTrivialMagic, removeTrivialMagic } from "./fnmatch.ts";

/** What a pattern means. */
export type GlobSemantics = "path" | "fnmatch";

/** How to read a pattern. */
export interface GlobOptions {
  /** The meaning of wildcards; default `"path"`. */
  readonly semantics?: GlobSemantics;
}

/** Options of {@linkcode literalPrefixes}. */
export interface LiteralPrefixesOptions extends GlobOptions {
  /** The most prefixes to give, so the most listings to begin; default 16. */
  readonly limit?: number;
}

const GLOB_OPTIONS: OptionTable<GlobOptions> = { semantics: true };
const PREFIXES_OPTIONS: OptionTable<LiteralPrefixesOptions> = { semantics: true, limit: true };

/** The longest pattern, in UTF-16 units. */
const MAX_LENGTH = 4096;

/**
 * A predicate of keys that match a pattern as a whole.
 *
 * What matches by path is decided by picomatch, the engine of micromatch, which is loaded when the first pattern with wildcards needs it.
 *
 * @param pattern Relative to where the keys begin; without wildcards it matches that key alone.
 * @throws {InvalidArgumentError} when the pattern leads out of its root by `..`, is no valid unicode, is longer than 4096 characters, stands for
 * more than 1000 patterns, or has groups nested more than 50 deep, or long ones inside of `!(…)`.
 *
 * @example
 * ```ts
 * import { globMatcher } from "@cottoncandy/cottoncandy/glob";
 *
 * const matches = await globMatcher("sub{01,02}/**\/*.npy");
 * console.assert(matches("sub01/run1/bold.npy") && matches("sub02/mask.npy"));
 * console.assert(!matches("sub03/mask.npy") && !matches("sub01/mask.npy.txt"));
 *
 * const asPython = await globMatcher("sub01/*", { semantics: "fnmatch" });
 * console.assert(asPython("sub01/run1/bold.npy"));
 * ```
 */
export async function globMatcher(
  pattern: string,
  options: GlobOptions = {},
): Promise<(key: string) => boolean> {
  checkOptions(options, GLOB_OPTIONS);
  const { literals, compile } = readPattern(pattern, options);
  const names = new Set(literals.filter(({ whole }) => whole).map(({ text }) => text));
  const open = literals.filter(({ whole }) => !whole);
  const programs = open.length > 0 ? await compile() : [];
  const matchers = programs.map((program, index) => {
    const { text } = open[index];
    const matches = matcherOf(program);
    return (key: string) => key.startsWith(text) && matches(key);
  });
  return (key) => names.has(key) || matchers.some((matches) => matches(key));
}

/**
 * The longest text that all keys begin with that match a pattern: where to list them from. It may end anywhere, not only behind a `/`, and it is
 * free of quoting: of a pattern without wildcards it is the key.
 *
 * @throws {InvalidArgumentError} as {@linkcode globMatcher} does.
 *
 * @example
 * ```ts
 * import { literalPrefix } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(literalPrefix("data/sub*\/run1") === "data/sub");
 * console.assert(literalPrefix("data/{run1,run2}/x") === "data/run");
 * console.assert(literalPrefix("data/\\*.npy") === "data/*.npy");
 * ```
 */
export function literalPrefix(pattern: string, options: GlobOptions = {}): string {
  checkOptions(options, GLOB_OPTIONS);
  return commonPrefix(readPattern(pattern, options).literals.map(({ text }) => text));
}

/**
 * Prefixes that together have all keys that match a pattern, each key once: one for each alternative of its braces, where listing these lists
 * less. They come in the order of their UTF-8 bytes, so that listings of one after the other are in order as a whole.
 *
 * @returns At least one prefix; when there would be more than `limit`, only what all have in common.
 * @throws {InvalidArgumentError} as {@linkcode globMatcher} does.
 *
 * @example
 * ```ts
 * import { literalPrefixes } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(literalPrefixes("{b,a}/x*").join() === "a/x,b/x");
 * console.assert(literalPrefixes("{data,data/sub}*").join() === "data");
 * ```
 */
export function literalPrefixes(pattern: string, options: LiteralPrefixesOptions = {}): string[] {
  checkOptions(options, PREFIXES_OPTIONS);
  const { limit = 16 } = options;
  const texts = readPattern(pattern, options).literals.map(({ text }) => text);
  const prefixes = withoutCovered(texts);
  return prefixes.length <= limit ? prefixes : [commonPrefix(texts)];
}

/**
 * Whether a pattern may match other keys than one.
 *
 * @throws {InvalidArgumentError} as {@linkcode globMatcher} does.
 *
 * @example
 * ```ts
 * import { hasMagic } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(hasMagic("sub0?") && hasMagic("{a,b}") && hasMagic("@(a|b)"));
 * console.assert(!hasMagic("{a}") && !hasMagic("\\*") && !hasMagic("{a,b}", { semantics: "fnmatch" }));
 * ```
 */
export function hasMagic(pattern: string, options: GlobOptions = {}): boolean {
  checkOptions(options, GLOB_OPTIONS);
  const { literals } = readPattern(pattern, options);
  return literals.length > 1 || !literals[0].whole;
}

/** What a pattern says of keys, by each of the patterns that it stands for. */
interface ReadPattern {
  readonly literals: readonly LiteralPrefix[];
  /** The programs of those that match more than their literal. */
  readonly compile: () => Promise<readonly Program[]>;
}

function readPattern(pattern: string, { semantics = "path" }: GlobOptions): ReadPattern {
  if (pattern.length > MAX_LENGTH) {
    throw new InvalidArgumentError(
      `the pattern ${abridged(pattern)} has ${pattern.length} characters, and at most ${MAX_LENGTH} are read`,
    );
  }
  switch (semantics) {
    case "fnmatch": {
      const program = fnmatchProgram(cleanPrefix(pattern));
      return { literals: [literalOfProgram(program)], compile: () => Promise.resolve([program]) };
    }
    case "path": {
      const patterns = Array.from(new Set(expandBraces(pattern).map(cleanPattern)), readPieces);
      const literals = patterns.map(literalOfPieces);
      return { literals, compile: () => pathPrograms(patterns.filter((_, index) => !literals[index].whole)) };
    }
    default:
      throw new InvalidArgumentError(
        `the semantics of a pattern are "path" or "fnmatch", and not ${JSON.stringify(semantics)}`,
      );
  }
}

/** Quoting a `/` changes nothing but would hide it from the rules of names. */
function cleanPattern(pattern: string): string {
  return cleanPrefix(pattern.replace(/\\([^])/g, (quoted, character) => character === "/" ? "/" : quoted));
}

/** The texts that don't begin with another of them, in the order in which stores list: by code points. */
function withoutCovered(texts: readonly string[]): string[] {
  const sorted = texts.map((text) => ({ text, codes: codePointsOf(text) })).sort((a, b) =>
    compareCodes(a.codes, b.codes)
  );
  const kept: string[] = [];
  for (const { text } of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !text.startsWith(last)) kept.push(text);
  }
  return kept;
}

function compareCodes(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    if (a[at] !== b[at]) return a[at] - b[at];
  }
  return a.length - b.length;
}
