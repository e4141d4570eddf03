import { fromFileUrl } from "@std/path";
import type { Nested, Scalar } from "../../lib/array/mod.ts";

/** What numpy reads from a file of tests/vectors/npy: an entry of expected.json, which make_npy.py writes. */
export interface Expected {
  readonly dtype: string;
  readonly descr: unknown;
  readonly shape: readonly number[];
  readonly fortran_order: boolean;
  readonly version: number;
  /** The items in C order. */
  readonly items: readonly unknown[];
  /** Their bytes in C order, in hex. */
  readonly bytes: string;
}

const folder = new URL("../vectors/npy/", import.meta.url);

/** All golden files by name. */
export const expected: Readonly<Record<string, Expected>> = JSON.parse(
  Deno.readTextFileSync(fromFileUrl(new URL("expected.json", folder))),
);

/** The bytes of a golden file. */
export function golden(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(fromFileUrl(new URL(`${name}.npy`, folder)));
}

/** The bytes that hex digits stand for. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** A value of expected.json as `NDArray.get` gives it. */
export function revive(value: unknown): Nested<Scalar> {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  const tagged = Object.fromEntries(Object.entries(value ?? {}));
  if (typeof tagged.int === "string") return BigInt(tagged.int);
  if (typeof tagged.bytes === "string") return fromHex(tagged.bytes);
  if (typeof tagged.float === "string") return Number(tagged.float.replace("inf", "Infinity"));
  if (Array.isArray(tagged.fields)) {
    return Object.fromEntries(tagged.fields.map(([name, field]: [string, unknown]) => [name, revive(field)]));
  }
  const re = revive(tagged.re);
  const im = revive(tagged.im);
  if (typeof re === "number" && typeof im === "number") return { re, im };
  throw new Error(`what is ${JSON.stringify(value)}?`);
}
