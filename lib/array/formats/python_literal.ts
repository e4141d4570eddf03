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
    if (depth > MAX_DEPTH) throw this.#error(`brackets nested more than ${MAX_DEPTH} deep`);
    if (this.#take(/[uU]?(?=['"])/y) !== undefined) return this.#string();
    if (this.#take(/\(/y)) return this.#tuple(depth);
    if (this.#take(/\[/y)) return { kind: "list", items: this.#items(/\]/y, depth).items };
    if (this.#take(/\{/y)) return this.#dict(depth);
    const number = this.#take(/[+-]?\d+(?=[lL]?)/y);
    if (number !== undefined) {
      this.#take(/[lL]/y);
      return this.#integer(number);
    }
    const word = this.#take(/[A-Za-z_]\w*/y);
    if (word === "True") return true;
    if (word === "False") return false;
    if (word === "None") return null;
    throw this.#error("no literal");
  }

  end(): void {
    if (this.#take(/$/y) === undefined) throw this.#error("more than one literal");
  }

  #integer(digits: string): number {
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) throw this.#error(`the number ${digits.slice(0, 30)} is out of range`);
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
    let comma = false;
    while (this.#take(close) === undefined) {
      if (items.length > 0 && !comma) throw this.#error("no comma");
      items.push(this.value(depth + 1));
      comma = this.#take(/,/y) !== undefined;
    }
    return { items, comma };
  }

  #dict(depth: number): PythonLiteral {
    const entries = new Map<string, PythonLiteral>();
    let comma = true;
    while (this.#take(/\}/y) === undefined) {
      if (!comma) throw this.#error("no comma");
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw this.#error("a key that is no string");
      if (entries.has(key)) throw this.#error(`the key ${JSON.stringify(key)} comes twice`);
      if (this.#take(/:/y) === undefined) throw this.#error("no colon");
      entries.set(key, this.value(depth + 1));
      comma = this.#take(/,/y) !== undefined;
    }
    return { kind: "dict", entries };
  }

  #string(): string {
    const quote = this.#text[this.#at++];
    let value = "";
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at++];
      if (character === quote) return value;
      if (character === "\n") break;
      value += character === "\\" ? this.#escape() : character;
    }
    throw this.#error("a string without an end");
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    const simple = SIMPLE_ESCAPES.get(letter);
    if (simple !== undefined) return simple;
    const digits = HEX_DIGITS.get(letter);
    if (digits === undefined) throw this.#error("an escape that is not known");
    const hex = this.#text.slice(this.#at, this.#at + digits);
    const codePoint = /^[0-9a-fA-F]+$/.test(hex) && hex.length === digits
      ? Number.parseInt(hex, 16)
      : Infinity;
    if (codePoint > 0x10ffff) throw this.#error("a malformed escape");
    this.#at += digits;
    return String.fromCodePoint(codePoint);
  }

  /** Takes what `pattern` (sticky) matches after white space, if it does. */
  #take(pattern: RegExp): string | undefined {
    while (" \t\r\n\f".includes(this.#text[this.#at] || "x")) this.#at++;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #error(what: string): IntegrityError {
    const near = this.#text.slice(Math.max(0, this.#at - 20), this.#at + 20);
    return new IntegrityError(`${what} at character ${this.#at}, near ${JSON.stringify(near)}`);
  }
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
]);

const HEX_DIGITS: ReadonlyMap<string, number> = new Map([["x", 2], ["u", 4], ["U", 8]]);

/**
 * A string as Python's `repr` writes it: in single quotes unless that needs escapes and double quotes don't; what can't be printed is escaped.
 */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = Array.from(text, (character) => {
    if (character === quote || character === "\\") return `\\${character}`;
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    return character !== " " && /[\p{C}\p{Z}]/u.test(character)
      ? escaped(character.codePointAt(0) ?? 0)
      : character;
  });
  return quote + inner.join("") + quote;
}

function escaped(codePoint: number): string {
  const hex = codePoint.toString(16);
  if (codePoint < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return codePoint < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
