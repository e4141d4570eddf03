/**
 * Python's values while a pickle is being read: lists and dicts are still filled, arrays still get their state, and what a dict becomes is only
 * known when it is complete.
 *
 * @module
 */
import { encodeLatin1 } from "../../bytes.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import type { DescribedDType } from "../dtype/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { type Hashable, type Key, KeyTable } from "./keys.ts";

/** Any value. Text, numbers, truth values and None are JavaScript's own. */
export type PickleNode = null | boolean | number | bigint | string | ObjectNode;

/** A value that has an identity. */
export type ObjectNode =
  /**
   * A `bytes` or `bytearray`. `used`: whether something has been made over these bytes, so that what else is made of them needs a copy; Python's
   * pickles share equal short bytes.
   */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; used: boolean }
  /** A `str` of Python 2. `value`: text or bytes, as the caller wants it, once somebody wanted to know. */
  | { readonly kind: "str2"; readonly bytes: Uint8Array; value?: string | Uint8Array }
  | { readonly kind: "list"; readonly items: PickleNode[] }
  | { readonly kind: "tuple"; readonly items: readonly PickleNode[] }
  /** A `dict`, or a subclass that is read as one. `ordered`: whether the order of the keys matters. */
  | {
    readonly kind: "dict";
    readonly ordered: boolean;
    readonly entries: Map<Key, readonly [key: PickleNode, value: PickleNode]>;
  }
  | { readonly kind: "set" | "frozenset"; readonly items: Map<Key, PickleNode> }
  | { readonly kind: "complex"; readonly re: number; readonly im: number }
  /** A class or function of the allow-list: `module.name`, as Python 3 and numpy 2 call it. */
  | { readonly kind: "global"; readonly name: string }
  /**
   * A `numpy.dtype`. `name`: what its constructor was called with. `described`: what it describes, once its state has been set. `fieldCount`: how many
   * fields it has, those of nested structures included.
   */
  | { readonly kind: "dtype"; readonly name: string; described?: DescribedDType; fieldCount: number }
  /** A `numpy.ndarray`. `array`: once its state has been set. */
  | { readonly kind: "array"; array?: NDArray };

/** A value of one kind. */
export type NodeOf<K extends ObjectNode["kind"]> = ObjectNode & { readonly kind: K };

/** Whether a value is an object of a kind. */
export function isNode<K extends ObjectNode["kind"]>(
  node: PickleNode | undefined,
  kind: K,
): node is NodeOf<K> {
  return typeof node === "object" && node !== null && node.kind === kind;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  undefined: "missing value",
  boolean: "bool",
  bigint: "int",
  string: "str",
  str2: "str",
  dtype: "numpy.dtype",
  array: "numpy.ndarray",
};

/** What a value is called in Python, for messages. */
export function typeName(node: PickleNode | undefined): string {
  if (node === null) return "None";
  if (typeof node === "number") return Number.isInteger(node) ? "int" : "float";
  if (isNode(node, "global")) return node.name;
  const kind = typeof node === "object" ? node.kind : typeof node;
  return TYPE_NAMES[kind] ?? kind;
}

/** The error for a pickle whose instructions don't fit together. */
export function damagedError(what: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`the pickle is damaged: ${what}`, { cause });
}

/** Pickles that Python writes copy hardly anything; the fixed part lets small ones copy what they like. */
const FREE_BYTES = 64 * 1024 * 1024;
const PER_PICKLED_BYTE = 8;
/** About what an entry of a map takes. */
const ENTRY_BYTES = 64;

/**
 * Where values are made and filled: with Python's notion of equal keys, and a limit of the memory that they take beyond what the pickle itself
 * holds. A few bytes can ask for a copy of anything that the pickle remembers, over and over.
 */
export class PickleHeap {
  readonly #keys: KeyTable<PickleNode>;
  readonly #decode: (bytes: Uint8Array) => string | Uint8Array;
  #left: number;

  /** The heap of a pickle of that many bytes; `decode` reads a `str` of Python 2. */
  constructor(pickleLength: number, decode: (bytes: Uint8Array) => string | Uint8Array) {
    this.#keys = new KeyTable((node) => this.#hashableParts(node));
    this.#decode = decode;
    this.#left = FREE_BYTES + PER_PICKLED_BYTE * pickleLength;
  }

  /**
   * Takes memory from what is left; before it is allocated.
   *
   * @throws {UnsupportedError} when nothing is left.
   */
  spend(byteLength: number): void {
    this.#left -= byteLength;
    if (this.#left < 0) {
      throw new UnsupportedError(
        "the pickle copies what it holds so often that it would fill the memory: pickle the values apart",
      );
    }
  }

  /** The bytes of a node: the node's own the first time, a copy after that. */
  takeBytes(node: NodeOf<"bytes">): Uint8Array {
    if (node.used) return this.#copy(node.bytes);
    node.used = true;
    return node.bytes;
  }

  /** A copy of bytes, of a `str` of Python 2, or of Latin-1 text; `undefined` for all else. */
  copyBytes(node: PickleNode): Uint8Array | undefined {
    if (isNode(node, "bytes") || isNode(node, "str2")) return this.#copy(node.bytes);
    if (typeof node !== "string") return undefined;
    this.spend(node.length);
    return encodeLatin1(node);
  }

  #copy(bytes: Uint8Array): Uint8Array {
    this.spend(bytes.byteLength);
    return bytes.slice();
  }

  /** A `str` of Python 2 as text or bytes. */
  str2(node: NodeOf<"str2">): string | Uint8Array {
    return node.value ??= this.#decode(node.bytes);
  }

  /** A dict of keys and values by turns. */
  dict(items: readonly PickleNode[] = [], ordered: boolean = false): NodeOf<"dict"> {
    const dict: NodeOf<"dict"> = { kind: "dict", ordered, entries: new Map() };
    this.setItems(dict, items);
    return dict;
  }

  /** An `OrderedDict`; Python 2 gives it a list of pairs. */
  orderedDict(pairs?: PickleNode): NodeOf<"dict"> {
    const list = itemsOf(pairs);
    this.spend(list.length * ENTRY_BYTES);
    const items = list.flatMap((pair) => {
      const both = itemsOf(pair);
      if (both.length !== 2) throw damagedError("an OrderedDict has an entry that is no pair");
      return both;
    });
    return this.dict(items, true);
  }

  /** A set of the items of a list or tuple. */
  set(kind: "set" | "frozenset", items?: PickleNode): NodeOf<"set" | "frozenset"> {
    const set: NodeOf<"set" | "frozenset"> = { kind, items: new Map() };
    const list = itemsOf(items);
    this.spend(list.length * ENTRY_BYTES);
    this.addItems(set, list);
    return set;
  }

  /** Appends to a list. */
  append(list: PickleNode, items: readonly PickleNode[]): void {
    if (!isNode(list, "list")) throw damagedError(`items are appended to a ${typeName(list)}`);
    for (const item of items) list.items.push(item);
  }

  /** Sets entries of a dict: keys and values by turns. */
  setItems(dict: PickleNode, items: readonly PickleNode[]): void {
    if (!isNode(dict, "dict")) throw damagedError(`entries are set in a ${typeName(dict)}`);
    if (items.length % 2 === 1) throw damagedError("a key has no value");
    for (let i = 0; i < items.length; i += 2) {
      const key = this.#keyOf(items[i]);
      // As in Python, the first of equal keys stays, with the last value.
      dict.entries.set(key, [dict.entries.get(key)?.[0] ?? items[i], items[i + 1]]);
    }
  }

  /** Adds to a set. */
  addItems(set: PickleNode, items: readonly PickleNode[]): void {
    if (!isNode(set, "set") && !isNode(set, "frozenset")) {
      throw damagedError(`items are added to a ${typeName(set)}`);
    }
    for (const item of items) {
      const key = this.#keyOf(item);
      if (!set.items.has(key)) set.items.set(key, item);
    }
  }

  #keyOf(node: PickleNode): Key {
    const key = this.#keys.of(node);
    if (key !== undefined) return key;
    if (isNode(node, "array")) {
      throw new UnsupportedError(
        "a numpy time or structure as a key is not supported: in Python, use text or numbers",
      );
    }
    throw damagedError(`a ${typeName(node)} is used as a key`);
  }

  #hashableParts(node: PickleNode): Hashable<PickleNode> | undefined {
    if (typeof node !== "object" || node === null) return { kind: "atom", value: node };
    switch (node.kind) {
      case "complex":
        return node;
      case "bytes":
        return { kind: "bytes", bytes: node.bytes, identity: node };
      case "tuple":
        return { kind: "tuple", items: node.items, identity: node };
      case "frozenset":
        return { kind: "frozenset", items: node.items.values(), identity: node };
      case "str2": {
        const value = this.str2(node);
        if (typeof value === "string") return { kind: "atom", value };
        return { kind: "bytes", bytes: value, identity: node };
      }
    }
    return undefined;
  }
}

/** What a collection is made of: the items of a list or tuple, or none. */
function itemsOf(node: PickleNode | undefined): readonly PickleNode[] {
  if (node === undefined) return [];
  if (isNode(node, "list") || isNode(node, "tuple")) return node.items;
  throw damagedError(`a collection is made of a ${typeName(node)}`);
}
