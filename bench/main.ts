// deno-lint-ignore-file no-console -- it prints what it came to
/**
 * This package beside its peers: runs sections, and writes what they came to. A run of all of them writes `bench/RESULTS.md`, any other one is printed.
 *
 *     deno task bench [section …] [--rounds N] [--profile] [--out FILE]
 *     deno task bench --quick
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Bench, type Section } from "./bench.ts";
import { hasPython } from "./contender.ts";
import { markdownOf, summaryOf } from "./markdown.ts";
import { chunked } from "./sections/chunked.ts";
import { codecs } from "./sections/codecs.ts";
import { compressed } from "./sections/compressed.ts";
import { encrypted } from "./sections/encrypted.ts";
import { imports } from "./sections/imports.ts";
import { large } from "./sections/large.ts";
import { listing } from "./sections/listing.ts";
import { npy } from "./sections/npy.ts";
import { small } from "./sections/small.ts";
import { transfers } from "./sections/transfers.ts";
import { targetName } from "./target.ts";
import { load, machine, versions } from "./versions.ts";

const SECTIONS: readonly Section[] = [
  transfers,
  large,
  compressed,
  encrypted,
  npy,
  chunked,
  small,
  listing,
  codecs,
  imports,
];
const RESULTS = new URL("RESULTS.md", import.meta.url).pathname;

const USAGE = `This package beside its peers, on an S3 server of this machine:

    deno task bench [section …] [--rounds N] [--profile] [--out FILE]
    deno task bench --quick [section …]

    ${SECTIONS.map(({ name, title }) => `${name.padEnd(12)} ${title}`).join("\n    ")}

    --rounds   how often each does its work; default each section's own number
    --profile  tells where time goes of all that this package does, not only of what misses a goal
    --out      where the results are written; default bench/RESULTS.md for all sections, and standard output for some
    --quick    whether all of it runs and gives the same bytes, in small sizes, with what is built and installed already`;

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    profile: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const unknown = positionals.filter((word) => !SECTIONS.some(({ name }) => name === word));
if (values.help || unknown.length > 0 || rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
  console.log(USAGE);
  Deno.exit(values.help ? 0 : 2);
}
const { quick, profile } = values;
const sections = SECTIONS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const python = await hasPython(!quick);
const bench = new Bench({ quick, rounds, profile, python });
const facts = [
  machine(),
  `server: ${await targetName(quick)}`,
  (await versions({ python })).join("; "),
  `${new Date().toISOString().slice(0, 10)}, \`deno task bench ${Deno.args.join(" ")}`.trimEnd() + "`",
  `load before the run: ${load().toFixed(1)}`,
];
// What is in memory for the server and the clients is cleared away on the way out.
const stop = () => bench.stop();
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
for (const section of sections) {
  bench.tell(section.title);
  await section.run(bench);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, stop);
bench.tell("done");
const markdown = markdownOf({
  facts,
  sections,
  tables: bench.tables,
  goals: bench.goals,
  profiles: bench.profiles,
});
const out = values.out ?? (sections.length === SECTIONS.length && !quick ? RESULTS : undefined);
if (out !== undefined) await Deno.writeTextFile(out, markdown);
else if (!quick) console.log(markdown);
if (quick) console.log(summaryOf(bench.tables));
