/** The `q` parameter of files.list: its grammar is in the guide "Search query terms and operators". */
import { parameterError } from "./error.ts";
import { parseTime } from "./time.ts";

/** How two values are compared. */
export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** What is asked for. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly of: Condition }
  | {
    readonly kind: "text";
    readonly field: "name" | "mimeType";
    readonly op: TextOp;
    readonly value: string;
  }
  | {
    readonly kind: "time";
    readonly field: "createdTime" | "modifiedTime";
    readonly op: Comparison;
    readonly value: number;
  }
  | { readonly kind: "flag"; readonly field: "trashed" | "starred"; readonly value: boolean }
  | { readonly kind: "in"; readonly collection: "parents" | "owners"; readonly value: string }
  | {
    readonly kind: "has";
    readonly field: "properties" | "appProperties";
    readonly key: string;
    readonly value: string;
  };

type TextOp = "=" | "!=" | "contains";

/** Longer queries are refused. */
const MAX_LENGTH = 4000;
/** So many folders can be asked for at once. */
const MAX_PARENTS = 50;

const COMPARISONS: readonly Comparison[] = ["=", "!=", "<", "<=", ">", ">="];

type Token =
  | { readonly kind: "word" | "sign"; readonly text: string }
  | { readonly kind: "string"; readonly text: string };

const invalid = () => parameterError("invalid", "q");

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const form = /\s+|([A-Za-z]+)|'((?:[^'\\]|\\['\\])*)'|(!=|<=|>=|[=<>(){}])/y;
  while (form.lastIndex < text.length) {
    const m = form.exec(text);
    if (!m) throw invalid();
    if (m[1] !== undefined) tokens.push({ kind: "word", text: m[1] });
    else if (m[2] !== undefined) tokens.push({ kind: "string", text: m[2].replace(/\\(['\\])/g, "$1") });
    else if (m[3] !== undefined) tokens.push({ kind: "sign", text: m[3] });
  }
  return tokens;
}

/** Reads tokens from the left; whatever is not as expected is invalid. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Condition {
    const condition = this.#chain();
    if (this.#at < this.#tokens.length) throw invalid();
    return condition;
  }

  /** "and" and "or" bind alike, from the left: mixed without parentheses, they mean what they say in that order. */
  #chain(): Condition {
    let left = this.#unary();
    while (true) {
      const kind = this.#takeWord("and", "or");
      if (kind === undefined) return left;
      left = { kind, left, right: this.#unary() };
    }
  }

  #unary(): Condition {
    if (this.#takeWord("not")) return { kind: "not", of: this.#unary() };
    if (this.#takeSign("(")) {
      const inner = this.#chain();
      this.#expectSign(")");
      return inner;
    }
    return this.#term();
  }

  #term(): Condition {
    const token = this.#tokens[this.#at];
    if (token?.kind === "string") {
      this.#at++;
      if (!this.#takeWord("in")) throw invalid();
      return { kind: "in", collection: this.#expectWord("parents", "owners"), value: token.text };
    }
    const field = this.#expectWord(
      "name",
      "mimeType",
      "createdTime",
      "modifiedTime",
      "trashed",
      "starred",
      "properties",
      "appProperties",
    );
    switch (field) {
      case "name":
      case "mimeType": {
        const op = this.#takeWord("contains") ?? this.#expectSign("=", "!=");
        return { kind: "text", field, op, value: this.#expectString() };
      }
      case "createdTime":
      case "modifiedTime": {
        const op = this.#expectSign(...COMPARISONS);
        const time = parseTime(this.#expectString());
        if (!time) throw invalid();
        return { kind: "time", field, op, value: time.getTime() };
      }
      case "trashed":
      case "starred": {
        const op = this.#expectSign("=", "!=");
        return {
          kind: "flag",
          field,
          value: (this.#expectWord("true", "false") === "true") === (op === "="),
        };
      }
      default:
        return this.#has(field);
    }
  }

  #has(field: "properties" | "appProperties"): Condition {
    this.#expectWord("has");
    this.#expectSign("{");
    this.#expectWord("key");
    this.#expectSign("=");
    const key = this.#expectString();
    this.#expectWord("and");
    this.#expectWord("value");
    this.#expectSign("=");
    const value = this.#expectString();
    this.#expectSign("}");
    return { kind: "has", field, key, value };
  }

  #take<T extends string>(kind: Token["kind"], texts: readonly T[]): T | undefined {
    const token = this.#tokens[this.#at];
    const found = token?.kind === kind ? texts.find((text) => text === token.text) : undefined;
    if (found !== undefined) this.#at++;
    return found;
  }

  #takeWord<T extends string>(...texts: T[]): T | undefined {
    return this.#take("word", texts);
  }

  #takeSign<T extends string>(...texts: T[]): T | undefined {
    return this.#take("sign", texts);
  }

  #expectWord<T extends string>(...texts: T[]): T {
    const word = this.#takeWord(...texts);
    if (word === undefined) throw invalid();
    return word;
  }

  #expectSign<T extends string>(...texts: T[]): T {
    const sign = this.#takeSign(...texts);
    if (sign === undefined) throw invalid();
    return sign;
  }

  #expectString(): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== "string") throw invalid();
    return token.text;
  }
}

/** The folders that a condition asks about. */
export function parentsOf(condition: Condition): string[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return [...parentsOf(condition.left), ...parentsOf(condition.right)];
    case "not":
      return parentsOf(condition.of);
    case "in":
      return condition.collection === "parents" ? [condition.value] : [];
    default:
      return [];
  }
}

/** Parses; invalid for what is not in the grammar or asks too much. */
export function parseQuery(text: string): Condition {
  if (text.length > MAX_LENGTH) throw parameterError("invalid", "q", "The query is too long.");
  const condition = new Parser(tokenize(text)).whole();
  if (parentsOf(condition).length > MAX_PARENTS) {
    throw parameterError("invalid", "q", "The query is too complex.");
  }
  return condition;
}
