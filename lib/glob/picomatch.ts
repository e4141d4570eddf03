/**
 * Path patterns, by picomatch: the engine of micromatch, without the Node built-ins that keep micromatch out of browser bundles.
 *
 * picomatch turns a pattern into a regular expression, and three things stand between that and keys. It reads more than wildcards as syntax
 * (`foo(1)`, `a|b`, quotes, `./`), so it gets nothing but wildcards, and a private character for everything else. It keeps wildcards from
 * matching names like `..`, which in a key are names like any other. And JavaScript runs its expression backtracking and by UTF-16 units, so it
 * is run by matcher.ts.
 *
 * @module
 */
import { CottonCandyError, InvalidArgumentError } from "../errors.ts";
import {
  ANY_CHARACTER,
  type CharacterSet,
  choice,
  type MatchStep,
  NO_SLASH,
  onlyCharacter,
  type Program,
  repeat,
  setOf,
  SLASH,
  take,
} from "./matcher.ts";
import type { PatternPiece } from "./path_pattern.ts";

/** What is used of picomatch. */
interface Picomatch {
  makeRe(pattern: string, options: Readonly<Record<string, boolean>>): RegExp;
}

const OPTIONS = {
  windows: false,
  // Keys have no hidden files.
  dot: true,
  // A `!` without parentheses is a character.
  nonegate: true,
  // A trailing slash is part of a key.
  strictSlashes: true,
  // The short ways are other expressions, for no gain here.
  fastpaths: false,
  // Repeated groups can't run away here: this would quote them.
  maxExtglobRecursion: false,
  // Errors instead of an expression that matches nothing.
  debug: true,
};

/** Gives the program of each pattern of pieces. */
export async function pathPrograms(patterns: readonly (readonly PatternPiece[])[]): Promise<Program[]> {
  const { default: picomatch }: { default: Picomatch } = await import("picomatch");
  const programs = patterns.map((pieces): Program => {
    const sets: CharacterSet[] = [];
    const pattern = toPicomatch(pieces, sets);
    if (pattern === "") return [{ op: "end" }];
    return new ExpressionReader(picomatch.makeRe(pattern, OPTIONS).source, sets).program();
  });
  if (programs.reduce((sum, program) => sum + excludedSteps(program), 0) > MAX_EXCLUDED_STEPS) {
    throw new InvalidArgumentError(
      'the "!(…)" of this pattern are too long: all together about 40 wildcards, or 500 characters without any, are read; ' +
        "leave keys out after matching instead",
    );
  }
  return programs;
}

/** What is inside of `!(…)` is matched from every character of a key, so that a long one would take seconds for each key. */
const MAX_EXCLUDED_STEPS = 128;

/** How many steps there are inside of `!(…)`. Text alone counts an eighth: most of its steps are never taken. */
function excludedSteps(program: Program): number {
  let sum = 0;
  for (const step of program) {
    if (step.op !== "except") continue;
    sum += excludedSteps(step.program) + step.program.length / (step.program.some(repeats) ? 1 : 8);
  }
  return sum;
}

/** Whether a step lets those behind it, or before it, be reached at any character. */
function repeats(step: MatchStep): boolean {
  return step.op === "except" || (step.op === "jump" && step.to < 0) || (step.op === "fork" && step.a < 0);
}

/** Unicode's private characters from U+E000 on stand for the sets of a pattern: there are more than a pattern has characters. */
const FIRST_SYMBOL = 0xe000;

/** A pattern as picomatch gets it; what its characters are, which are sets too, goes to `sets`. */
function toPicomatch(pieces: readonly PatternPiece[], sets: CharacterSet[]): string {
  return pieces.map((piece) => {
    switch (piece.kind) {
      case "set":
        if (onlyCharacter(piece.set) === SLASH) return "/";
        return String.fromCharCode(FIRST_SYMBOL + sets.push(piece.set) - 1);
      case "star":
        return "*";
      case "globstar":
        return "**";
      case "group": {
        const alternatives = piece.alternatives.map((alternative) => toPicomatch(alternative, sets));
        // picomatch takes a `?` behind a parenthesis for a character.
        return piece.operator === "?"
          ? `@(${alternatives.join("|")}|)`
          : `${piece.operator}(${alternatives.join("|")})`;
      }
    }
  }).join("");
}

/** How picomatch keeps `*` and `**` from matching `.` and `..`. */
const NO_DOTS = ["(?!\\.{1,2}(?:\\/|$))", "(?!(?:^|\\/)\\.{1,2}(?:\\/|$))"];

/** Reads a regular expression of the kind that picomatch writes, as a program. */
class ExpressionReader {
  readonly #source: string;
  readonly #sets: readonly CharacterSet[];
  #at = 0;

  constructor(source: string, sets: readonly CharacterSet[]) {
    this.#source = NO_DOTS.reduce((rest, assertion) => rest.replaceAll(assertion, ""), source);
    this.#sets = sets;
  }

  program(): Program {
    const program = this.#choice();
    if (this.#at < this.#source.length) throw this.#unknownError();
    return program;
  }

  #choice(): Program {
    const alternatives = [this.#sequence()];
    while (this.#skip("|")) alternatives.push(this.#sequence());
    return choice(alternatives);
  }

  #sequence(): Program {
    const programs: Program[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at])) {
      programs.push(this.#repeated());
    }
    return programs.flat();
  }

  #repeated(): Program {
    const program = this.#atom();
    const quantifier = (["*", "+", "?"] as const).find((sign) => this.#skip(sign));
    if (quantifier === undefined) return program;
    // Greedy or lazy is one, where only whole matches count.
    this.#skip("?");
    return repeat(program, quantifier);
  }

  #atom(): Program {
    if (this.#skip("(?=.)")) return [{ op: "more" }];
    if (this.#skip("(?:(?!")) return this.#except();
    if (this.#skip("(?:") || this.#skip("(")) return this.#group();
    if (this.#skip("^")) return [{ op: "start" }];
    if (this.#skip("$")) return [{ op: "end" }];
    if (this.#skip("[^/]")) return take(NO_SLASH);
    if (this.#skip("\\/")) return take(setOf(SLASH));
    if (this.#skip(".")) return take(ANY_CHARACTER);
    const set = this.#sets[this.#source.charCodeAt(this.#at) - FIRST_SYMBOL];
    if (!set) throw this.#unknownError();
    this.#at++;
    return take(set);
  }

  #group(): Program {
    const program = this.#choice();
    if (!this.#skip(")")) throw this.#unknownError();
    return program;
  }

  /**
   * `!(x)` is written as "not x here, then `*`", `(?:(?!(?:x)…)[^/]*?)` or, at the end, `(?:(?!(?:x)$))[^/]*?`. That would keep `!(a).npy` from
   * matching `ab.npy`, so it is read as what it means.
   */
  #except(): Program {
    const program = this.#atom();
    this.#group();
    const closed = this.#skip(")");
    this.#repeated();
    if (!closed && !this.#skip(")")) throw this.#unknownError();
    return [{ op: "except", program }];
  }

  #skip(text: string): boolean {
    const found = this.#source.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  #unknownError(): CottonCandyError {
    return new CottonCandyError(
      `this version of picomatch wrote an expression that is not understood, at ${this.#at} of ${
        JSON.stringify(this.#source)
      }: install one of 4.0`,
    );
  }
}
