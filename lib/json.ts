/**
 * JSON as Python writes and reads it: `NaN`, `Infinity` and `-Infinity` are numbers, integers may be of any size, and text is ASCII.
 *
 * Source: the `json` module of Python's standard library, whose defaults cottoncandy uses.
 *
 * @module
 */
import { IntegrityError, InvalidArgumentError } from "./errors.ts";
import { messageOf } from "./error_context.ts";

/** A value that JSON can hold; integers beyond 2⁵³ as `bigint`. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | {
  readonly [key: string]: JsonValue;
};

/**
 * Writes a value as Python's `json.dumps` does: `", "` and `": "` between items, everything beyond ASCII escaped. As `JSON.stringify` does, it
 * calls `toJSON`, leaves out entries that are `undefined`, and writes them as `null` in arrays.
 *
 * @throws {InvalidArgumentError} for what JSON can't hold: functions, symbols, typed arrays, Maps and Sets, cycles, and more than 900 levels.
 *
 * @example
 * ```ts
 * import { dumpJson } from "@cottoncandy/cottoncandy/json";
 *
 * console.assert(dumpJson({ run: 7, tr: NaN, who: "Zoë" }) === '{"run": 7, "tr": NaN, "who": "Zo\\u00eb"}');
 * ```
 */
export function dumpJson(value: unknown): string {
  const text = dump(value, "", new Set());
  if (text === undefined) throw notJsonError(value);
  return text;
}

/** Python gives up at a depth of 1000, reading as well as writing. */
const MAX_DEPTH = 900;

function dump(item: unknown, key: string, above: Set<object>): string | undefined {
  // Asked once, as JSON.stringify does: it may well answer with itself.
  const value = hasToJson(item) ? item.toJSON(key) : item;
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return dumpNumber(value);
    case "string":
      return dumpText(value);
    case "object":
      return value === null ? "null" : dumpObject(value, above);
    default:
      throw notJsonError(value);
  }
}

function dumpNumber(value: number): string {
  // Python keeps the sign of zero, JSON.stringify does not.
  if (Object.is(value, -0)) return "-0.0";
  // A number, not an integer: JavaScript writes zeros for the digits that it needs not, and an integer would be exactly what is written.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential();
  return String(value);
}

function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof value === "object" && value !== null && "toJSON" in value &&
    typeof value.toJSON === "function";
}

function dumpObject(value: object, above: Set<object>): string {
  if (above.has(value)) throw new InvalidArgumentError("JSON can't hold a value that contains itself");
  if (above.size >= MAX_DEPTH) {
    throw new InvalidArgumentError(
      `values nested more than ${MAX_DEPTH} deep can't be JSON that Python reads: use fewer levels`,
    );
  }
  above.add(value);
  try {
    if (Array.isArray(value)) {
      // Array.from has an entry for each hole, too.
      return `[${Array.from(value, (item, i) => dump(item, String(i), above) ?? "null").join(", ")}]`;
    }
    const prototype = Object.getPrototypeOf(value);
    if (ArrayBuffer.isView(value) || (prototype !== null && Object.getPrototypeOf(prototype) !== null)) {
      throw notJsonError(value);
    }
    if (Symbol.iterator in value) throw notJsonError(value);
    const entries: string[] = [];
    for (const [name, item] of Object.entries(value)) {
      const text = dump(item, name, above);
      if (text !== undefined) entries.push(`${dumpText(name)}: ${text}`);
    }
    return `{${entries.join(", ")}}`;
  } finally {
    above.delete(value);
  }
}

function dumpText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function notJsonError(value: unknown): InvalidArgumentError {
  const what = typeof value === "object" && value !== null
    ? value.constructor?.name ?? "object"
    : typeof value;
  return new InvalidArgumentError(
    `JSON can't hold a ${what}: store arrays with uploadRawArray, or convert it (an NDArray by toNested(), a Map by Object.fromEntries)`,
  );
}

// Outside of strings, a letter N or I begins nothing else. What a colon follows is no value. A string without an end goes to the text's end: what is put
// in for a number must not end it.
const PYTHON_NUMBER = /"(?:[^"\\]|\\.?)*"?|(?:-?Infinity|NaN)(?!\s*:)/gs;

/**
 * Reads JSON as Python's `json.loads` does: `NaN`, `Infinity` and `-Infinity` are read, and an integer that a `number` can't hold exactly becomes a
 * `bigint`.
 *
 * @param text The text, or its bytes in UTF-8.
 * @throws {IntegrityError} when it is no JSON.
 *
 * @example
 * ```ts
 * import { parseJson } from "@cottoncandy/cottoncandy/json";
 *
 * const value = parseJson('{"tr": NaN, "seed": 12345678901234567890}');
 * console.assert(typeof value === "object" && value !== null && "seed" in value && value.seed === 12345678901234567890n);
 * ```
 */
export function parseJson(text: string | Uint8Array): JsonValue {
  try {
    return revive(typeof text === "string" ? text : new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch (cause) {
    throw new IntegrityError(`this is no JSON: ${messageOf(cause)}`, { cause });
  }
}

function revive(text: string): JsonValue {
  // What stands for such a number meanwhile is made up for each text, so that nobody can have written it, with escapes or without.
  const mark = /NaN|Infinity/.test(text) ? crypto.getRandomValues(new Uint32Array(4)).join() : undefined;
  const plain = mark === undefined
    ? text
    : text.replace(PYTHON_NUMBER, (token) => token.startsWith('"') ? token : `"${mark}${token}"`);
  return JSON.parse(plain, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value === "string" && mark !== undefined && value.startsWith(mark)) {
      return Number(value.slice(mark.length));
    }
    if (typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")) {
      return BigInt(context?.source ?? "");
    }
    return value;
  });
}
