/**
 * Reads a path pattern without braces into its pieces, as bash has them.
 *
 * `*`, `?`, `[a-c]`, `[!a]`, `[[:alpha:]]` and `?(a|b)`, `*(…)`, `+(…)`, `@(…)`, `!(…)`; `**` alone between slashes crosses them; `\\` quotes. What
 * is not well formed (an unclosed `[` or `(`, a class with a `/`) is text.
 *
 * @module
 */
import { InvalidArgumentError } from "../errors.ts";
import { abridged } from "./braces.ts";
import { type CharacterSet, NO_SLASH, onlyCharacter, setOf, SLASH } from "./matcher.ts";

/** One piece of a pattern: a character of a set, a wildcard, or a group. */
export type PatternPiece =
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "star" | "globstar" }
  | {
    readonly kind: "group";
    readonly operator: GroupOperator;
    readonly alternatives: readonly PatternPiece[][];
  };

/** How often a group matches; `!`: whatever is none of its alternatives. */
export type GroupOperator = "?" | "*" | "+" | "@" | "!";

/** Each level of groups is a level of recursion here and in what runs the pattern. */
const MAX_DEPTH = 50;

/**
 * The pieces of a pattern.
 *
 * @throws {InvalidArgumentError} when its groups are nested too deep.
 */
export function readPieces(pattern: string): PatternPiece[] {
  return new PatternReader(pattern).pieces();
}

class PatternReader {
  readonly #pattern: string;
  readonly #text: readonly string[];
  /** For every group, where its `(` is: where its `|` and its `)` are. */
  readonly #close: ReadonlyMap<number, readonly number[]>;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#text = Array.from(pattern);
    this.#close = closings(this.#text);
  }

  pieces(from: number = 0, to: number = this.#text.length, depth: number = 0): PatternPiece[] {
    if (depth > MAX_DEPTH) {
      throw new InvalidArgumentError(
        `the groups of ${abridged(this.#pattern)} are nested more than ${MAX_DEPTH} deep`,
      );
    }
    const text = this.#text;
    const pieces: PatternPiece[] = [];
    for (let at = from; at < to; at++) {
      const character = text[at];
      const group = isOperator(character) ? this.#close.get(at + 1) : undefined;
      if (group !== undefined && isOperator(character)) {
        const alternatives = group.map((end, index) =>
          this.pieces(index === 0 ? at + 2 : group[index - 1] + 1, end, depth + 1)
        );
        pieces.push({ kind: "group", operator: character, alternatives });
        at = group[group.length - 1];
      } else if (character === "*") {
        const begin = at;
        // The last of several stars may open a group: `**(a)`.
        while (at + 1 < to && text[at + 1] === "*" && !this.#close.has(at + 2)) at++;
        const alone = depth === 0 && at === begin + 1 && (begin === from || text[begin - 1] === "/") &&
          (at + 1 === to || text[at + 1] === "/");
        pieces.push({ kind: alone ? "globstar" : "star" });
      } else if (character === "?") {
        pieces.push({ kind: "set", set: NO_SLASH });
      } else {
        const { set, end } = this.#character(at, to, depth > 0);
        pieces.push({ kind: "set", set });
        at = end - 1;
      }
    }
    return pieces;
  }

  /** A class, a quoted character, or a character. */
  #character(at: number, to: number, inGroup: boolean): { set: CharacterSet; end: number } {
    const text = this.#text;
    const found = text[at] === "[" ? readPathSet(text, at, inGroup) : undefined;
    if (found) return found;
    const isQuote = text[at] === "\\" && at + 1 < to;
    return { set: setOf(text[isQuote ? at + 1 : at].codePointAt(0)!), end: isQuote ? at + 2 : at + 1 };
  }
}

function isOperator(character: string): character is GroupOperator {
  return /^[?*+@!]$/.test(character);
}

/** Finds the groups that are closed: a `(` behind an operator, with its own `|`s and its `)`. */
function closings(text: readonly string[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  const open: { readonly at: number; readonly bars: number[]; readonly group: boolean }[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const innermost = open.at(-1);
    if (character === "\\") {
      at++;
    } else if (character === "[") {
      at = (readPathSet(text, at, open.length > 0)?.end ?? at + 1) - 1;
    } else if (character === "(") {
      // Parentheses that open no group count too, so that `@(a(b)|c)` is closed where one expects.
      open.push({ at, bars: [], group: at > 0 && isOperator(text[at - 1]) && !isQuoted(text, at - 1) });
    } else if (character === "|" && innermost !== undefined) {
      innermost.bars.push(at);
    } else if (character === ")" && innermost !== undefined) {
      open.pop();
      if (innermost.group) groups.set(innermost.at, [...innermost.bars, at]);
    }
  }
  return groups;
}

function isQuoted(text: readonly string[], at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

/** POSIX's names for sets, in its own locale: the first and the last character of each range. */
const NAMED_SETS: ReadonlyMap<string, readonly string[]> = new Map([
  ["alnum", ["09", "AZ", "az"]],
  ["alpha", ["AZ", "az"]],
  ["blank", ["  ", "\t\t"]],
  ["cntrl", ["\0\x1f", "\x7f\x7f"]],
  ["digit", ["09"]],
  ["graph", ["!~"]],
  ["lower", ["az"]],
  ["print", [" ~"]],
  ["punct", ["!/", ":@", "[`", "{~"]],
  ["space", ["  ", "\t\r"]],
  ["upper", ["AZ"]],
  ["word", ["09", "AZ", "az", "__"]],
  ["xdigit", ["09", "AF", "af"]],
]);

/**
 * The class that opens at `open`, and where it ends. `!` or `^` negates it; a `]` that comes first is a character; it never matches `/`. A `/` in
 * it makes it no class, since a segment ends there, but for inside of a group (`+([!/])`).
 */
function readPathSet(
  text: readonly string[],
  open: number,
  inGroup: boolean,
): { set: CharacterSet; end: number } | undefined {
  let at = open + 1;
  const negated = text[at] === "!" || text[at] === "^";
  if (negated) at++;
  const ranges: (readonly [number, number])[] = [];
  for (const first = at; at < text.length; at++) {
    if (text[at] === "]" && at > first) {
      return {
        set: negated ? { ranges: [...ranges, [SLASH, SLASH]], negated } : splitAtSlash(ranges),
        end: at + 1,
      };
    }
    const named = text[at] === "[" && text[at + 1] === ":" ? readNamedSet(text, at + 2) : undefined;
    if (named !== undefined) {
      ranges.push(...named.ranges);
      at = named.end - 1;
      continue;
    }
    if (text[at] === "\\" && at + 1 < text.length) at++;
    if (text[at] === "/" && !inGroup) return undefined;
    const low = text[at].codePointAt(0)!;
    let high = low;
    if (text[at + 1] === "-" && at + 2 < text.length && text[at + 2] !== "]") {
      at += 2;
      if (text[at] === "\\" && at + 1 < text.length) at++;
      if (text[at] === "/" && !inGroup) return undefined;
      high = text[at].codePointAt(0)!;
    }
    if (low <= high) ranges.push([low, high]);
  }
  return undefined;
}

/** `[.-0]` has a `/` between its ends. */
function splitAtSlash(ranges: readonly (readonly [number, number])[]): CharacterSet {
  const kept = ranges.flatMap(([low, high]): (readonly [number, number])[] =>
    low <= SLASH && SLASH <= high ? [[low, SLASH - 1], [SLASH + 1, high]] : [[low, high]]
  );
  return { ranges: kept.filter(([low, high]) => low <= high), negated: false };
}

function readNamedSet(
  text: readonly string[],
  from: number,
): { ranges: [number, number][]; end: number } | undefined {
  const end = text.indexOf(":", from);
  if (end < 0 || end - from > 6 || text[end + 1] !== "]") return undefined;
  const ranges = NAMED_SETS.get(text.slice(from, end).join(""));
  return ranges &&
    { ranges: ranges.map((range) => [range.charCodeAt(0), range.charCodeAt(1)]), end: end + 2 };
}

/** What everything begins with that a pattern matches; `whole`: and it is nothing else. */
export interface LiteralPrefix {
  readonly text: string;
  readonly whole: boolean;
}

/** The literal beginning of a path pattern. */
export function literalOfPieces(pieces: readonly PatternPiece[]): LiteralPrefix {
  let text = "";
  for (const piece of pieces) {
    const codePoint = piece.kind === "set" ? onlyCharacter(piece.set) : undefined;
    if (codePoint === undefined) {
      const isOnce = piece.kind === "group" && (piece.operator === "@" || piece.operator === "+");
      if (isOnce) text += commonPrefix(piece.alternatives.map((each) => literalOfPieces(each).text));
      return { text, whole: false };
    }
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
