/**
 * Runs patterns over keys in a time that grows with pattern × key, whatever both are: a backtracking expression takes years for
 * `*a*a*a*a*a*b` and a long key of `a`, and keys are others' input.
 *
 * A pattern is a program of small steps, as Ken Thompson's matcher has them (https://swtch.com/~rsc/regexp/regexp2.html). It is run
 * backtracking, but no step is taken twice at the same place.
 *
 * @module
 */
import { ANY_CHARACTER, type CharacterSet, codePoints, contains, single } from "./piece.ts";

/** One step of a program. Steps without a target go on with the one behind them. */
export type Step =
  /** Takes one character of a set. */
  | { readonly op: "take"; readonly set: CharacterSet }
  /** Goes on at either step. */
  | { readonly op: "fork"; readonly a: number; readonly b: number }
  | { readonly op: "jump"; readonly to: number }
  /** Goes on at the key's first character, at its end, or anywhere but at its end. */
  | { readonly op: "start" | "end" | "more" }
  /** Takes any part of a path segment that the program does not match whole. */
  | { readonly op: "except"; readonly program: Program };

/** A pattern; it has matched when a step behind the last one is reached. */
export type Program = readonly Step[];

const SLASH = 0x2f;

/** A predicate of keys that a program matches whole. */
export function matcherOf(program: Program): (key: string) => boolean {
  return (key) => {
    const text = codePoints(key);
    return new Run(text).ends(program, 0, text.length)[text.length] === 1;
  };
}

/** Matching one key. */
class Run {
  readonly #text: readonly number[];
  /** What was found already for the programs inside of `except`, by where they began. */
  readonly #known = new Map<Program, Uint8Array[]>();

  constructor(text: readonly number[]) {
    this.#text = text;
  }

  /** How long the matches are that begin at `start` and end at `limit` at the latest: 1 at each of these lengths. */
  ends(program: Program, start: number, limit: number): Uint8Array {
    const text = this.#text;
    const width = limit - start + 1;
    const ends = new Uint8Array(width);
    const seen = new Uint8Array(program.length * width);
    const pending = [start];
    const steps = [0];
    const go = (step: number, at: number) => {
      const place = at - start;
      if (step >= program.length) {
        ends[place] = 1;
      } else if (seen[step * width + place] === 0) {
        seen[step * width + place] = 1;
        steps.push(step);
        pending.push(at);
      }
    };
    if (program.length === 0) {
      ends[0] = 1;
      return ends;
    }
    while (steps.length > 0) {
      const index = steps.pop()!;
      const at = pending.pop()!;
      const step = program[index];
      switch (step.op) {
        case "take":
          if (at < limit && contains(step.set, text[at])) go(index + 1, at + 1);
          break;
        case "fork":
          go(step.b, at);
          go(step.a, at);
          break;
        case "jump":
          go(step.to, at);
          break;
        case "start":
          if (at === 0) go(index + 1, at);
          break;
        case "end":
          if (at === text.length) go(index + 1, at);
          break;
        case "more":
          if (at < text.length) go(index + 1, at);
          break;
        case "except": {
          const excluded = this.#inner(step.program, at);
          for (const [length, isEnd] of excluded.entries()) {
            if (isEnd === 0 && at + length <= limit) go(index + 1, at + length);
          }
        }
      }
    }
    return ends;
  }

  /** How long matches are that end within the path segment that they begin in. */
  #inner(program: Program, start: number): Uint8Array {
    let known = this.#known.get(program);
    if (known === undefined) this.#known.set(program, known = []);
    if (known[start] === undefined) {
      const slash = this.#text.indexOf(SLASH, start);
      known[start] = this.ends(program, start, slash < 0 ? this.#text.length : slash);
    }
    return known[start];
  }
}

// Python's `fnmatch.fnmatchcase` (3.9 and later): `*` and `?` match any characters, `/` and line ends too; nothing quotes but a class, as in
// `[*]`; a `[` that is not closed is a character. https://docs.python.org/3/library/fnmatch.html

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
