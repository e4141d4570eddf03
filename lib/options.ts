/**
 * Options that a function or class takes, held against a table of their names: one that is misspelled, or spelled as in Python, would otherwise be ignored, and
 * `rm(name, { dry_run: true })` would delete.
 *
 * @module
 */
import { InvalidArgumentError } from "./errors.ts";

/** A table of all options of a type: TypeScript refuses one in which an option is missing, or is none. */
export type OptionTable<T> = { readonly [name in keyof Required<T>]: true };

/** Options that interfaces add to those of a call, and features to those of what they call: known everywhere. */
const EVERYWHERE: Readonly<Record<string, true>> = {
  signal: true,
  onWarning: true,
  concurrency: true,
  acl: true,
  root: true,
};

/**
 * Throws for an option that is not in any of the tables. One that is `undefined` counts as left out.
 *
 * @throws {InvalidArgumentError} which says what may have been meant.
 */
export function checkOptions(options: object, ...tables: readonly Readonly<Record<string, true>>[]): void {
  for (const name in options) {
    if (Object.hasOwn(EVERYWHERE, name) || tables.some((table) => Object.hasOwn(table, name))) continue;
    if (Reflect.get(options, name) !== undefined) throw unknownOptionError(name, tables);
  }
}

function unknownOptionError(
  name: string,
  tables: readonly Readonly<Record<string, true>>[],
): InvalidArgumentError {
  const known = [...new Set([...tables.flatMap((table) => Object.keys(table)), "signal", "onWarning"])];
  const meant = nearest(name, known);
  const hint = meant === undefined
    ? `there are ${known.map((each) => `\`${each}\``).join(", ")}`
    : `write \`${meant}\``;
  return new InvalidArgumentError(`there is no option \`${name}\` here: ${hint}`, { committed: "no" });
}

/** The option that a name is most likely to mean. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.replace(/[^a-z0-9]/gi, "").toLowerCase();
  const written = plain(name);
  const rated = known.map((each) => {
    const other = plain(each);
    const [short, long] = other.length < written.length ? [other, written] : [written, other];
    const distance = editDistance(written, other);
    const isPart = short.length > 3 && isSubsequence(short, long);
    return { each, distance: distance <= 2 && distance < other.length / 2 || isPart ? distance : Infinity };
  }).sort((a, b) => a.distance - b.distance);
  return rated[0]?.distance < Infinity ? rated[0].each : undefined;
}

function isSubsequence(short: string, long: string): boolean {
  let at = 0;
  for (const character of long) if (character === short[at]) at++;
  return at === short.length;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length];
}
