import type { Hashable } from "./keys.ts";
import { Tuple } from "./tuple.ts";
import { isComplex } from "./value.ts";

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
