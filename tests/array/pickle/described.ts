/**
 * Values as tests/interop/pickle_values.py describes them in JSON, and a form of any value that can be compared.
 *
 * @module
 */
import { arrayFromBytes, type DType, type NDArray, parseDescr } from "../../../lib/array/mod.ts";
import { Tuple } from "../../../lib/array/pickle/mod.ts";

/** A value as Python describes it. */
export type Described =
  | null
  | boolean
  | { readonly int: string }
  | { readonly float: string }
  | { readonly complex: readonly [Described, Described] }
  | { readonly str: string }
  /** A str of Python 2. */
  | { readonly str2: string }
  | { readonly bytes: string }
  | { readonly list: readonly Described[] }
  | { readonly tuple: readonly Described[] }
  | { readonly set: readonly Described[] }
  | { readonly dict: readonly (readonly [Described, Described])[] }
  | { readonly ordered: readonly (readonly [Described, Described])[] }
  | { readonly array: { dtype: DType; descr: readonly unknown[] | null; shape: number[]; hex: string } };

/** What a value of Python's must be read as. */
export function expected(described: Described): unknown {
  if (described === null || typeof described === "boolean") return described;
  if ("int" in described) {
    const number = Number(described.int);
    return Number.isSafeInteger(number) ? number : BigInt(described.int);
  }
  if ("float" in described) {
    return new DataView(Uint8Array.fromHex(described.float).buffer).getFloat64(0);
  }
  if ("complex" in described) {
    return { re: expected(described.complex[0]), im: expected(described.complex[1]) };
  }
  if ("str" in described) return described.str;
  if ("str2" in described) {
    return Array.from(Uint8Array.fromHex(described.str2), (byte) => String.fromCharCode(byte)).join("");
  }
  if ("bytes" in described) return Uint8Array.fromHex(described.bytes);
  if ("list" in described) return described.list.map(expected);
  if ("tuple" in described) return Tuple.from(described.tuple, expected);
  if ("set" in described) return new Set(described.set.map(expected));
  if ("ordered" in described) return new Map(described.ordered.map(pair));
  if ("dict" in described) {
    const entries = described.dict.map(pair);
    const names = entries.filter((entry): entry is [string, unknown] => typeof entry[0] === "string");
    if (names.length < entries.length) return new Map(entries);
    const object: Record<string, unknown> = Object.fromEntries(names);
    const isComplex = Object.keys(object).sort().join() === "im,re" &&
      Object.values(object).every((part) => typeof part === "number");
    return isComplex ? new Map(entries) : object;
  }
  const { dtype, descr, shape, hex } = described.array;
  const type = descr ? parseDescr(descr) : { dtype };
  return arrayFromBytes(Uint8Array.fromHex(hex), { ...type, shape });
}

function pair([key, value]: readonly [Described, Described]): [unknown, unknown] {
  return [expected(key), expected(value)];
}

/** A value in a form that `assertEquals` compares as Python would: the order of names and of a set's items does not count. */
export function comparable(value: unknown): unknown {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `number ${value}`;
  if (typeof value === "bigint") return `bigint ${value}`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return `bytes ${value.toHex()}`;
  if (value instanceof Tuple) return { tuple: Array.from(value, comparable) };
  if (Array.isArray(value)) return { list: value.map(comparable) };
  if (value instanceof Map) {
    return { map: Array.from(value, ([key, item]) => [comparable(key), comparable(item)]) };
  }
  if (value instanceof Set) {
    return { set: Array.from(value, (item) => JSON.stringify(comparable(item))).sort() };
  }
  if (isArray(value)) {
    return { dtype: value.dtype, fields: value.fields, shape: value.shape, items: value.toBytes().toHex() };
  }
  return { object: Object.entries(value).map(([name, item]) => [name, comparable(item)]).sort() };
}

function isArray(value: object): value is NDArray {
  return "dtype" in value && "toBytes" in value;
}
