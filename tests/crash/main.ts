// deno-lint-ignore-file no-console -- it is a program
/**
 * Crashes of every kind of write, as many as there is time for: kills at a request, at an operation on files or after some time, and disks that lost power.
 */
import { parseArgs } from "node:util";
import { makesSense } from "./killed/cases.ts";
import { killDuring, type Moment } from "./killed/kill.ts";
import { losePower } from "./power_loss/power_loss.ts";
import type { Write } from "./write.ts";
import { WRITES } from "./writes.ts";

const USAGE = `Crashes of every kind of write: task crash [--seed 1] [--minutes 1] [--write NAME]

    --seed     where to begin; a failure says the seed that it comes again with
    --minutes  for how long; at least one seed is tried as a whole
    --write    only writes whose names have these words`;

/** Tries all crashes of a write with one seed; gives what is wrong, each with how it comes again. */
async function* crashes(write: Write, seed: number): AsyncGenerator<string | undefined> {
  for (const encrypted of [false, true]) {
    const how = encrypted ? "encrypted" : "plain";
    for (const on of ["local", "S3"] as const) {
      if (!makesSense(write, on, encrypted)) continue;
      const moments: Moment[] = on === "local" ? ["operation", "time"] : ["operation", "request", "time"];
      for (const moment of moments) {
        const { when, wrong } = await killDuring(write, { on, encrypted, seed, moment });
        yield wrong.length === 0 ? undefined : `killed on ${on}, ${how}, ${when}\n${wrong.join("\n")}`;
      }
    }
    if (!makesSense(write, "local", encrypted)) continue;
    for (const durable of write.files ? [false] : [true, false]) {
      const { wrong } = await losePower(write, { encrypted, durable, seed, samples: 4, atMost: 400 });
      yield wrong && `the power went, ${durable ? "durable" : "not durable"}, ${how}\n${wrong}`;
    }
  }
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "1" },
    write: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  Deno.exit();
}
const end = performance.now() + Number(values.minutes) * 60_000;
const writes = WRITES.filter(({ name }) => name.includes(values.write));
let [count, failed] = [0, 0];
for (let seed = Number(values.seed); count === 0 || performance.now() < end; seed++) {
  for (const write of writes) {
    const from = count;
    for await (const wrong of crashes(write, seed)) {
      count++;
      if (wrong === undefined) continue;
      failed++;
      console.error(
        `${write.name}: ${wrong}\nAgain: deno task crash --seed ${seed} --write "${write.name}"\n`,
      );
    }
    console.log(`seed ${seed}, ${write.name}: ${count - from} crashes`);
  }
  console.log(`${count} crashes so far, ${failed} of them wrong`);
}
Deno.exit(failed === 0 && count > 0 ? 0 : 1);
