import { IntegrityError } from "../../errors.ts";

/** A value that a Python expression of constants stands for. */
export type PythonLiteral =
  | string
  | number
  | boolean
  | null
  | { readonly kind: "tuple" | "list"; readonly items: readonly PythonLiteral[] }
  | { readonly kind: "dict"; readonly entries: ReadonlyMap<string, PythonLiteral> };

/** Brackets nested deeper than this are refused, so that hostile text can't exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * Reads the part of Python's literals that .npy headers are written in: strings, whole numbers (also Python 2's `2L`), True, False, None, tuples,
 * lists, and dicts with string keys. Nothing is evaluated.
 *
 * @throws {IntegrityError} when the text is anything else, or two keys of a dict are the same.
 */
export function parsePythonLiteral(text: string): PythonLiteral {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonLiteral {
    if (depth > MAX_DEPTH) throw this.#syntaxError(`brackets nested more than ${MAX_DEPTH} deep`);
    if (this.#take(/\(/y)) return this.#tuple(depth);
    if (this.#take(/\[/y)) return { kind: "list", items: this.#items(/\]/y, depth).items };
    if (this.#take(/\{/y)) return this.#dict(depth);
    const string = this.#take(/[uU]?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/y);
    if (string !== undefined) return this.#unescaped(string.replace(/^[uU]/, "").slice(1, -1));
    const number = this.#take(/[+-]?\d+[lL]?/y);
    if (number !== undefined) return this.#integer(number);
    const word = this.#take(/[A-Za-z_]\w*/y) ?? "";
    const constant = CONSTANTS.get(word);
    if (constant === undefined) throw this.#syntaxError("no literal");
    return constant;
  }

  end(): void {
    if (this.#take(/$/y) === undefined) throw this.#syntaxError("more than one literal");
  }

  #integer(digits: string): number {
    const value = Number.parseInt(digits, 10);
    if (!Number.isSafeInteger(value)) {
      throw this.#syntaxError(`the number ${digits.slice(0, 30)} is out of range`);
    }
    // Python has no negative zero.
    return value + 0;
  }

  #tuple(depth: number): PythonLiteral {
    const { items, comma } = this.#items(/\)/y, depth);
    // Parentheses around one value without a comma only group.
    return items.length === 1 && !comma ? items[0] : { kind: "tuple", items };
  }

  #items(close: RegExp, depth: number): { items: PythonLiteral[]; comma: boolean } {
    const items: PythonLiteral[] = [];
    const comma = this.#list(close, () => items.push(this.value(depth + 1)));
    return { items, comma };
  }

  #dict(depth: number): PythonLiteral {
    const entries = new Map<string, PythonLiteral>();
    this.#list(/\}/y, () => {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw this.#syntaxError("a key that is no string");
      if (entries.has(key)) throw this.#syntaxError(`the key ${JSON.stringify(key)} comes twice`);
      if (this.#take(/:/y) === undefined) throw this.#syntaxError("no colon");
      entries.set(key, this.value(depth + 1));
    });
    return { kind: "dict", entries };
  }

  /** Reads items with commas between them up to a bracket; gives whether a comma stands before that. */
  #list(close: RegExp, readItem: () => void): boolean {
    let comma = true;
    while (this.#take(close) === undefined) {
      if (!comma) throw this.#syntaxError("no comma");
      readItem();
      comma = this.#take(/,/y) !== undefined;
    }
    return comma;
  }

  #unescaped(text: string): string {
    return text.replace(
      /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs,
      (_, x, u, U, letter) => {
        const codePoint = Number.parseInt(x ?? u ?? U, 16);
        if (codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
        const meant = ESCAPES.get(letter);
        if (meant === undefined) throw this.#syntaxError("a malformed escape, or one that is not known");
        return meant;
      },
    );
  }

  /** Takes what `pattern` (sticky) matches after white space, if it does. */
  #take(pattern: RegExp): string | undefined {
    while (" \t\r\n\f".includes(this.#text[this.#at] || "x")) this.#at++;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #syntaxError(what: string): IntegrityError {
    const near = this.#text.slice(Math.max(0, this.#at - 20), this.#at + 20);
    return new IntegrityError(`${what} at character ${this.#at}, near ${JSON.stringify(near)}`);
  }
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([["True", true], ["False", false], [
  "None",
  null,
]]);

const ESCAPES: ReadonlyMap<string, string> = new Map(
  [..."\\'\"", ..."nrtabfv"].map((letter, i) => [letter, "\\'\"\n\r\t\x07\b\f\v"[i]]),
);
