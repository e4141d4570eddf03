/**
 * Python's values while a pickle is being read: lists and dicts are still filled, arrays still get their state, and what a dict becomes is only known
 * when it is complete. Text, numbers, truth values and None are JavaScript's own.
 *
 * @module
 */
import type { DescribedDType } from "../descr.ts";
import type { NDArray } from "../ndarray.ts";
import type { Key } from "./keys.ts";

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
