/**
 * What a run comes to, as Markdown: what it is of, goals, tables, and where the time went of what missed.
 *
 * @module
 */
import type { Section } from "./bench.ts";
import type { ProfileLine } from "./clients/profile.ts";
import {
  type Absent,
  type Amount,
  type Goal,
  isMet,
  type Measured,
  medianOf,
  type Profiled,
  ratioOf,
  rowOf,
  type Table,
} from "./results.ts";

/** What a report is made of. */
export interface Report {
  /** The machine, versions, and how it was run, a line each. */
  readonly facts: readonly string[];
  readonly sections: readonly Section[];
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** Where time went of what missed a goal, and of what was asked about. */
  readonly profiles: readonly Profiled[];
}

const NONE = "–";

/** A number to three digits, without an exponent. */
function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A time, in seconds or in milliseconds. */
function time(seconds: number): string {
  return seconds < 1 ? `${digits(seconds * 1000)} ms` : `${digits(seconds)} s`;
}

/** Bytes of bodies: none, or how many. */
function megabytes(bytes: number): string {
  return bytes === 0 ? "0" : digits(bytes / 1e6);
}

function speed(amount: Amount, seconds: number): string {
  return digits("bytes" in amount ? amount.bytes / 1e6 / seconds : amount.count / seconds);
}

/** A column: its head, and what it says of who was measured. A table leaves out what it has nothing to say of. */
interface Column {
  readonly head: string;
  cell(row: Measured): string | undefined;
}

function columnsOf(table: Table): Column[] {
  const { amount, ours } = table;
  const ratio = (row: Measured, by: "seconds" | "cpu") => ratioOf(table, ours, row.contender, by)?.toFixed(2);
  const all: Column[] = [
    { head: "median", cell: (row) => time(medianOf(row, "seconds")) },
    {
      head: "least … most",
      cell: ({ rounds }) => {
        const seconds = rounds.map((took) => took.seconds);
        return rounds.length > 1
          ? `${time(Math.min(...seconds))} … ${time(Math.max(...seconds))}`
          : undefined;
      },
    },
    {
      head: amount && "bytes" in amount ? "MB/s" : `${amount?.of} a second`,
      cell: (row) => amount && speed(amount, medianOf(row, "seconds")),
    },
    { head: "CPU", cell: (row) => time(medianOf(row, "cpu")) },
    { head: "peak MiB", cell: (row) => medianOf(row, "peak").toFixed(0) },
    { head: "requests", cell: ({ traffic }) => traffic?.requests.toFixed(0) },
    { head: "MB sent", cell: ({ traffic }) => traffic && megabytes(traffic.sent) },
    { head: "MB received", cell: ({ traffic }) => traffic && megabytes(traffic.received) },
    { head: "ratio", cell: (row) => ratio(row, "seconds") },
    { head: "by CPU", cell: (row) => ratio(row, "cpu") },
    { head: "", cell: ({ remark }) => remark },
  ];
  return all.filter(({ cell }) =>
    table.rows.some((row) => row.kind === "measured" && cell(row) !== undefined)
  );
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => index === 0 ? "---" : "--:")), ...rows.map(line)];
}

function tableOf(table: Table): string[] {
  const { ours, work } = table;
  const columns = columnsOf(table);
  const cells = (row: Measured | Absent) => {
    if (row.kind === "absent") return [`${row.contender}: ${row.why}`, ...columns.map(() => NONE)];
    const name = row.contender === ours ? `**${ours}**` : row.contender;
    return [name, ...columns.map(({ cell }) => cell(row) ?? NONE)];
  };
  const rounds = rowOf(table, ours)?.rounds.length ?? 0;
  const head = ["", ...columns.map(({ head }) => head)];
  const told = rounds === 1 ? "one round" : `${rounds} rounds`;
  return [`### ${work} (${told})`, "", ...markdownTable(head, table.rows.map(cells)), ""];
}

/** By how much a goal was met or missed, in per cent of its bound. */
function verdict(goal: Goal): string {
  const { kind, bound, ratio } = goal;
  if (ratio === undefined) return "not measured";
  const share = Math.abs(ratio / bound - 1) * 100;
  const better = kind === "at least" ? "above" : "below";
  const worse = kind === "at least" ? "below" : "above";
  return isMet(goal) ? `met, ${share.toFixed(0)} % ${better}` : `**missed, ${share.toFixed(0)} % ${worse}**`;
}

function goalsOf(goals: readonly Goal[]): string[] {
  if (goals.length === 0) return [];
  const count = (met: boolean) => goals.filter((goal) => isMet(goal) === met).length;
  const rows = goals.map((goal) => [
    `${goal.section}: ${goal.what}`,
    `${goal.kind} ${goal.bound} ×`,
    goal.ratio === undefined ? NONE : `${goal.ratio.toFixed(2)} ×`,
    verdict(goal),
  ]);
  return [
    "## Goals",
    "",
    `${count(true)} met, ${count(false)} missed.`,
    "",
    ...markdownTable(["", "goal", "came to", ""], rows),
    "",
  ];
}

function shares(lines: readonly ProfileLine[]): string {
  return lines.map(({ name, share }) => `${(share * 100).toFixed(0)} % \`${name}\``).join(" · ");
}

/** What missed a goal, by how much, and where its time went; and where the time went of what was asked about. */
function profilesOf({ goals, profiles }: Report): string[] {
  if (profiles.length === 0) return [];
  const items = profiles.flatMap(({ of, profile }) => {
    const missed = goals.filter((goal) => goal.of === of && isMet(goal) === false);
    return [
      `- **${of}**${missed.length > 0 ? ", which misses " : ""}${
        missed.map((goal) => `"${goal.what}" (${goal.ratio?.toFixed(2)}, ${goal.kind} ${goal.bound})`).join(
          ", ",
        )
      }`,
      ...(profile
        ? [`  - by origin: ${shares(profile.origins)}`, `  - by place: ${shares(profile.places)}`]
        : ["  - V8 doesn't run it"]),
    ];
  });
  return [
    "## Where the time goes",
    "",
    "Shares of V8's samples on the main thread while the work was done once more, of functions without what they call. `(native)` and `(program)` are the runtime's own: sockets, digests, codecs; `(idle)` waits for the server or for another thread.",
    "",
    ...items,
    "",
  ];
}

/** Makes it. */
export function markdownOf(report: Report): string {
  const lines = ["# Results", "", ...report.facts.map((fact) => `- ${fact}`), ""];
  lines.push(
    "Times are medians, of processes that take turns; CPU is of all their threads; peak is the most memory that the client's process had, data and all; requests and bytes of bodies were counted in a round before, by a proxy that what is measured doesn't go through. The ratio is how many times as fast the line in bold is, the median of the rounds' own.",
    "",
    ...goalsOf(report.goals),
  );
  for (const { name, title, about } of report.sections) {
    const tables = report.tables.filter(({ section }) => section === name);
    lines.push(`## ${title}`, "", about, "", ...tables.flatMap(tableOf));
  }
  lines.push(...profilesOf(report));
  return `${lines.join("\n").trimEnd()}\n`;
}

/** What a run that is not for figures says: how much was done, and by whom not. */
export function summaryOf(tables: readonly Table[]): string {
  const rows = tables.flatMap(({ rows }) => rows);
  const absent = new Set(
    rows.filter((row) => row.kind === "absent").map(({ contender, why }) => `${contender} (${why})`),
  );
  const measured = rows.filter(({ kind }) => kind === "measured").length;
  const told = `${tables.length} works, ${measured} times done, with equal bytes`;
  return absent.size === 0 ? told : `${told}; missing: ${[...absent].join(", ")}`;
}
