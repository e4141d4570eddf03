/**
 * Runs patterns over keys in a time that grows with pattern × key, whatever both are: a backtracking expression takes years for
 * `*a*a*a*a*a*b` and a long key of `a`, and keys are others' input.
 *
 * A pattern is a program of small steps, as Ken Thompson's matcher has them (https://swtch.com/~rsc/regexp/regexp2.html). It is run
 * backtracking, but no step is taken twice at the same place.
 *
 * @module
 */

/** Code points, as ranges with both ends included; or, `negated`, all but those. */
export interface CharacterSet {
  /** Pairs of first and last code point. */
  readonly ranges: readonly (readonly [first: number, last: number])[];
  /** Whether the set is what the ranges leave. */
  readonly negated: boolean;
}

/** The code point of `/`. */
export const SLASH = 0x2f;

/** Every character. */
export const ANY_CHARACTER: CharacterSet = { ranges: [], negated: true };

/** Every character but `/`. */
export const NO_SLASH: CharacterSet = { ranges: [[SLASH, SLASH]], negated: true };

/** The set of one character. */
export function setOf(codePoint: number): CharacterSet {
  return { ranges: [[codePoint, codePoint]], negated: false };
}

/** Whether a set has a character. */
export function contains({ ranges, negated }: CharacterSet, codePoint: number): boolean {
  for (const [first, last] of ranges) {
    if (codePoint >= first && codePoint <= last) return !negated;
  }
  return negated;
}

/** The only character of a set, when it is written with one. */
export function onlyCharacter({ ranges, negated }: CharacterSet): number | undefined {
  if (negated || ranges.length !== 1) return undefined;
  const [[first, last]] = ranges;
  return first === last ? first : undefined;
}

/** The code points of a text. */
export function codePointsOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

/** One step of a program. Steps without a target go on with the one behind them; targets count from the step itself. */
export type MatchStep =
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
export type Program = readonly MatchStep[];

/** Takes one character of a set. */
export function take(set: CharacterSet): Program {
  return [{ op: "take", set }];
}

/** One of several programs. */
export function choice(programs: readonly Program[]): Program {
  // How many steps are behind the program at hand.
  let rest = programs.reduce((sum, program) => sum + program.length + 2, -2);
  return programs.flatMap((program, index): Program => {
    if (index === programs.length - 1) return program;
    rest -= program.length + 2;
    return [{ op: "fork", a: 1, b: program.length + 2 }, ...program, { op: "jump", to: rest + 1 }];
  });
}

/** A program none or one time (`?`), any number of times (`*`), or at least once (`+`). */
export function repeat(program: Program, quantifier: "?" | "*" | "+"): Program {
  const { length } = program;
  switch (quantifier) {
    case "?":
      return [{ op: "fork", a: 1, b: length + 1 }, ...program];
    case "*":
      return [{ op: "fork", a: 1, b: length + 2 }, ...program, { op: "jump", to: -length - 1 }];
    case "+":
      return [...program, { op: "fork", a: -length, b: 1 }];
  }
}

/** A predicate of keys that a program matches whole. */
export function matcherOf(program: Program): (key: string) => boolean {
  return (key) => {
    const text = codePointsOf(key);
    return new KeyMatch(text).ends(program, 0, text.length)[text.length] === 1;
  };
}

/** Matching one key. */
class KeyMatch {
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
    const pending: number[] = [];
    const steps: number[] = [];
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
    go(0, start);
    while (steps.length > 0) {
      const index = steps.pop()!;
      const at = pending.pop()!;
      const step = program[index];
      switch (step.op) {
        case "take":
          if (at < limit && contains(step.set, text[at])) go(index + 1, at + 1);
          break;
        case "fork":
          go(index + step.b, at);
          go(index + step.a, at);
          break;
        case "jump":
          go(index + step.to, at);
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
