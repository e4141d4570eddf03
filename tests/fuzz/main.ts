/**
 * Fuzzes targets: task fuzz [TARGET …] [--seed N] [--count N] [--minutes N] [--list] [--save], or one input: --input BASE64 or --file PATH.
 *
 * Without a seed each run makes other inputs. `--save` puts faulty inputs into the corpus.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { parseArgs } from "node:util";
import { readCorpus, saveInput } from "./engine/corpus.ts";
import { describeFault, describeResult } from "./engine/report.ts";
import { FuzzThread } from "./engine/watched.ts";
import { groupModule, GROUPS, targetsIn } from "./targets/mod.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string" },
    count: { type: "string" },
    minutes: { type: "string" },
    input: { type: "string" },
    file: { type: "string" },
    list: { type: "boolean" },
    save: { type: "boolean" },
  },
});

function numberOf(name: "seed" | "count" | "minutes"): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} is a number above 0`);
  return number;
}

const modules = GROUPS.map(groupModule);
const all = (await Promise.all(
  modules.map(async (module) =>
    (await targetsIn(module)).map(({ name, count }) => ({ module, name, count }))
  ),
)).flat();
const unknown = positionals.filter((name) => !all.some((target) => target.name === name));
if (unknown.length > 0) throw new Error(`there is no target ${unknown.join(", ")}: --list names them`);
const chosen = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
using thread = new FuzzThread();

if (values.list) {
  for (const { name, count } of all) console.log(`${name} (${count} inputs in CI)`);
} else if (values.input !== undefined || values.file !== undefined) {
  if (chosen.length !== 1) throw new Error("name the one target that the input is for");
  const input = values.file === undefined
    ? Uint8Array.fromBase64(values.input === "=" ? "" : values.input ?? "")
    : await Deno.readFile(values.file);
  const verdict = await thread.one(chosen[0].module, chosen[0].name, input);
  console.log(verdict.kind === "fault" ? `fault: ${verdict.fault}` : `${verdict.kind}: ${verdict.signature}`);
  if (verdict.kind === "fault") Deno.exitCode = 1;
} else {
  const seed = numberOf("seed") ?? 1 + Math.floor(Math.random() * (2 ** 31 - 1));
  const minutes = numberOf("minutes");
  console.log(`seed ${seed}`);
  for (const { module, name, count } of chosen) {
    const start = performance.now();
    const result = await thread.campaign({
      kind: "campaign",
      module,
      target: name,
      seed,
      count: minutes === undefined ? numberOf("count") ?? count : numberOf("count") ?? Infinity,
      milliseconds: minutes === undefined ? undefined : minutes * 60_000 / chosen.length,
      corpus: await readCorpus(name),
    });
    console.log(describeResult(name, result, (performance.now() - start) / 1000));
    for (const fault of result.faults) {
      Deno.exitCode = 1;
      console.log(describeFault(name, fault));
      if (!values.save) continue;
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", fault.input)).toHex().slice(0, 12);
      console.log(`  saved as ${await saveInput(name, `found-${digest}`, fault.input)}`);
    }
  }
}
