/**
 * Python's ideas of wildcards, which its `ls` and `lsdir` follow.
 *
 * @module
 */
import { codePoints, onlyCharacter, type Piece } from "./piece.ts";
import type { Program } from "./program.ts";

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

// What can be said of a key before it is matched: where it begins.

/** What everything begins with that a pattern of pieces matches; `whole`: and it is nothing else. */
export interface Literal {
  readonly text: string;
  readonly whole: boolean;
}

/** The literal beginning of a path pattern. */
export function literalOfPieces(pieces: readonly Piece[]): Literal {
  let text = "";
  for (const piece of pieces) {
    switch (piece.kind) {
      case "text":
        text += piece.character;
        break;
      case "set": {
        const codePoint = onlyCharacter(piece.set);
        if (codePoint === undefined) return { text, whole: false };
        text += String.fromCodePoint(codePoint);
        break;
      }
      case "group":
        if (piece.operator === "@" || piece.operator === "+") {
          text += commonPrefix(piece.alternatives.map((alternative) => literalOfPieces(alternative).text));
        }
        return { text, whole: false };
      default:
        return { text, whole: false };
    }
  }
  return { text, whole: true };
}

/** The literal beginning of a pattern of Python's fnmatch. */
export function literalOfProgram(program: Program): Literal {
  let text = "";
  for (const step of program) {
    const codePoint = step.op === "take" ? onlyCharacter(step.set) : undefined;
    if (codePoint === undefined) return { text, whole: false };
    text += String.fromCodePoint(codePoint);
  }
  return { text, whole: true };
}

/** The longest text that all of the texts begin with; it ends between characters. */
export function commonPrefix(texts: readonly string[]): string {
  if (texts.length === 0) return "";
  const [first, ...others] = texts;
  let end = first.length;
  for (const other of others) {
    let at = 0;
    while (at < end && first[at] === other[at]) at++;
    end = at;
  }
  const prefix = first.slice(0, end);
  return prefix.isWellFormed() ? prefix : prefix.slice(0, -1);
}

/** The texts that don't begin with another of them, in the order in which stores list: by code points. */
export function withoutCovered(texts: readonly string[]): string[] {
  const sorted = texts.map((text) => ({ text, codes: codePoints(text) })).sort((a, b) =>
    compare(a.codes, b.codes)
  );
  const kept: string[] = [];
  for (const { text } of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !text.startsWith(last)) kept.push(text);
  }
  return kept;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    if (a[at] !== b[at]) return a[at] - b[at];
  }
  return a.length - b.length;
}
