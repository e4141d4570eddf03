// deno-lint-ignore-file no-console -- it prints reports
/**
 * What the benches print: Markdown that can be put into a note. First the machine, then tables, and at the end a line for each goal.
 *
 * @module
 */
import os from "node:os";

interface Goal {
  readonly what: string;
  readonly value: number;
  readonly bound: number;
  readonly kind: "at least" | "at most";
}

const goals: Goal[] = [];

/** Notes a goal: a ratio, and what it must be at least or at most. */
export function goal(what: string, value: number, kind: Goal["kind"], bound: number): void {
  goals.push({ what, value, kind, bound });
}

/** Prints which goals have been met. */
export function printGoals(): void {
  console.log("\nGoals:\n");
  for (const { what, value, bound, kind } of goals) {
    const met = kind === "at least" ? value >= bound : value <= bound;
    console.log(`- ${met ? "met" : "**not met**"}: ${what}: ${value.toFixed(2)} ×, ${kind} ${bound} ×`);
  }
}

/** Prints a title, and the machine and the versions that the figures are of. */
export function printTitle(title: string, ...more: string[]): void {
  const cpus = os.cpus();
  const machine = `${cpus[0]?.model.trim()}, ${cpus.length} cores, ${
    Math.round(os.totalmem() / 2 ** 30)
  } GiB, ${os.type()} ${os.release()}`;
  console.log(`\n## ${title}\n\n${[machine, `Deno ${Deno.version.deno}`, ...more].join("; ")}.`);
}

/** Prints a table; the columns behind the first `left` are numbers. */
export function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
): void {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  console.log(`\n${title}\n\n${line(head)}`);
  console.log(line(head.map((_, index) => index < left ? "---" : "--:")));
  for (const row of rows) console.log(line(row));
}

/** The word behind `--name` on the command line. */
export function option(name: string, otherwise: string): string {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Deno.args[at + 1];
}

/** The number behind `--name` on the command line. */
export function numberOption(name: string, otherwise: number): number {
  return Number(option(name, `${otherwise}`));
}

/** Sanity instead of figures: small sizes, one round. */
export const QUICK: boolean = Deno.args.includes("--quick");
