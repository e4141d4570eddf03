/**
 * Path patterns, by picomatch: the engine of micromatch, without the Node built-ins that keep micromatch out of browser bundles.
 *
 * picomatch turns a pattern into a regular expression, and three things stand between that and keys. It reads more than wildcards as syntax
 * (`foo(1)`, `a|b`, quotes, `./`), so it gets nothing but wildcards, and a private character for everything else. It keeps wildcards from
 * matching names like `..`, which in a key are names like any other. And JavaScript runs its expression backtracking and by UTF-16 units, so it
 * is run by program.ts.
 *
 * @module
 */
import { CottonCandyError, InvalidArgumentError } from "../errors.ts";
import { ANY_CHARACTER, type CharacterSet, NO_SLASH, type Piece, single } from "./piece.ts";
import type { Program, Step } from "./program.ts";

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
export async function pathPrograms(patterns: readonly (readonly Piece[])[]): Promise<Program[]> {
  const { default: picomatch }: { default: Picomatch } = await import("picomatch");
  const programs = patterns.map((pieces): Program => {
    const symbols = new Symbols();
    const pattern = write(pieces, symbols);
    if (pattern === "") return [{ op: "end" }];
    return new Expression(picomatch.makeRe(pattern, OPTIONS).source, symbols).program();
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
function repeats(step: Step, index: number): boolean {
  switch (step.op) {
    case "except":
      return true;
    case "fork":
      return step.a <= index || step.b <= index;
    case "jump":
      return step.to <= index;
    default:
      return false;
  }
}

/** Unicode's private characters from U+E000 stand for the characters and sets of a pattern. */
const FIRST_SYMBOL = 0xe000;
const LAST_SYMBOL = 0xf8ff;

class Symbols {
  readonly #sets: CharacterSet[] = [];
  readonly #byCharacter = new Map<string, string>();

  character(character: string): string {
    let symbol = this.#byCharacter.get(character);
    if (symbol === undefined) {
      symbol = this.set(single(character.codePointAt(0)!));
      this.#byCharacter.set(character, symbol);
    }
    return symbol;
  }

  set(set: CharacterSet): string {
    return String.fromCharCode(FIRST_SYMBOL + this.#sets.push(set) - 1);
  }

  read(codePoint: number): CharacterSet | undefined {
    return codePoint <= LAST_SYMBOL ? this.#sets[codePoint - FIRST_SYMBOL] : undefined;
  }
}

/** A pattern as picomatch gets it. */
function write(pieces: readonly Piece[], symbols: Symbols): string {
  return pieces.map((piece) => {
    switch (piece.kind) {
      case "text":
        return piece.character === "/" ? "/" : symbols.character(piece.character);
      case "set":
        return symbols.set(piece.set);
      case "any":
        // As a set: picomatch takes a `?` behind a parenthesis for a character.
        return symbols.set(NO_SLASH);
      case "star":
        return "*";
      case "globstar":
        return "**";
      case "group": {
        const alternatives = piece.alternatives.map((alternative) => write(alternative, symbols));
        // For the same reason.
        return piece.operator === "?"
          ? `@(${alternatives.join("|")}|)`
          : `${piece.operator}(${alternatives.join("|")})`;
      }
    }
  }).join("");
}

/** How picomatch keeps `*` and `**` from matching `.` and `..`. */
const NO_DOTS = ["(?!\\.{1,2}(?:\\/|$))", "(?!(?:^|\\/)\\.{1,2}(?:\\/|$))"];

/** A regular expression of the kind that picomatch writes. */
type Node =
  | { readonly kind: "step"; readonly step: Step }
  | { readonly kind: "sequence" | "choice"; readonly nodes: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly atLeast: 0 | 1; readonly often: boolean }
  | { readonly kind: "except"; readonly node: Node };

/** Reads such an expression. */
class Expression {
  readonly #source: string;
  readonly #symbols: Symbols;
  #at = 0;

  constructor(source: string, symbols: Symbols) {
    this.#source = NO_DOTS.reduce((rest, assertion) => rest.replaceAll(assertion, ""), source);
    this.#symbols = symbols;
  }

  program(): Program {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw this.#unknown();
    const program: Step[] = [];
    emit(node, program);
    return program;
  }

  #choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#skip("|")) nodes.push(this.#sequence());
    return nodes.length === 1 ? nodes[0] : { kind: "choice", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at])) {
      nodes.push(this.#repeated());
    }
    return nodes.length === 1 ? nodes[0] : { kind: "sequence", nodes };
  }

  #repeated(): Node {
    const node = this.#atom();
    const quantifier = ["*", "+", "?"].find((sign) => this.#skip(sign));
    if (quantifier === undefined) return node;
    // Greedy or lazy is one, where only whole matches count.
    this.#skip("?");
    return { kind: "repeat", node, atLeast: quantifier === "+" ? 1 : 0, often: quantifier !== "?" };
  }

  #atom(): Node {
    if (this.#skip("(?=.)")) return { kind: "step", step: { op: "more" } };
    if (this.#skip("(?:(?!")) return this.#except();
    if (this.#skip("(?:") || this.#skip("(")) return this.#group();
    if (this.#skip("^")) return { kind: "step", step: { op: "start" } };
    if (this.#skip("$")) return { kind: "step", step: { op: "end" } };
    if (this.#skip("[^/]")) return take(NO_SLASH);
    if (this.#skip("\\/")) return take(single(0x2f));
    if (this.#skip(".")) return take(ANY_CHARACTER);
    const set = this.#symbols.read(this.#source.charCodeAt(this.#at));
    if (set === undefined) throw this.#unknown();
    this.#at++;
    return take(set);
  }

  #group(): Node {
    const node = this.#choice();
    if (!this.#skip(")")) throw this.#unknown();
    return node;
  }

  /**
   * `!(x)` is written as "not x here, then `*`", `(?:(?!(?:x)…)[^/]*?)` or, at the end, `(?:(?!(?:x)$))[^/]*?`. That would keep `!(a).npy` from
   * matching `ab.npy`, so it is read as what it means.
   */
  #except(): Node {
    const node = this.#atom();
    this.#group();
    const closed = this.#skip(")");
    this.#repeated();
    if (!closed && !this.#skip(")")) throw this.#unknown();
    return { kind: "except", node };
  }

  #skip(text: string): boolean {
    const found = this.#source.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  #unknown(): CottonCandyError {
    return new CottonCandyError(
      `this version of picomatch wrote an expression that is not understood, at ${this.#at} of ${
        JSON.stringify(this.#source)
      }: install one of 4.0`,
    );
  }
}

function take(set: CharacterSet): Node {
  return { kind: "step", step: { op: "take", set } };
}

/** Appends the steps of an expression. */
function emit(node: Node, program: Step[]): void {
  switch (node.kind) {
    case "step":
      program.push(node.step);
      break;
    case "sequence":
      for (const part of node.nodes) emit(part, program);
      break;
    case "choice":
      emitChoice(node.nodes, program);
      break;
    case "repeat":
      emitRepeat(node.node, node.atLeast, node.often, program);
      break;
    case "except": {
      const excluded: Step[] = [];
      emit(node.node, excluded);
      program.push({ op: "except", program: excluded });
    }
  }
}

function emitChoice(nodes: readonly Node[], program: Step[]): void {
  const jumps: number[] = [];
  for (const node of nodes.slice(0, -1)) {
    const fork = place(program);
    emit(node, program);
    jumps.push(place(program));
    program[fork] = { op: "fork", a: fork + 1, b: program.length };
  }
  emit(nodes[nodes.length - 1], program);
  for (const jump of jumps) program[jump] = { op: "jump", to: program.length };
}

function emitRepeat(node: Node, atLeast: 0 | 1, often: boolean, program: Step[]): void {
  const begin = program.length;
  if (atLeast === 1) {
    emit(node, program);
    program.push({ op: "fork", a: begin, b: program.length + 1 });
    return;
  }
  const fork = place(program);
  emit(node, program);
  if (often) program.push({ op: "jump", to: begin });
  program[fork] = { op: "fork", a: fork + 1, b: program.length };
}

/** Makes room for a step whose target is not known yet. */
function place(program: Step[]): number {
  return program.push({ op: "jump", to: program.length + 1 }) - 1;
}
