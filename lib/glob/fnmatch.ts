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
 * range is a character. Ranges go away from the end on, so that one may come to be that was none.
 *
 * A `!` which comes first only because a range before it is nothing negates too, as it does in Python (`[b-a!c]` is `[!c]`).
 *
 * Source: `translate` of https://github.com/python/cpython/blob/3.11/Lib/fnmatch.py
 */
function readFnmatchSet(content: readonly string[]): CharacterSet {
  const parts = withoutEmptyRanges(betweenHyphens(codePointsOf(content.join(""))));
  const items = parts.flatMap((part, index) => index === 0 ? part : [RANGE, ...part]);
  const negated = items[0] === EXCLAMATION;
  const ranges: [number, number][] = [];
  for (let at = negated ? 1 : 0; at < items.length;) {
    const first = items[at] === RANGE ? HYPHEN : items[at];
    const isRange = items[at] !== RANGE && items[at + 1] === RANGE && at + 2 < items.length;
    ranges.push([first, isRange ? items[at + 2] : first]);
    at += isRange ? 3 : 1;
  }
  return { ranges, negated };
}

/** What stands between the hyphens that make ranges. */
function betweenHyphens(codes: readonly number[]): number[][] {
  const parts: number[][] = [];
  let start = 0;
  let at = codes.indexOf(HYPHEN, codes[0] === EXCLAMATION ? 2 : 1);
  for (; at >= 0; at = codes.indexOf(HYPHEN, at + 3)) {
    parts.push(codes.slice(start, at));
    start = at + 1;
  }
  // One at the end is a character.
  if (start < codes.length || parts.length === 0) parts.push(codes.slice(start));
  else parts[parts.length - 1].push(HYPHEN);
  return parts;
}

function withoutEmptyRanges(parts: number[][]): number[][] {
  const kept = [...parts];
  for (let at = kept.length - 1; at > 0; at--) {
    const [before, after] = [kept[at - 1], kept[at]];
    if (before[before.length - 1] > after[0]) {
      kept.splice(at - 1, 2, [...before.slice(0, -1), ...after.slice(1)]);
    }
  }
  return kept;
}

/** Stands for a hyphen that makes a range. */
const RANGE = -1;
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
