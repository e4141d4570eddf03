/**
 * Which keys are equal to Python: `1`, `1.0`, `True` and `(1+0j)` are, also within tuples.
 *
 * @module
 */
import { InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { complexOf, Tuple } from "./values.ts";

/** What stands for all keys that are equal in Python. */
export type Key = null | number | string | symbol;

/** A value that Python can hash, taken apart. */
export type Hashable<T> =
  | { readonly kind: "atom"; readonly value: null | boolean | number | bigint | string }
  | { readonly kind: "complex"; readonly re: number; readonly im: number }
  /** `identity`: the object that has these bytes or items. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly identity: object }
  | { readonly kind: "tuple" | "frozenset"; readonly items: Iterable<T>; readonly identity: object };

/** Tuples in tuples in keys, deeper than anyone nests them. */
const MAX_DEPTH = 100;
/** Integers as keys, larger than anyone has them. */
const MAX_BITS = 2 ** 14;

/**
 * Gives each value a {@linkcode Key}, the same for equal values, so that a `Map` by keys has the entries that Python's dict has.
 *
 * Composites are told apart by the numbers of their parts, so that tuples that share parts many times over cost no more than their items.
 */
export class KeyTable<T> {
  readonly #describe: (value: T) => Hashable<T> | undefined;
  readonly #numbers = new Map<Key, number>();
  readonly #composites = new Map<string, symbol>();
  readonly #known = new WeakMap<object, Key>();

  /** `describe` takes a value apart, or gives `undefined` when Python can't hash it. */
  constructor(describe: (value: T) => Hashable<T> | undefined) {
    this.#describe = describe;
  }

  /**
   * The key of a value; `undefined` when Python can't hash it, or a part of it.
   *
   * @throws {UnsupportedError} when tuples are nested more than 100 deep.
   */
  of(value: T, depth: number = 0): Key | undefined {
    const parts = this.#describe(value);
    if (!parts) return undefined;
    if (parts.kind === "atom") return this.#atom(parts.value);
    if (parts.kind === "complex") {
      return parts.im === 0 ? this.#atom(parts.re) : this.#composite(`complex ${parts.re} ${parts.im}`);
    }
    const known = this.#known.get(parts.identity);
    if (known !== undefined) return known;
    const text = parts.kind === "bytes" ? parts.bytes.join() : this.#items(parts.kind, parts.items, depth);
    if (text === undefined) return undefined;
    const key = this.#composite(`${parts.kind} ${text}`);
    this.#known.set(parts.identity, key);
    return key;
  }

  #atom(value: null | boolean | number | bigint | string): Key {
    if (value === null || typeof value === "string") return value;
    const number = Number(value);
    // No NaN is equal to another.
    if (Number.isNaN(number)) return Symbol("nan");
    const isExact = typeof value !== "bigint" || (Number.isFinite(number) && BigInt(number) === value);
    if (isExact) return number;
    if (BigInt.asIntN(MAX_BITS, value) !== value) {
      throw new UnsupportedError(`an integer of more than ${MAX_BITS} bits as a key is not supported`);
    }
    return this.#composite(`int ${value.toString(16)}`);
  }

  #items(kind: "tuple" | "frozenset", items: Iterable<T>, depth: number): string | undefined {
    if (depth > MAX_DEPTH) {
      throw new UnsupportedError(`a key made of tuples nested more than ${MAX_DEPTH} deep is not supported`);
    }
    const numbers: number[] = [];
    for (const item of items) {
      const key = this.of(item, depth + 1);
      if (key === undefined) return undefined;
      const number = this.#numbers.get(key) ?? this.#numbers.size;
      this.#numbers.set(key, number);
      numbers.push(number);
    }
    if (kind === "frozenset") numbers.sort((a, b) => a - b);
    return numbers.join();
  }

  #composite(text: string): symbol {
    const key = this.#composites.get(text) ?? Symbol(text.slice(0, 40));
    this.#composites.set(text, key);
    return key;
  }
}

/** Checks the keys of dicts and the items of sets that are to be written. */
export class KeyCheck {
  readonly #keys = new KeyTable(hashableParts);

  /**
   * Checks the keys of one dict.
   *
   * @throws {InvalidArgumentError} when Python can't hash one, or would take two for the same.
   */
  check(values: Iterable<unknown>): void {
    const seen = new Map<Key, unknown>();
    for (const value of values) {
      const key = this.#keys.of(value);
      if (key === undefined) {
        throw new InvalidArgumentError(
          `Python can't hash this ${
            className(value)
          }, so it is no key of a dict and no item of a set: use text, a number or a Tuple of them`,
        );
      }
      if (seen.has(key)) {
        const both = `${inMessage(seen.get(key))} and ${inMessage(value)}`;
        throw new InvalidArgumentError(`${both} are equal in Python, so that a dict or set can't hold both`);
      }
      seen.set(key, value);
    }
  }
}

/** Takes a value apart as Python would hash it; `undefined` for what Python can't: lists, dicts, arrays. */
function hashableParts(value: unknown): Hashable<unknown> | undefined {
  switch (typeof value) {
    case "boolean":
    case "number":
    case "bigint":
    case "string":
      return { kind: "atom", value };
  }
  if (value === null || value === undefined) return { kind: "atom", value: null };
  if (value instanceof Uint8Array) return { kind: "bytes", bytes: value, identity: value };
  if (value instanceof Tuple) return { kind: "tuple", items: value, identity: value };
  // Within keys, sets are frozen.
  if (value instanceof Set) return { kind: "frozenset", items: value, identity: value };
  const complex = complexOf(value);
  return complex && { kind: "complex", ...complex };
}

/** What a value is called in JavaScript, for messages. */
export function className(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  return value.constructor?.name || "object";
}

function inMessage(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "object" && value !== null ? `a ${className(value)}` : String(value);
}
