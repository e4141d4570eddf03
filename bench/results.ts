/**
 * What a run comes to: measurements of one kind, whatever was measured, and goals that are judged by them.
 *
 * @module
 */
import type { Profile } from "./clients/profile.ts";
import type { Took } from "./clients/protocol.ts";
import type { Traffic } from "./counter.ts";
import { type By, median, type Samples, timesAsFast } from "./turns.ts";

/** How much there is to do in some work: bytes, of which MB/s are told, or things, of which so many are done in a second. */
export type Amount = { readonly bytes: number } | { readonly count: number; readonly of: string };

/** What one contender took for some work, once a round. */
export interface Measured {
  readonly kind: "measured";
  readonly contender: string;
  readonly rounds: Samples<Took>;
  /** Requests and bytes of one round, where they were counted. */
  readonly traffic?: Traffic;
  /** What it came to besides, such as how small something became. */
  readonly remark?: string;
}

/** A contender that isn't there. */
export interface Absent {
  readonly kind: "absent";
  readonly contender: string;
  readonly why: string;
}

/** What contenders took for the same work. */
export interface Table {
  readonly section: string;
  readonly work: string;
  /** Without one, only the time is told. */
  readonly amount?: Amount;
  /** The contender whom the others are beside. */
  readonly ours: string;
  readonly rows: readonly (Measured | Absent)[];
}

/** A bound that a ratio must keep, and what it came to. */
export interface Goal {
  readonly section: string;
  readonly what: string;
  readonly kind: "at least" | "at most";
  readonly bound: number;
  /** What it came to; there is none where a contender isn't there. */
  readonly ratio?: number;
  /** The work that it is of, as {@linkcode Profiled} names it. */
  readonly of: string;
}

/** Where the time of some work went. */
export interface Profiled {
  /** The section, the work and the contender. */
  readonly of: string;
  /** There is none of what V8 doesn't run. */
  readonly profile?: Profile;
}

/** Whether a goal was met; `undefined` where it wasn't measured. */
export function isMet({ kind, bound, ratio }: Goal): boolean | undefined {
  if (ratio === undefined) return undefined;
  return kind === "at least" ? ratio >= bound : ratio <= bound;
}

/** The row of a contender, where it was measured. */
export function rowOf({ rows }: Table, contender: string): Measured | undefined {
  return rows.find((row): row is Measured => row.kind === "measured" && row.contender === contender);
}

/** How many times as fast one contender is as another. */
export function ratioOf(table: Table, one: string, other: string, by: By = "seconds"): number | undefined {
  const [a, b] = [rowOf(table, one), rowOf(table, other)];
  return a && b && timesAsFast(a.rounds, b.rounds, by);
}

/** The least that one contender is as fast as any of the others. */
export function leastRatio(
  table: Table,
  one: string,
  others: readonly string[],
  by: By = "seconds",
): number | undefined {
  const ratios = others.map((other) => ratioOf(table, one, other, by)).filter((ratio) => ratio !== undefined);
  return ratios.length > 0 ? Math.min(...ratios) : undefined;
}

/** The median of one figure over the rounds. */
export function medianOf({ rounds }: Measured, what: keyof Took): number {
  return median(rounds.map((took) => took[what]));
}

/** What is wrong with a table: rows that are missing, or figures that are none. */
export function faultsOf({ section, work, ours, rows }: Table): string[] {
  const faults: string[] = [];
  const note = (what: string) => faults.push(`${section}, ${work}: ${what}`);
  if (!rows.some(({ kind, contender }) => kind === "measured" && contender === ours)) {
    note(`no row of ${ours}`);
  }
  for (const row of rows) {
    if (row.kind === "absent") continue;
    if (row.rounds.length === 0) note(`${row.contender} had no round`);
    for (const took of row.rounds) {
      const { seconds, cpu, peak } = took;
      if (!(seconds > 0 && seconds < Infinity && cpu >= 0 && cpu < Infinity && peak > 0 && peak < Infinity)) {
        note(`${row.contender} took ${JSON.stringify(took)}`);
      }
    }
    const { traffic } = row;
    if (traffic && !(traffic.requests > 0 && traffic.sent + traffic.received > 0)) {
      note(`${row.contender} asked the server for nothing`);
    }
  }
  return faults;
}
