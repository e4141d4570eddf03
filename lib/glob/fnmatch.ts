/**
 * Python's `fnmatch.fnmatchcase` (3.9 and later): `*` and `?` match any characters, `/` and line ends too; nothing quotes but a class, as in
 * `[*]`; a `[` that is not closed is a character. https://docs.python.org/3/library/fnmatch.html
 *
 * @module
 */
import { ANY_CHARACTER, type CharacterSet, codePoints, single } from "./characters.ts";
import type { Program, Step } from "./program.ts";

/** The program of a pattern of Python's fnmatch. */
export function fnmatchProgram(pattern: string): Program {
  const text = Array.from(pattern);
  const program: Step[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at++];
    if (character === "*") {
      while (text[at] === "*") at++;
      const loop = program.length;
      program.push({ op: "fork", a: loop + 1, b: loop + 3 });
      program.push({ op: "take", set: ANY_CHARACTER });
      program.push({ op: "jump", to: loop });
    } else if (character === "?") {
      program.push({ op: "take", set: ANY_CHARACTER });
    } else {
      const close = character === "[" ? closing(text, at) : -1;
      if (close < 0) {
        program.push({ op: "take", set: single(character.codePointAt(0)!) });
      } else {
        program.push({ op: "take", set: readSet(text.slice(at, close)) });
        at = close + 1;
      }
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
function readSet(content: readonly string[]): CharacterSet {
  let negated = content[0] === "!";
  const codes = codePoints(content.slice(negated ? 1 : 0).join(""));
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
