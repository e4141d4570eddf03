/**
 * Sizes, times and names as a terminal shows them.
 *
 * @module
 */
import stringWidth from "string-width";
import { InvalidArgumentError } from "../lib/errors.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** A number of bytes for people: `"12.3 MiB"`. */
export function humanSize(bytes: number): string {
  let unit = 0;
  let size = bytes;
  // What would be shown as 1024.0 is the next unit.
  while (size >= 1023.95 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(bytes) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** A span of time for people: `"1:05"`, `"2:00:03"`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A time as `2026-11-23 01:53:30`, in local time. */
export function localTime(time: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ` +
    `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** How long something took, for people: `"0.4 s"`, `"42 s"`, `"1:05"`. */
export function elapsed(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0.1, seconds).toFixed(1)} s`;
  return seconds < 59.5 ? `${Math.round(seconds)} s` : duration(seconds);
}

/** A count and what is counted: `"1 object"`, `"2 objects"`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

// deno-lint-ignore no-control-regex -- what must not reach a terminal: names may have it
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A text in one line, whatever is in it: names and messages of stores may hold what terminals obey. */
export function printable(text: string): string {
  return text.replace(
    CONTROL,
    (character) => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Shows bytes of an object on a terminal: lines as they are, everything else that a terminal obeys escaped. */
export class TerminalText {
  readonly #decoder = new TextDecoder();
  /** A character that belongs to the next one. */
  #held = "";

  /** The text of the next bytes. */
  next(bytes: Uint8Array): string {
    const text = this.#held + this.#decoder.decode(bytes, { stream: true });
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    this.#held = text.slice(end);
    return text.slice(0, end).split(/(\r?\n|\t)/).map((part, i) => i % 2 === 1 ? part : printable(part)).join(
      "",
    );
  }
}

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** A text with spaces before or behind it, so that it takes so many columns. */
export function padded(text: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + space : space + text;
}

/**
 * Names in columns as `ls` has them, filled downwards; one a line where they don't fit side by side.
 *
 * @param paint Colours a name, once it is in its place.
 */
export function inColumns(
  names: readonly string[],
  width: number,
  paint: (name: string, index: number) => string = (name) => name,
): string[] {
  const gap = "  ";
  const widths = names.map(widthOf);
  for (let lines = 1; lines < names.length; lines++) {
    const count = Math.ceil(names.length / lines);
    const columns = Array.from(
      { length: count },
      (_, i) => Math.max(...widths.slice(i * lines, (i + 1) * lines)),
    );
    if (columns.reduce((sum, column) => sum + column, (count - 1) * gap.length) > width) continue;
    return Array.from({ length: lines }, (_, line) => {
      const indices = columns.map((_, i) => i * lines + line).filter((index) => index < names.length);
      return indices.map((index, i) => {
        const space = i === indices.length - 1 ? 0 : columns[i] - widths[index];
        return paint(names[index], index) + " ".repeat(space);
      }).join(gap);
    });
  }
  return names.map(paint);
}

/** A whole number from `least` on, as an option gives it. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`"${text}" is no whole number from ${least}`);
  };
}

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgtpe]?)(?:i?b)?$/i;

/** Bytes, as an option gives them: `"4096"`, `"64K"`, `"1.5MiB"`; units are powers of 1024. */
export function parseSize(text: string): number {
  const [, number, unit] = SIZE.exec(text) ?? [];
  const bytes = Number(number) * 1024 ** " kmgtpe".indexOf((unit || " ").toLowerCase());
  if (number !== undefined && Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes);
  throw new InvalidArgumentError(`"${text}" is no size: write 4096, 64K or 1.5MiB`);
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds, as an option gives them: `"90"`, `"90s"`, `"15m"`, `"2h"`, `"7d"`, `"1w"`. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhdw]?)$/.exec(text) ?? [];
  const seconds = Number(number) * SECONDS[unit || "s"];
  if (number !== undefined && seconds <= Number.MAX_SAFE_INTEGER) return seconds;
  throw new InvalidArgumentError(`"${text}" is no time: write 90s, 15m, 2h or 7d`);
}
