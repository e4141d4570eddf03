/**
 * Numbers and times as numpy prints them in arrays: of floats the shortest digits that tell a number from its neighbours, at most eight of them after the point, and one
 * layout for all; of points in time ISO 8601.
 *
 * Source: numpy's documentation of `set_printoptions`, `format_float_positional` and `datetime_as_string`, and running it.
 *
 * @module
 */
import { fromFloat16, toFloat16 } from "../dtype/mod.ts";

/** Numpy's print option of that name. */
const PRECISION = 8;
/** So many digits tell any number of 32 bits from its neighbours. */
const MOST_DIGITS = 9;

/** What decides how numbers of one size are printed. */
interface FloatSize {
  /** The nearest number of that size. */
  readonly round: (value: number) => number;
  /** Whether it is the size that JavaScript's numbers have. */
  readonly own: boolean;
  /** From which number on exponents are printed. */
  readonly large: number;
}

const SIZES: Readonly<Record<number, FloatSize>> = {
  2: { round: (value) => fromFloat16(toFloat16(value)), own: false, large: 1e3 },
  4: { round: Math.fround, own: false, large: 1e6 },
  8: { round: (value) => value, own: true, large: 1e8 },
};

/** A number's digits: `d.ddd` times ten to the power of `exponent`. */
interface Digits {
  readonly digits: string;
  readonly exponent: number;
}

/**
 * What formats numbers of an array, all to the same width.
 *
 * @param values All numbers that will be formatted.
 * @param itemsize Bytes of each.
 * @param plus Whether positive numbers get a sign.
 */
export function floatFormat(
  values: readonly number[],
  itemsize: number,
  plus: boolean = false,
): (value: number) => string {
  const size = SIZES[itemsize];
  const finite = values.filter(Number.isFinite);
  const write = once(printsExponents(finite, size) ? exponential(finite, size) : positional(size));
  const signed = (value: number, text: string) =>
    (value < 0 || Object.is(value, -0) ? "-" : plus ? "+" : "") + text;
  const texts = finite.map((value) => signed(value, write(Math.abs(value))));
  let left = Math.max(0, ...texts.map((text) => text.indexOf(".")));
  const right = Math.max(0, ...texts.map((text) => text.length - text.indexOf(".") - 1));
  if (finite.length < values.length) {
    const infinity = plus || values.includes(-Infinity) ? 4 : 3;
    left = Math.max(left, infinity - right - 1);
  }
  return (value) => {
    if (Number.isNaN(value)) return (plus ? "+nan" : "nan").padStart(left + right + 1);
    if (!Number.isFinite(value)) return signed(value, "inf").padStart(left + right + 1);
    const text = signed(value, write(Math.abs(value)));
    return text.padStart(text.length + left - text.indexOf(".")).padEnd(left + right + 1);
  };
}

/** The same function, which works out each text once: all are written first to see how wide they are. */
function once(write: (value: number) => string): (value: number) => string {
  const written = new Map<number, string>();
  return (value) => {
    const text = written.get(value) ?? write(value);
    written.set(value, text);
    return text;
  };
}

/** Whether numbers are too large, too small or too different to be printed without exponents. */
function printsExponents(finite: readonly number[], { round, large }: FloatSize): boolean {
  const sizes = finite.filter((value) => value !== 0).map(Math.abs);
  if (sizes.length === 0) return false;
  const most = Math.max(...sizes);
  const least = Math.min(...sizes);
  return most >= large || least < round(0.0001) || round(most / least) > 1000;
}

function positional(size: FloatSize): (value: number) => string {
  return (value) => {
    let { digits, exponent } = shortest(value, size);
    if (digits.length - 1 - exponent > PRECISION) {
      ({ digits, exponent } = rounded(value, PRECISION + exponent + 1));
    }
    const point = exponent + 1;
    const padded = "0".repeat(Math.max(0, -exponent)) + digits.padEnd(point, "0");
    const whole = Math.max(1, point);
    return `${padded.slice(0, whole)}.${padded.slice(whole).replace(/0+$/, "")}`;
  };
}

function exponential(finite: readonly number[], size: FloatSize): (value: number) => string {
  const all = finite.map((value) => atMost(Math.abs(value), PRECISION + 1, size));
  const count = Math.max(...all.map(({ digits }) => digits.replace(/0+$/, "").length), 1);
  const width = Math.max(2, ...all.map(({ exponent }) => String(Math.abs(exponent)).length));
  return (value) => {
    const { digits, exponent } = ofLength(value, count, size);
    const sign = exponent < 0 ? "-" : "+";
    return `${digits[0]}.${digits.slice(1)}e${sign}${String(Math.abs(exponent)).padStart(width, "0")}`;
  };
}

/** The shortest digits, or fewer. */
function atMost(value: number, count: number, size: FloatSize): Digits {
  const found = shortest(value, size);
  return found.digits.length > count ? cut(rounded(value, count), count) : found;
}

/** So many digits: the shortest ones if they are so many, else those of the exact value. */
function ofLength(value: number, count: number, size: FloatSize): Digits {
  const found = shortest(value, size);
  return found.digits.length === count ? found : cut(rounded(value, count), count);
}

/** Rounding up may have made a digit more. */
function cut({ digits, exponent }: Digits, count: number): Digits {
  return { digits: digits.slice(0, count), exponent };
}

/** The fewest digits that no other number of this size is nearer to; of several, those nearest to the number. */
function shortest(value: number, { round, own }: FloatSize): Digits {
  const whole = parse(value.toExponential());
  if (own) return whole;
  const stands = ({ digits, exponent }: Digits) =>
    round(Number(`${digits}e${exponent - digits.length + 1}`)) === value;
  let count = Math.min(whole.digits.length, MOST_DIGITS);
  for (; count > 1; count--) {
    // Above a power of two the next number is twice as far as below: there what is farther may do where what is nearer does not.
    const near = parse(value.toExponential(count - 2));
    if (!stands(near) && !stands(next(near))) break;
  }
  // Once more, and exactly: of two that are as near the even one counts.
  const even = rounded(value, count);
  return cut(stands(even) ? even : next(even), count);
}

/** One more in the last digit. */
function next({ digits, exponent }: Digits): Digits {
  const above = String(Number(digits) + 1);
  return { digits: above, exponent: exponent + above.length - digits.length };
}

/** The exact value rounded to so many digits, ties to even; where it is rounded up to a power of ten, it has a digit more. */
function rounded(value: number, count: number): Digits {
  // More digits than it takes to see a tie: numbers that are none differ much earlier.
  const { digits, exponent } = parse(value.toExponential(100));
  const rest = digits.slice(count);
  const half = "5".padEnd(rest.length, "0");
  const kept = BigInt(digits.slice(0, count));
  const up = rest > half || (rest === half && kept % 2n === 1n);
  const text = String(up ? kept + 1n : kept).padStart(count, "0");
  return { digits: text, exponent: exponent + text.length - count };
}

function parse(text: string): Digits {
  const [digits, exponent] = text.split("e");
  return { digits: digits.replace(".", ""), exponent: Number(exponent) };
}

/** Units of a day and shorter: how many make a day, and how many digits of a second they show. */
const UNITS_PER_DAY: ReadonlyMap<string, readonly [count: bigint, digits: number]> = new Map([
  ["h", [24n, 0]],
  ["m", [24n * 60n, 0]],
  ...["s", "ms", "us", "ns", "ps", "fs", "as"].map((unit, index): [string, [bigint, number]] => [
    unit,
    [86400n * 1000n ** BigInt(index), 3 * index],
  ]),
]);

/** The count and unit of a datetime dtype: of `<M8[25s]`, 25 and `s`; without a unit, 1 and `""`. */
function unitOf(dtype: string): { readonly count: bigint; readonly unit: string } {
  const [, count = "", unit = ""] = /\[(\d*)(\w+)\]/.exec(dtype) ?? [];
  return { count: BigInt(count || 1), unit };
}

/**
 * A datetime's text, down to its unit: `1970-01-01T00:02:05`. Without a unit its count alone.
 *
 * @param value The count that the datetime is; not `NaT`.
 * @param dtype The dtype, which has the unit.
 */
export function datetimeText(value: bigint, dtype: string): string {
  const { count, unit } = unitOf(dtype);
  const units = value * count;
  if (unit === "") return String(units);
  if (unit === "Y") return padded(1970n + units, 4);
  if (unit === "M") {
    return `${padded(1970n + floorDiv(units, 12n), 4)}-${padded(floorMod(units, 12n) + 1n, 2)}`;
  }
  if (unit === "W" || unit === "D") return dateText(unit === "W" ? units * 7n : units);
  const [perDay, digits] = UNITS_PER_DAY.get(unit) ?? [86400n, 0];
  const date = dateText(floorDiv(units, perDay));
  const inDay = floorMod(units, perDay);
  if (unit === "h") return `${date}T${padded(inDay, 2)}`;
  if (unit === "m") return `${date}T${padded(inDay / 60n, 2)}:${padded(inDay % 60n, 2)}`;
  const perSecond = perDay / 86400n;
  const seconds = inDay / perSecond;
  const time = [seconds / 3600n, seconds / 60n % 60n, seconds % 60n].map((part) => padded(part, 2)).join(":");
  return `${date}T${time}${digits === 0 ? "" : `.${padded(inDay % perSecond, digits)}`}`;
}

/** A day, counted from 1970-01-01, in the Gregorian calendar. */
function dateText(days: bigint): string {
  // Years begin in March here, so that the leap day is a year's last; 400 of them always have the same number of days.
  const shifted = days + 719468n;
  const era = floorDiv(shifted, 146097n);
  const day = floorMod(shifted, 146097n);
  const year = (day - day / 1460n + day / 36524n - day / 146096n) / 365n;
  const ofYear = day - (365n * year + year / 4n - year / 100n);
  const month = (5n * ofYear + 2n) / 153n;
  const ofMonth = ofYear - (153n * month + 2n) / 5n + 1n;
  const early = month >= 10n;
  const shownYear = era * 400n + year + (early ? 1n : 0n);
  return [padded(shownYear, 4), padded(early ? month - 9n : month + 3n, 2), padded(ofMonth, 2)].join("-");
}

/** Padded to a width of which the sign is a part, as in C. */
function padded(value: bigint, width: number): string {
  return value < 0n ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0");
}

function floorDiv(a: bigint, b: bigint): bigint {
  return (a - floorMod(a, b)) / b;
}

function floorMod(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b;
}
