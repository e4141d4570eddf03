/**
 * Reading a pickle: the machine makes nodes, and they become values.
 *
 * @module
 */
import { decodeLatin1 } from "../../bytes.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import { decodeText } from "./encodings.ts";
import { runPickle } from "./machine.ts";
import {
  damagedError,
  type NodeOf,
  type ObjectNode,
  PickleHeap,
  type PickleNode,
  typeName,
} from "./nodes.ts";
import { isComplex, type PickleValue, Tuple, withinLimits } from "./values.ts";

/** Options of {@linkcode loadPickle}. */
export interface PickleReadOptions {
  /**
   * What the bytes of a Python 2 `str` are, which may be text or not: `"latin1"` (the default: each byte becomes the character of its
   * number, so that nothing is lost), `"utf-8"`, or `"bytes"` for a `Uint8Array`. Of no effect on pickles written by Python 3.
   */
  readonly encoding?: "latin1" | "utf-8" | "bytes";
}

/**
 * Reads a pickle of any protocol, 0 to 5, written by Python 2 or 3: data and numpy arrays, as {@linkcode PickleValue} lists them. Nothing in a
 * pickle is ever called; classes other than those of the list are refused by name. What comes several times, or contains itself, does so here.
 *
 * Arrays and bytes are views of `bytes` where their alignment allows, so that `bytes` must not change as long as they are used.
 *
 * @param bytes The whole pickle.
 * @throws {UnsupportedError} when it holds anything else, naming the class: objects, pandas and scipy, datetimes, arrays of objects.
 * @throws {IntegrityError} when it is cut off or damaged, or goes on after its end.
 *
 * @example
 * ```ts
 * import { loadPickle } from "@cottoncandy/cottoncandy/pickle";
 *
 * // pickle.dumps({"subject": 7}, protocol=2)
 * const bytes = Uint8Array.from("\x80\x02}q\x00X\x07\x00\x00\x00subjectq\x01K\x07s.", (c) => c.charCodeAt(0));
 * console.assert(JSON.stringify(loadPickle(bytes)) === '{"subject":7}');
 * ```
 */
export function loadPickle(bytes: Uint8Array, options: PickleReadOptions = {}): PickleValue {
  const heap = new PickleHeap(bytes.byteLength, decoderOf(options.encoding ?? "latin1"));
  return withinLimits(() => {
    const converter = new Converter(heap);
    const value = converter.valueOf(runPickle(bytes, heap));
    converter.fillAll();
    return value;
  });
}

function decoderOf(encoding: "latin1" | "utf-8" | "bytes"): (bytes: Uint8Array) => string | Uint8Array {
  switch (encoding) {
    case "latin1":
      return decodeLatin1;
    case "utf-8":
      return decodeUtf8;
    case "bytes":
      return (bytes) => bytes.slice();
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decodeText(bytes);
  } catch (cause) {
    if (!(cause instanceof IntegrityError)) throw cause;
    throw damagedError('a str of Python 2 is no UTF-8: read it with encoding "latin1" or "bytes"', cause);
  }
}

/**
 * Turns nodes into values. Whatever comes several times is one value, and what contains itself still does. Works through a list of what is to be
 * filled instead of recursing: no nesting is too deep.
 */
class Converter {
  readonly #heap: PickleHeap;
  readonly #values = new Map<ObjectNode, PickleValue>();
  readonly #unfilled: (() => void)[] = [];

  constructor(heap: PickleHeap) {
    this.#heap = heap;
  }

  /** A node's value; its items come later. */
  valueOf(node: PickleNode): PickleValue {
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
        return this.#heap.takeBytes(node);
      case "str2":
        return this.#heap.str2(node);
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
          for (const item of node.items.values()) set.add(distinctKey(set, this.valueOf(item)));
        });
        return set;
      }
      case "array":
        if (node.array) return node.array;
        throw damagedError("an array has no state");
      case "global":
      case "dtype":
        throw new UnsupportedError(
          `the pickle holds a ${typeName(node)} as a value: in Python, store its name, str(value)`,
        );
    }
  }

  #array(array: PickleValue[], items: readonly PickleNode[]): PickleValue[] {
    this.#unfilled.push(() => {
      for (const item of items) array.push(this.valueOf(item));
    });
    return array;
  }

  #dict({ ordered, entries }: NodeOf<"dict">): PickleValue {
    const named = ordered ? undefined : this.#named(entries.values());
    if (named && !isComplex(named)) {
      const object: { [key: string]: PickleValue } = {};
      this.#unfilled.push(() => {
        for (const [name, value] of named) setOwnProperty(object, name, this.valueOf(value));
      });
      return object;
    }
    const map = new Map<PickleValue, PickleValue>();
    this.#unfilled.push(() => {
      for (const [key, value] of entries.values()) {
        map.set(distinctKey(map, this.valueOf(key)), this.valueOf(value));
      }
    });
    return map;
  }

  /** The entries, if all keys are text. */
  #named(
    entries: Iterable<readonly [key: PickleNode, value: PickleNode]>,
  ): [string, PickleNode][] | undefined {
    const named: [string, PickleNode][] = [];
    for (const [key, value] of entries) {
      const name = this.valueOf(key);
      if (typeof name !== "string") return undefined;
      named.push([name, value]);
    }
    return named;
  }
}

/** Sets a property of an object's own, also where assigning would do something else. */
function setOwnProperty(object: { [key: string]: PickleValue }, name: string, value: PickleValue): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
}

/** A key, if there is none that JavaScript takes for the same. */
function distinctKey(keys: { has(key: PickleValue): boolean }, key: PickleValue): PickleValue {
  if (!keys.has(key)) return key;
  throw new UnsupportedError(`two keys can't be told apart in JavaScript: ${String(key)}`);
}
