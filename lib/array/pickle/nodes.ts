import { UnsupportedError } from "../../errors.ts";
import type { DescribedDType } from "../descr.ts";
import type { NDArray } from "../ndarray.ts";
import type { Complex } from "../scalar.ts";

/**
 * A Python tuple: an array that pickles as `(1, 2)` rather than as `[1, 2]`. Make one with `Tuple.of(1, 2)` or `Tuple.from(items)`.
 *
 * It is a class of its own so that a tuple that was read is a tuple again when it is written: only tuples can be keys of a dict and items of a set.
 *
 * @example
 * ```ts
 * import { dumpPickle, loadPickle, Tuple } from "@cottoncandy/cottoncandy/pickle";
 *
 * const run = loadPickle(dumpPickle(Tuple.of("sub01", 3)));
 * console.assert(run instanceof Tuple && Array.isArray(run) && run.join() === "sub01,3");
 * ```
 */
export class Tuple<T = unknown> extends Array<T> {
  /** A tuple of the arguments. */
  static override of<Items extends readonly unknown[]>(...items: Items): Tuple<Items[number]> {
    const tuple = new Tuple<Items[number]>();
    for (const item of items) tuple.push(item);
    return tuple;
  }

  /** What is made from a tuple by `map`, `filter` and `slice` is a plain array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/**
 * What a pickle is read as:
 *
 * | Python | here |
 * |---|---|
 * | `None`, `bool`, `str` | `null`, `boolean`, `string` |
 * | `int` | `number` when it is safe (up to 2⁵³ − 1), else `bigint` |
 * | `float` | `number` |
 * | `complex` | {@linkcode Complex} |
 * | `bytes`, `bytearray` | `Uint8Array` |
 * | `list`, `tuple` | `Array`, `Tuple` |
 * | `dict`, `defaultdict` with string keys only | plain object |
 * | other dicts, `OrderedDict` | `Map` |
 * | `set`, `frozenset` | `Set` |
 * | numpy array of any dtype but object | `NDArray` |
 * | numpy bool, integer, float, complex, `str_` and `bytes_` scalars | as Python's own |
 * | other numpy scalars (times, structures, void) | `NDArray` without axes |
 *
 * A plain object keeps Python's order of keys except for keys that look like array indices, which JavaScript puts first; an `OrderedDict` is a
 * `Map` so that its order is kept. A dict of exactly two numbers called `re` and `im` is a `Map`, since `{ re, im }` is a complex number.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Complex
  | NDArray
  | PickleValue[]
  | { [key: string]: PickleValue }
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>;

/** Whether a plain object is taken as a complex number: exactly `re` and `im`, both numbers. */
export function isComplex(entries: readonly (readonly [string, unknown])[]): boolean {
  return entries.length === 2 &&
    entries.every(([name, part]) => (name === "re" || name === "im") && typeof part === "number");
}

/** Takes a value apart as Python would hash it; `undefined` for what Python can't: lists, dicts, arrays. */
export function hashable(value: unknown): Hashable<unknown> | undefined {
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
  return complexOf(value);
}

/** A complex number: `{ re, im }`, both numbers and nothing else. */
export function complexOf(
  value: unknown,
): { readonly kind: "complex"; readonly re: number; readonly im: number } | undefined {
  if (typeof value !== "object" || value === null || !("re" in value) || !("im" in value)) return undefined;
  const { re, im } = value;
  if (typeof re !== "number" || typeof im !== "number" || !isComplex(Object.entries(value))) return undefined;
  return { kind: "complex", re, im };
}

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

/**
 * Runs `work`. Strings, maps and the call stack have limits that differ from engine to engine; meeting one is an error of ours.
 *
 * @throws {UnsupportedError} when `work` meets a limit of the engine.
 */
export function withinLimits<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UnsupportedError(`the value is more than this JavaScript engine can pickle: ${cause.message}`, {
      cause,
    });
  }
}

// Python's values while a pickle is being read: lists and dicts are still filled, arrays still get their state, and what a dict becomes is only known
// when it is complete. Text, numbers, truth values and None are JavaScript's own.

/** Any value. */
export type Node = null | boolean | number | bigint | string | ObjectNode;

/** A value that has an identity. */
export type ObjectNode =
  | BytesNode
  | Str2Node
  | ListNode
  | TupleNode
  | DictNode
  | SetNode
  | ComplexNode
  | GlobalNode
  | DTypeNode
  | ArrayNode;

/** A `bytes` or `bytearray`. */
export interface BytesNode {
  readonly kind: "bytes";
  readonly bytes: Uint8Array;
  /** Whether something has been made over these bytes; what else is made of them needs a copy. Python's pickles share equal short bytes. */
  used: boolean;
}

/** A `str` of Python 2: bytes, or text in an encoding that is not known. */
export interface Str2Node {
  readonly kind: "str2";
  readonly bytes: Uint8Array;
  /** What they are, in the encoding that was asked for, once somebody wanted to know. */
  value?: string | Uint8Array;
}

/** A `list`. */
export interface ListNode {
  readonly kind: "list";
  readonly items: Node[];
}

/** A `tuple`. */
export interface TupleNode {
  readonly kind: "tuple";
  readonly items: readonly Node[];
}

/** A `dict`, or a subclass that is read as one. */
export interface DictNode {
  readonly kind: "dict";
  /** Whether the order of the keys matters. */
  readonly ordered: boolean;
  readonly entries: Map<Key, readonly [key: Node, value: Node]>;
}

/** A `set` or `frozenset`. */
export interface SetNode {
  readonly kind: "set" | "frozenset";
  readonly items: Map<Key, Node>;
}

/** A `complex`. */
export interface ComplexNode {
  readonly kind: "complex";
  readonly re: number;
  readonly im: number;
}

/** A class or function of the allow-list. */
export interface GlobalNode {
  readonly kind: "global";
  /** `module.name`, as Python 3 and numpy 2 call it. */
  readonly name: string;
}

/** A `numpy.dtype`. */
export interface DTypeNode {
  readonly kind: "dtype";
  /** What its constructor was called with. */
  readonly name: string;
  /** What it describes, once its state has been set. */
  described?: DescribedDType;
  /** How many fields it has, those of nested structures included. */
  fieldCount: number;
}

/** A `numpy.ndarray`. */
export interface ArrayNode {
  readonly kind: "array";
  /** The array, once its state has been set. */
  array?: NDArray;
}

/** What a value is called in Python, for messages. */
export function typeName(node: Node | undefined): string {
  if (node === null) return "None";
  switch (typeof node) {
    case "undefined":
      return "missing value";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(node) ? "int" : "float";
    case "bigint":
      return "int";
    case "string":
      return "str";
  }
  switch (node.kind) {
    case "str2":
      return "str";
    case "global":
      return node.name;
    case "dtype":
      return "numpy.dtype";
    case "array":
      return "numpy.ndarray";
    default:
      return node.kind;
  }
}
