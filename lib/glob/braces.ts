/**
 * Brace expansion, as shells do it before anything else: `{a,b}`, `{1..3}`, `{01..10..3}`, `{a..e}`, nested and side by side. What is no
 * expansion (`{a}`, `{}`, an unclosed `{`) stays as it is, and `\{` is quoted.
 *
 * https://www.gnu.org/software/bash/manual/html_node/Brace-Expansion.html
 *
 * @module
 */
import { InvalidArgumentError } from "../errors.ts";

/** How many patterns one may stand for, and how many characters they may have altogether. */
const MAX_PATTERNS = 1000;
const MAX_CHARACTERS = 65_536;
const MAX_DEPTH = 50;

/**
 * The patterns without braces that a pattern stands for, in the order written. Quoting is kept.
 *
 * @throws {InvalidArgumentError} when they are too many, or the braces too deep.
 */
export function expandBraces(pattern: string): string[] {
  return expand(pattern, pattern, 0);
}

function expand(text: string, whole: string, depth: number): string[] {
  if (depth > MAX_DEPTH) {
    throw new InvalidArgumentError(`the braces of ${abridged(whole)} are nested more than ${MAX_DEPTH} deep`);
  }
  let patterns = [""];
  let at = 0;
  while (at < text.length) {
    const open = nextOpen(text, at);
    const group = open < 0 ? undefined : readGroup(text, open);
    if (group === undefined) {
      // Nothing more is expanded when there is no `{`; one without its `}` is a character, and what follows it is looked at again.
      const end = open < 0 ? text.length : open + 1;
      patterns = combine(patterns, [text.slice(at, end)], whole);
      at = end;
      continue;
    }
    const { content, members } = group;
    const choices = members
      ? members.flatMap((member) => expand(member, whole, depth + 1))
      : range(content, whole) ?? expand(content, whole, depth + 1).map((inner) => `{${inner}}`);
    const before = text.slice(at, open);
    patterns = combine(patterns, choices.map((choice) => before + choice), whole);
    at = group.end;
  }
  return patterns;
}

/** Every head with every tail. */
function combine(heads: readonly string[], tails: readonly string[], whole: string): string[] {
  const characters = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0);
  const isTooMuch = heads.length * tails.length > MAX_PATTERNS ||
    characters(heads) * tails.length + characters(tails) * heads.length > MAX_CHARACTERS;
  if (isTooMuch) throw tooManyPatternsError(whole);
  return heads.flatMap((head) => tails.map((tail) => head + tail));
}

function nextOpen(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "{") return at;
  }
  return -1;
}

/** What stands between a `{` and its `}`, split at its own commas; nothing when it is not closed. */
function readGroup(
  text: string,
  open: number,
): { content: string; members?: string[]; end: number } | undefined {
  const members: string[] = [];
  let depth = 0;
  let begin = open + 1;
  for (let at = open + 1; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === "{") depth++;
    else if (character === "," && depth === 0) {
      members.push(text.slice(begin, at));
      begin = at + 1;
    } else if (character === "}" && depth-- === 0) {
      const content = text.slice(open + 1, at);
      if (members.length === 0) return { content, end: at + 1 };
      members.push(text.slice(begin, at));
      return { content, members, end: at + 1 };
    }
  }
  return undefined;
}

/** The members of `first..last` and `first..last..step`: integers, padded to the wider one when one has leading zeros, or letters. */
function range(content: string, whole: string): string[] | undefined {
  const parts = /^(?:(-?\d{1,15})\.\.(-?\d{1,15})|([A-Za-z])\.\.([A-Za-z]))(?:\.\.(-?\d{1,15}))?$/.exec(
    content,
  );
  if (parts === null) return undefined;
  const [, from, to, fromLetter, toLetter, by = "1"] = parts;
  const letters = fromLetter !== undefined;
  const first = letters ? fromLetter.charCodeAt(0) : Number(from);
  const last = letters ? toLetter.charCodeAt(0) : Number(to);
  const step = Math.max(1, Math.abs(Number(by)));
  const count = Math.floor(Math.abs(last - first) / step) + 1;
  if (count > MAX_PATTERNS) throw tooManyPatternsError(whole);
  const padded = !letters && [from, to].some((end) => /^-?0\d/.test(end));
  const width = padded ? Math.max(from.length, to.length) : 0;
  const members: string[] = [];
  for (let index = 0; index < count; index++) {
    const value = first + Math.sign(last - first) * step * index;
    members.push(letters ? quoted(String.fromCharCode(value)) : pad(value, width));
  }
  return members;
}

function pad(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0");
}

/** `{Z..a}` runs over `[`, `\`, `]`, which are these characters. */
function quoted(character: string): string {
  return /[A-Za-z]/.test(character) ? character : `\\${character}`;
}

function tooManyPatternsError(pattern: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `the braces of ${
      abridged(pattern)
    } stand for more than ${MAX_PATTERNS} patterns or ${MAX_CHARACTERS} characters: ` +
      "use wildcards, or several patterns",
  );
}

/** A pattern as a message shows it. */
export function abridged(pattern: string): string {
  return JSON.stringify(pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern);
}
