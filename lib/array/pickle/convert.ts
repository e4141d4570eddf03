import { UnsupportedError } from "../../errors.ts";
import { takeBytes } from "./array_state.ts";
import type { Str2Reader } from "./collections.ts";
import { type DictNode, type Node, type ObjectNode, typeName } from "./nodes.ts";
import { broken } from "./stack.ts";
import { Tuple } from "./tuple.ts";
import { isComplex, type PickleValue } from "./value.ts";

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
