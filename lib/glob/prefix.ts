/**
 * What can be said of a key before it is matched: where it begins.
 *
 * @module
 */
import { codePoints, onlyCharacter } from "./characters.ts";
import type { Piece } from "./piece.ts";
import type { Program } from "./program.ts";

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
