/**
 * Numbers, times and failures in words.
 *
 * @module
 */
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  NotFoundError,
  UnsupportedError,
} from "@cottoncandy/cottoncandy/errors";

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A number of bytes as people say it: `1.2 MiB`. */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  if (power === 0) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  const amount = bytes / 1024 ** power;
  return `${amount.toFixed(amount < 10 ? 1 : 0)} ${UNITS[power]}`;
}

/** A number with commas, and its noun. */
export function countText(count: number, one: string, many: string = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** When something was, in the person's own time; `undefined` where the store does not tell. */
export function timeText(time: Date): string | undefined {
  if (time.getTime() <= 0) return undefined;
  return time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

const KINDS: Readonly<Record<string, string>> = {
  b: "bool",
  i: "int",
  u: "uint",
  f: "float",
  c: "complex",
  M: "datetime64",
  m: "timedelta64",
  U: "text",
  S: "bytes",
  V: "structure",
};

/** What a field of a structure is. */
export interface NamedType {
  readonly name: string;
  readonly dtype: string;
  /** The shape of what each item has of it. */
  readonly shape?: readonly number[];
  readonly fields?: readonly NamedType[];
}

/** A dtype as numpy names it, with its byte order where that is not this machine's: `float32`, `int16, big-endian`. */
export function dtypeText(
  dtype: string,
  fields?: readonly NamedType[],
): string {
  if (fields) {
    const texts = fields.map(({ name, dtype, shape = [], fields }) =>
      `${name}: ${[dtypeText(dtype, fields), ...shape].join(" × ")}`
    );
    return `{ ${texts.join(", ")} }`;
  }
  const [, order, kind, size, unit = ""] = /^([<>=|]?)([a-zA-Z])(\d+)(.*)$/.exec(dtype) ?? [];
  const name = KINDS[kind];
  if (name === undefined) return dtype;
  const plain = kind === "b"
    ? name
    : "Mm".includes(kind)
    ? `${name}${unit}`
    : "USV".includes(kind)
    ? `${name} of ${countText(Number(size), kind === "U" ? "character" : "byte")}`
    : `${name}${Number(size) * 8}`;
  return order === ">" ? `${plain}, big-endian` : plain;
}

/** A shape as people say it: `40 × 48 × 32`; `a single value` without axes. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0
    ? "a single value"
    : shape.map((length) => length.toLocaleString("en")).join(" × ");
}

/** A failure for people: what it is, and what happened. */
export interface Failure {
  /** What it is, in a few words. */
  readonly title: string;
  /** What happened and what to do. */
  readonly text: string;
  /** What may help: keys, or credentials. */
  readonly helps?: "keys" | "credentials";
}

/** What a failure means. */
export function failureOf(error: unknown): Failure {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return { title: "No answer in time", text: "The store has not answered for a while. Try again." };
  }
  if (
    /encrypt|decrypt|\bkey\b.*(wrong|other)|not authentic/i.test(text) && error instanceof CottonCandyError
  ) {
    const isWrong = error instanceof IntegrityError;
    return {
      title: isWrong ? "It can't be decrypted with this key" : "It is encrypted",
      text,
      helps: "keys",
    };
  }
  if (error instanceof NotFoundError) return { title: "There is nothing here", text };
  if (error instanceof AccessDeniedError) return { title: "Access denied", text, helps: "credentials" };
  if (error instanceof ConnectionError) {
    return {
      title: /CORS|Allow-Origin/.test(text)
        ? "The store does not let this page in (CORS)"
        : "The store can't be reached",
      text,
    };
  }
  if (error instanceof IntegrityError) return { title: "It is damaged, or not what it says", text };
  if (error instanceof UnsupportedError) return { title: "This can't be done here", text };
  return { title: "Something went wrong", text };
}
