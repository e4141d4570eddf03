import { UnsupportedError } from "../../errors.ts";

/** A value that Python can hash, taken apart. */
export type Hashable<T> =
  | { readonly kind: "atom"; readonly value: null | boolean | number | bigint | string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly identity: object }
  | { readonly kind: "complex"; readonly re: number; readonly im: number }
  | Composite<T>;

interface Composite<T> {
  readonly kind: "tuple" | "frozenset";
  readonly items: Iterable<T>;
  /** The object that these are the items of. */
  readonly identity: object;
}

/** What stands for all keys that are equal in Python. */
export type Key = null | number | string | symbol;

/** Tuples in tuples in keys, deeper than anyone nests them. */
const MAX_DEPTH = 100;
/** Integers as keys, larger than anyone has them. */
const MAX_BITS = 2 ** 14;

/**
 * Finds out which keys of a dict, or items of a set, are equal to Python: `1`, `1.0`, `True` and `(1+0j)` are, also within tuples. Each value gets
 * a {@linkcode Key}, the same for equal values, so that a `Map` by keys has the entries that Python's dict has.
 *
 * Composites are told apart by the numbers of their parts, so that tuples that share parts many times over cost no more than their items.
 */
export class Keys<T> {
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
  of(value: T): Key | undefined {
    return this.#of(value, 0);
  }

  #of(value: T, depth: number): Key | undefined {
    const parts = this.#describe(value);
    switch (parts?.kind) {
      case undefined:
        return undefined;
      case "atom":
        return this.#atom(parts.value);
      case "bytes":
        return this.#bytes(parts.bytes, parts.identity);
      case "complex":
        return parts.im === 0 ? this.#atom(parts.re) : this.#composite(`complex ${parts.re} ${parts.im}`);
      case "tuple":
      case "frozenset":
        return this.#items(parts, depth);
    }
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

  #bytes(bytes: Uint8Array, identity: object): Key {
    const known = this.#known.get(identity);
    if (known !== undefined) return known;
    const key = this.#composite(`bytes ${bytes.join()}`);
    this.#known.set(identity, key);
    return key;
  }

  #items(parts: Composite<T>, depth: number): Key | undefined {
    const known = this.#known.get(parts.identity);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) {
      throw new UnsupportedError(`a key made of tuples nested more than ${MAX_DEPTH} deep is not supported`);
    }
    const numbers: number[] = [];
    for (const item of parts.items) {
      const key = this.#of(item, depth + 1);
      if (key === undefined) return undefined;
      numbers.push(this.#number(key));
    }
    if (parts.kind === "frozenset") numbers.sort((a, b) => a - b);
    const key = this.#composite(`${parts.kind} ${numbers.join()}`);
    this.#known.set(parts.identity, key);
    return key;
  }

  #number(key: Key): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }

  #composite(text: string): symbol {
    const known = this.#composites.get(text);
    if (known !== undefined) return known;
    const key = Symbol(text.slice(0, 40));
    this.#composites.set(text, key);
    return key;
  }
}
