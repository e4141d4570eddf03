import { UnsupportedError } from "../../errors.ts";
import { isNode, takeBytes } from "./array_state.ts";
import {
  type DictNode,
  type Hashable,
  isComplex,
  type Key,
  Keys,
  type Node,
  type ObjectNode,
  type PickleValue,
  type SetNode,
  type Str2Node,
  Tuple,
  typeName,
} from "./nodes.ts";
import { type Allowance, broken } from "./stack.ts";

/** Reads a str of Python 2. */
export type Str2Reader = (node: Str2Node) => string | Uint8Array;

/** About what an entry of a map takes. */
const ENTRY_BYTES = 64;

/** Fills lists, dicts and sets while a pickle is being read, with Python's notion of equal keys. */
export class Collections {
  readonly #keys: Keys<Node>;
  readonly #allowance: Allowance;

  /** `str2` reads a str of Python 2, which is text or bytes as the caller wants it. */
  constructor(str2: Str2Reader, allowance: Allowance) {
    this.#keys = new Keys((node) => hashable(node, str2));
    this.#allowance = allowance;
  }

  /** An empty dict. */
  dict(ordered: boolean): DictNode {
    return { kind: "dict", ordered, entries: new Map() };
  }

  /** An `OrderedDict`; Python 2 gives it a list of pairs. */
  orderedDict(pairs: Node | undefined): DictNode {
    const dict = this.dict(true);
    if (pairs === undefined) return dict;
    if (!isNode(pairs, "list")) throw broken(`an OrderedDict is made of a ${typeName(pairs)}`);
    this.#allowance.spend(pairs.items.length * ENTRY_BYTES);
    for (const pair of pairs.items) {
      if (!(isNode(pair, "list") || isNode(pair, "tuple")) || pair.items.length !== 2) {
        throw broken("an OrderedDict has an entry that is no pair");
      }
      this.setItems(dict, pair.items);
    }
    return dict;
  }

  /** A set of the items of a list. */
  set(kind: "set" | "frozenset", items: Node | undefined): SetNode {
    const set: SetNode = { kind, items: new Map() };
    if (items === undefined) return set;
    if (!isNode(items, "list") && !isNode(items, "tuple")) {
      throw broken(`a set is made of a ${typeName(items)}`);
    }
    this.#allowance.spend(items.items.length * ENTRY_BYTES);
    this.addItems(set, items.items);
    return set;
  }

  /** Appends to a list. */
  append(list: Node, items: readonly Node[]): void {
    if (!isNode(list, "list")) throw broken(`items are appended to a ${typeName(list)}`);
    for (const item of items) list.items.push(item);
  }

  /** Sets entries of a dict: keys and values by turns. */
  setItems(dict: Node, items: readonly Node[]): void {
    if (!isNode(dict, "dict")) throw broken(`entries are set in a ${typeName(dict)}`);
    if (items.length % 2 === 1) throw broken("a key has no value");
    for (let i = 0; i < items.length; i += 2) {
      const key = this.#keyOf(items[i]);
      // As in Python, the first of equal keys stays, with the last value.
      dict.entries.set(key, [dict.entries.get(key)?.[0] ?? items[i], items[i + 1]]);
    }
  }

  /** Adds to a set. */
  addItems(set: Node, items: readonly Node[]): void {
    if (!isNode(set, "set") && !isNode(set, "frozenset")) {
      throw broken(`items are added to a ${typeName(set)}`);
    }
    for (const item of items) {
      const key = this.#keyOf(item);
      if (!set.items.has(key)) set.items.set(key, item);
    }
  }

  #keyOf(node: Node): Key {
    const key = this.#keys.of(node);
    if (key !== undefined) return key;
    if (isNode(node, "array")) {
      throw new UnsupportedError(
        "a numpy time or structure as a key is not supported: in Python, use text or numbers",
      );
    }
    throw broken(`a ${typeName(node)} is used as a key`);
  }
}

function hashable(node: Node, str2: Str2Reader): Hashable<Node> | undefined {
  if (typeof node !== "object" || node === null) return { kind: "atom", value: node };
  switch (node.kind) {
    case "bytes":
      return { kind: "bytes", bytes: node.bytes, identity: node };
    case "complex":
      return node;
    case "tuple":
      return { kind: "tuple", items: node.items, identity: node };
    case "frozenset":
      return { kind: "frozenset", items: node.items.values(), identity: node };
    case "str2": {
      const value = str2(node);
      return typeof value === "string"
        ? { kind: "atom", value }
        : { kind: "bytes", bytes: value, identity: node };
    }
  }
  return undefined;
}

/**
 * Turns what a pickle made into values. Whatever comes several times is one value, and what contains itself still does. Works through a list of
 * what is to be filled instead of recursing: no nesting is too deep.
 */
export function convert(root: Node, str2: Str2Reader): PickleValue {
  const converter = new Converter(str2);
  const value = converter.valueOf(root);
  converter.fillAll();
  return value;
}

class Converter {
  readonly #str2: Str2Reader;
  readonly #values = new Map<ObjectNode, PickleValue>();
  readonly #unfilled: (() => void)[] = [];

  constructor(str2: Str2Reader) {
    this.#str2 = str2;
  }

  /** A node's value; its items come later. */
  valueOf(node: Node): PickleValue {
    if (typeof node !== "object" || node === null) return node;
    const known = this.#values.get(node);
    if (known !== undefined) return known;
    const value = this.#make(node);
    this.#values.set(node, value);
    return value;
  }

  /** Gives everything its items. */
  fillAll(): void {
    for (let fill = this.#unfilled.pop(); fill; fill = this.#unfilled.pop()) fill();
  }

  #make(node: ObjectNode): PickleValue {
    switch (node.kind) {
      case "bytes":
        return takeBytes(node, (bytes) => bytes.slice());
      case "str2":
        return this.#str2(node);
      case "complex":
        return { re: node.re, im: node.im };
      case "list":
        return this.#array([], node.items);
      case "tuple":
        return this.#array(new Tuple<PickleValue>(), node.items);
      case "dict":
        return this.#dict(node);
      case "set":
      case "frozenset": {
        const set = new Set<PickleValue>();
        this.#unfilled.push(() => {
          for (const item of node.items.values()) set.add(unlike(set, this.valueOf(item)));
        });
        return set;
      }
      case "array":
        if (node.array) return node.array;
        throw broken("an array has no state");
      case "global":
      case "dtype":
        throw new UnsupportedError(
          `the pickle holds a ${typeName(node)} as a value: in Python, store its name, str(value)`,
        );
    }
  }

  #array(array: PickleValue[], items: readonly Node[]): PickleValue[] {
    this.#unfilled.push(() => {
      for (const item of items) array.push(this.valueOf(item));
    });
    return array;
  }

  #dict({ ordered, entries }: DictNode): PickleValue {
    const named = ordered ? undefined : this.#named(entries.values());
    if (named && !isComplex(named)) {
      const object: { [key: string]: PickleValue } = {};
      this.#unfilled.push(() => {
        for (const [name, value] of named) define(object, name, this.valueOf(value));
      });
      return object;
    }
    const map = new Map<PickleValue, PickleValue>();
    this.#unfilled.push(() => {
      for (const [key, value] of entries.values()) {
        map.set(unlike(map, this.valueOf(key)), this.valueOf(value));
      }
    });
    return map;
  }

  /** The entries, if all keys are text. */
  #named(entries: Iterable<readonly [key: Node, value: Node]>): [string, Node][] | undefined {
    const named: [string, Node][] = [];
    for (const [key, value] of entries) {
      const name = this.valueOf(key);
      if (typeof name !== "string") return undefined;
      named.push([name, value]);
    }
    return named;
  }
}

/** Sets a property of an object's own, also where assigning would do something else. */
function define(object: { [key: string]: PickleValue }, name: string, value: PickleValue): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
}

/** A key, if there is none that JavaScript takes for the same. */
function unlike(
  keys: { has(key: PickleValue): boolean },
  key: PickleValue,
): PickleValue {
  if (!keys.has(key)) return key;
  throw new UnsupportedError(`two keys can't be told apart in JavaScript: ${String(key)}`);
}
