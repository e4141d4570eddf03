/**
 * The arrays that go between Python and here: every dtype, several shapes, with bytes made from a seed.
 *
 * @module
 */
import { arrayFromBytes } from "../../lib/array/mod.ts";
import type { DType, Field, NDArray } from "../../mod.ts";
import type { Descr, FieldDescr, Layout } from "./reference.ts";

/** An array to exchange. */
export interface ArrayCase {
  /** Names it, for object names and messages. */
  readonly name: string;
  readonly descr: Descr;
  /** `dtype.str`, which is `|V…` for a structured dtype. */
  readonly dtype: DType;
  readonly itemSize: number;
  readonly shape: readonly number[];
  /** The items in C order. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const structured: readonly FieldDescr[] = [["id", "<i4"], ["value", "<f8"]];
const nested: readonly FieldDescr[] = [["name", "|S3"], ["at", [["x", ">f4"], ["y", "<f4"]]], [
  "grid",
  "<u2",
  [2, 3],
], [
  "flag",
  "|b1",
]];

/** dtype, and the length of an item in bytes. */
const dtypes: readonly (readonly [name: string, descr: DType | readonly FieldDescr[], itemSize: number])[] = [
  ["b1", "|b1", 1],
  ["i1", "|i1", 1],
  ["i2", "<i2", 2],
  ["i4", "<i4", 4],
  ["i8", "<i8", 8],
  ["u1", "|u1", 1],
  ["u2", "<u2", 2],
  ["u4", "<u4", 4],
  ["u8", "<u8", 8],
  ["f2", "<f2", 2],
  ["f4", "<f4", 4],
  ["f8", "<f8", 8],
  ["c8", "<c8", 8],
  ["c16", "<c16", 16],
  ["S5", "|S5", 5],
  ["U3", "<U3", 12],
  ["be-f8", ">f8", 8],
  ["be-i2", ">i2", 2],
  ["be-c8", ">c8", 8],
  ["be-U2", ">U2", 8],
  ["M8", "<M8[ns]", 8],
  ["m8", "<m8[s]", 8],
  ["M8-D", "<M8[D]", 8],
  ["V12", "|V12", 12],
  ["structured", structured, 12],
  ["nested", nested, 3 + 8 + 12 + 1],
];

/** One array of each dtype, with three axes of different lengths. */
export const everyDtype: readonly ArrayCase[] = dtypes.map(([name, descr, itemSize]) =>
  arrayCase(name, descr, itemSize, [3, 4, 5])
);

/** Shapes that are easily got wrong: no axes, one, length 1, many. */
export const everyShape: readonly ArrayCase[] = [
  arrayCase("0-d", "<f8", 8, []),
  arrayCase("0-d-U", "<U3", 12, []),
  arrayCase("0-d-b1", "|b1", 1, []),
  arrayCase("1-item", "<i4", 4, [1]),
  arrayCase("vector", "<f4", 4, [1000]),
  arrayCase("row", "<i2", 2, [1, 7]),
  arrayCase("column", "<i2", 2, [7, 1]),
  arrayCase("5-d", "|u1", 1, [2, 3, 1, 4, 2]),
];

/** Arrays without items. */
export const everyEmpty: readonly ArrayCase[] = [
  arrayCase("empty", "<f8", 8, [0]),
  arrayCase("empty-3-d", "<i4", 4, [3, 0, 2]),
  arrayCase("empty-last", "|S5", 5, [2, 0]),
];

/** Arrays of a few megabytes, so that codecs have blocks, windows and pieces to cross. */
export const large: readonly ArrayCase[] = [
  { ...arrayCase("random", "|u1", 1, [0]), shape: [3_000_017], bytes: randomBytes("large", 3_000_017) },
  { ...arrayCase("smooth", "<f4", 4, [0]), shape: [1024, 1025], bytes: smooth(1024 * 1025) },
  { ...arrayCase("zeros", "<i8", 8, [0]), shape: [700_001], bytes: new Uint8Array(8 * 700_001) },
];

function arrayCase(
  name: string,
  descr: DType | readonly FieldDescr[],
  itemSize: number,
  shape: readonly number[],
): ArrayCase {
  const count = shape.reduce((product, length) => product * length, 1);
  const bytes = randomBytes(name, count * itemSize);
  if (descr === "|b1") { for (let i = 0; i < bytes.length; i++) bytes[i] &= 1; }
  if (descr === nested) { for (let i = itemSize - 1; i < bytes.length; i += itemSize) bytes[i] &= 1; }
  if (typeof descr === "string" && descr[1] === "U") fillText(bytes, descr[0] === "<");
  return { name, descr, dtype: typeof descr === "string" ? descr : `|V${itemSize}`, itemSize, shape, bytes };
}

/** Any bits at all, NaNs with payloads among them: what is stored are bytes, and they must come back as they were. */
function randomBytes(seed: string, length: number): Uint8Array<ArrayBuffer> {
  let state = [...seed].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 16777619), 2166136261);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    state = state + 0x6d2b79f5 | 0; // mulberry32
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    bytes[i] = t >>> 14;
  }
  return bytes;
}

/** Code points of one, two, three and four bytes of UTF-8, and the zeros that end short strings. */
function fillText(bytes: Uint8Array<ArrayBuffer>, littleEndian: boolean): void {
  const points = [0x61, 0xe9, 0x3b1, 0x20ac, 0x1f366, 0x10ffff, 0];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, points[bytes[i] % points.length], littleEndian);
}

function smooth(count: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Float32Array.from({ length: count }, (_, i) => Math.sin(i / 500)).buffer);
}

/** `count` u4 items that do not compress well; reference.py makes the same. */
export function pattern(count: number): Uint32Array<ArrayBuffer> {
  const items = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const item = Math.imul(i, 2654435761);
    items[i] = item ^ item >>> 15;
  }
  return items;
}

/** The fields of a structured dtype as numpy packs them, one behind the other. */
export function fieldsOf(descr: Descr): readonly Field[] | undefined {
  if (typeof descr === "string") return undefined;
  let offset = 0;
  return descr.map(([name, dtype, shape]) => {
    const field: Field = {
      name,
      dtype: typeof dtype === "string" ? dtype as DType : `|V${itemSizeOf(dtype)}`,
      offset,
      ...(shape && { shape }),
      ...(typeof dtype !== "string" && { fields: fieldsOf(dtype) }),
    };
    offset += itemSizeOf(dtype) * (shape ?? []).reduce((product, length) => product * length, 1);
    return field;
  });
}

function itemSizeOf(descr: Descr): number {
  if (typeof descr !== "string") {
    return descr.reduce(
      (sum, [, dtype, shape = []]) => sum + shape.reduce((a, b) => a * b, itemSizeOf(dtype)),
      0,
    );
  }
  const size = Number(descr.slice(2));
  return descr[1] === "U" ? 4 * size : size;
}

/** The same array as {@linkcode arrayCase} names, lying in memory in some way. */
export function ours(
  { dtype, descr, shape, bytes, itemSize }: ArrayCase,
  layout: Exclude<Layout, "read-only">,
): NDArray {
  const make = (bytes: Uint8Array<ArrayBuffer>, shape: readonly number[], order: "C" | "F" = "C") =>
    arrayFromBytes(bytes, { dtype, fields: fieldsOf(descr), shape, order });
  switch (layout) {
    case "C":
      return make(bytes, shape);
    case "F":
      return make(scatter(bytes, itemSize, shape, shape, [...shape.keys()], (index) => index), shape, "F");
    case "strided": {
      const around = shape.map((length) => 2 * length);
      const axes = [...shape.keys()].reverse();
      const items = scatter(bytes, itemSize, shape, around, axes, (index) => 2 * index);
      return make(items, around).slice(...shape.map(() => [null, null, 2] as const));
    }
    case "reversed": {
      const row = shape.length === 0 ? 0 : bytes.length / (shape[0] || 1);
      const turned = new Uint8Array(bytes.length);
      for (let i = 0; i < (shape[0] ?? 0); i++) {
        turned.set(bytes.subarray(i * row, (i + 1) * row), bytes.length - (i + 1) * row);
      }
      return make(turned, shape).slice([null, null, -1]);
    }
  }
}

/** Puts each item of a C-ordered array where it belongs in an array of shape `into`, whose axes vary in the order `axes`, the fastest first. */
function scatter(
  bytes: Uint8Array,
  itemSize: number,
  shape: readonly number[],
  into: readonly number[],
  axes: readonly number[],
  place: (index: number) => number,
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(into.reduce((product, length) => product * length, itemSize));
  for (let item = 0; item * itemSize < bytes.length; item++) {
    const index: number[] = [];
    let rest = item;
    for (const length of shape.toReversed()) {
      index.unshift(rest % length);
      rest = Math.floor(rest / length);
    }
    let at = 0;
    let step = itemSize;
    for (const axis of axes) {
      at += place(index[axis]) * step;
      step *= into[axis];
    }
    result.set(bytes.subarray(item * itemSize, (item + 1) * itemSize), at);
  }
  return result;
}
