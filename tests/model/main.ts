// deno-lint-ignore-file no-console -- it prints what it finds
/**
 * Runs random sequences of operations over the stores and holds them to the model; the first that fails is cut down, and printed as a program.
 *
 *     deno run -A tests/model/main.ts [--seed 1] [--count 300] [--steps 5] [--store NAME] [--all]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { sequenceOf } from "./generate.ts";
import { programOf } from "./print.ts";
import { run, storeNamed } from "./run.ts";
import { shrink } from "./shrink.ts";
import { STORES } from "./stores/mod.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "300" },
    steps: { type: "string", default: "5" },
    store: { type: "string" },
    all: { type: "boolean", default: false },
  },
});
const [seed, count, steps] = [values.seed, values.count, values.steps].map((text) => {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`"${text}" is no whole number`);
});
const names = values.store === undefined ? Object.keys(STORES) : [values.store];
const begun = performance.now();
let failures = 0;
for (let i = 0; i < count; i++) {
  const name = names[i % names.length];
  const kind = storeNamed(name);
  const sequence = sequenceOf(seed + i, name, kind, steps);
  const violation = await run(sequence, kind);
  if (!violation) continue;
  failures++;
  const failure = await shrink({ sequence, violation }, kind);
  console.log(`// seed ${seed + i} on ${name}\n${programOf(failure.sequence, failure.violation)}`);
  if (!values.all) break;
}
const seconds = (performance.now() - begun) / 1000;
console.log(
  `${count} sequences from seed ${seed} on ${names.length} stores: ${failures} failed; ${
    seconds.toFixed(1)
  } s`,
);
if (failures > 0) Deno.exit(1);
