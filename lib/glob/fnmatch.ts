/**
 * Python's `fnmatch.fnmatchcase` (3.9 and later), and what its cottoncandy makes of wildcards in `ls` and `lsdir`. `*` and `?` match any characters,
 * `/` and line ends too; nothing quotes but a class, as in `[*]`; a `[` that is not closed is a character.
 *
 * Source: https://docs.python.org/3/library/fnmatch.html
 *
 * @module
 */
import {
  ANY_CHARACTER,
  type CharacterSet,
  codePointsOf,
  type MatchStep,
  onlyCharacter,
  type Program,
  repeat,
  setOf,
  take,
} from "./matcher.ts";
import type { LiteralPrefix } from "./path_pattern.ts";

/** The program of a pattern of Python's fnmatch. */
export function fnmatchProgram(pattern: string): Program {
  const text = Array.from(pattern);
  const program: MatchStep[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const close = character === "[" ? closing(text, at + 1) : -1;
    if (character === "*") {
      if (text[at - 1] !== "*") program.push(...repeat(take(ANY_CHARACTER), "*"));
    } else if (character === "?") {
      program.push(...take(ANY_CHARACTER));
    } else if (close < 0) {
      program.push(...take(setOf(character.codePointAt(0)!)));
    } else {
      program.push(...take(readFnmatchSet(text.slice(at + 1, close))));
      at = close;
    }
  }
  return program;
}

/** Where the class ends whose first character is at `from`; a `]` that comes first is one of its characters. */
function closing(text: readonly string[], from: number): number {
  const first = text[from] === "!" ? from + 1 : from;
  return text.indexOf("]", first + 1);
}

/**
 * The set between `[` and `]`. A range that runs backwards is nothing, both its ends included; a `-` that comes first, last, or right behind a
 * range is a character.
 *
 * A `!` which comes first only because a range before it is nothing negates too, as it does in Python (`[b-a!c]` is `[!c]`).
 */
function readFnmatchSet(content: readonly string[]): CharacterSet {
  let negated = content[0] === "!";
  const codes = codePointsOf(content.slice(negated ? 1 : 0).join(""));
  const ranges: [number, number][] = [];
  let at = 0;
  while (at < codes.length) {
    const first = codes[at];
    const isRange = codes[at + 1] === HYPHEN && at + 2 < codes.length;
    const last = isRange ? codes[at + 2] : first;
    if (first === EXCLAMATION && !negated && at > 0 && ranges.length === 0) {
      negated = true;
      // Its range is none then: `[b-a!-c]` is `[!-c]`.
      if (isRange) ranges.push([HYPHEN, HYPHEN], [last, last]);
    } else if (first <= last) {
      ranges.push([first, last]);
    }
    at += isRange ? 3 : 1;
  }
  return { ranges, negated };
}

const EXCLAMATION = 0x21;
const HYPHEN = 0x2d;

/** The literal beginning of a pattern of Python's fnmatch. */
export function literalOfProgram(program: Program): LiteralPrefix {
  let text = "";
  for (const step of program) {
    const codePoint = step.op === "take" ? onlyCharacter(step.set) : undefined;
    if (codePoint === undefined) return { text, whole: false };
    text += String.fromCodePoint(codePoint);
  }
  return { text, whole: true };
}

/**
 * Whether Python's fnmatch may read a name as a pattern: whether it has any of `*`, `?`, `[`.
 *
 * @example
 * ```ts
 * import { hasFnmatchMagic } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(hasFnmatchMagic("sub0?") && !hasFnmatchMagic("{a,b}"));
 * ```
 */
export function hasFnmatchMagic(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/**
 * Whether a pattern is a directory with `/*` behind it and nothing else to it: `data/*`, but neither `*` nor `da*a/*`.
 *
 * @example
 * ```ts
 * import { hasTrivialMagic } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(hasTrivialMagic("data/*") && !hasTrivialMagic("data/*.npy"));
 * ```
 */
export function hasTrivialMagic(pattern: string): boolean {
  return pattern.endsWith("/*") && !hasFnmatchMagic(pattern.slice(0, -1));
}

/**
 * `data/*` as `data/`; other patterns as they are.
 *
 * @example
 * ```ts
 * import { removeTrivialMagic } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(removeTrivialMagic("data/*") === "data/");
 * console.assert(removeTrivialMagic("data/*.npy") === "data/*.npy");
 * ```
 */
export function removeTrivialMagic(pattern: string): string {
  return hasTrivialMagic(pattern) ? pattern.slice(0, -1) : pattern;
}

/**
 * A key cut to as many path segments as a pattern has: what Python's `ls` matches and shows, so that a pattern finds directories too. A key with
 * fewer segments stays whole, and no trailing `/` is left.
 *
 * @example
 * ```ts
 * import { cutToDepth } from "@cottoncandy/cottoncandy/glob";
 *
 * console.assert(cutToDepth("sub01/run1/data", "sub*") === "sub01");
 * console.assert(cutToDepth("sub01/run1/data", "sub01/*") === "sub01/run1");
 * ```
 */
export function cutToDepth(key: string, pattern: string): string {
  const segments = (path: string) => path.replace(/(?<=.)\/$/s, "").split("/");
  return segments(key).slice(0, segments(pattern).length).join("/");
}
