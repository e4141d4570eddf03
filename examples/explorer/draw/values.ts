/**
 * Items as text, exactly.
 *
 * @module
 */
import { type Field, NaT, partsOf, type Scalar } from "../../../lib/array/dtype/mod.ts";
import type { DType, Nested } from "../../../lib/array/mod.ts";
import { datetimeText } from "../../../lib/array/repr/numbers.ts";

/** An item's text: all digits of numbers, `NaT`, times down to their unit, `1+2j`, `b'…'` without the quotes; of a structure the names of its fields too. */
export function itemText(item: Nested<Scalar>, dtype: DType, fields: readonly Field[] = []): string {
  if (typeof item === "bigint" && "Mm".includes(partsOf(dtype).kind)) return countText(item, dtype);
  if (typeof item === "number") {
    return partsOf(dtype).kind === "f" ? floatText(item, partsOf(dtype).itemsize) : `${item}`;
  }
  if (typeof item === "boolean") return item ? "True" : "False";
  if (item instanceof Uint8Array) return bytesText(item);
  if (isList(item)) return `[${item.map((each) => itemText(each, dtype, fields)).join(", ")}]`;
  if (typeof item !== "object") return `${item}`;
  if (isComplex(item)) {
    const half = partsOf(dtype).kind === "c" ? partsOf(dtype).itemsize / 2 : 8;
    const imaginary = floatText(item.im, half);
    return `${floatText(item.re, half)}${imaginary.startsWith("-") ? "" : "+"}${imaginary}j`;
  }
  const texts = Object.entries(item).map(([name, value]) => {
    const field = fields.find((each) => each.name === name);
    return `${name}: ${itemText(value, field?.dtype ?? "<f8", field?.fields)}`;
  });
  return `(${texts.join(", ")})`;
}

/** A time: a point in time as ISO 8601, a duration with its unit. */
export function countText(count: bigint, dtype: DType): string {
  if (count === NaT) return "NaT";
  if (partsOf(dtype).kind === "M") return datetimeText(count, dtype);
  const [, times = "", unit = ""] = /\[(\d*)(\w+)\]/.exec(dtype) ?? [];
  return `${count * BigInt(times || 1)} ${unit}`.trimEnd();
}

/** The fewest digits that mean this number among those of its size. */
function floatText(value: number, itemsize: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (itemsize === 8 || value === 0) return plain(value);
  const round = itemsize === 4 ? Math.fround : (number: number) => toHalf(number);
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (round(short) === value) return plain(short);
  }
  return plain(value);
}

/** The nearest half precision number: eleven bits, fewer below 2⁻¹⁴. */
function toHalf(value: number): number {
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value) || 1)));
  const unit = 2 ** (exponent - 10);
  return Math.round(value / unit) * unit;
}

function plain(value: number): string {
  return Object.is(value, -0) ? "-0" : `${value}`;
}

function bytesText(bytes: Uint8Array): string {
  return Array.from(
    bytes,
    (byte) =>
      byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");
}

function isList(item: Nested<Scalar>): item is readonly Nested<Scalar>[] {
  return Array.isArray(item);
}

function isComplex(item: object): item is { readonly re: number; readonly im: number } {
  return "re" in item && typeof item.re === "number" && "im" in item && typeof item.im === "number";
}
