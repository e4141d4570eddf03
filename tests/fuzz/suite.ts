/** The tests of a group of targets. */
import { assert, AssertionError } from "@std/assert";
import { readCorpus } from "./engine/corpus.ts";
import { describeFault } from "./engine/report.ts";
import { FuzzThread } from "./engine/watched.ts";
import { groupModule, targetsIn } from "./targets/mod.ts";

/** The inputs of every run in CI are the same: what fails, fails again. Other ones are for `deno task fuzz`. */
const SEED = 20261130;

/** Runs the targets of a group one after the other, each with as many inputs as it says. */
export function fuzzGroup(group: string): void {
  Deno.test(`fuzz ${group}`, async (t) => {
    const module = groupModule(group);
    using thread = new FuzzThread();
    for (const { name, count, refusesAll } of await targetsIn(module)) {
      await t.step(name, async () => {
        const corpus = await readCorpus(name);
        const work = { kind: "campaign", module, target: name, seed: SEED, count, corpus } as const;
        const { inputs, accepted, faults } = await thread.campaign(work);
        if (faults.length > 0) {
          throw new AssertionError(faults.map((fault) => describeFault(name, fault)).join("\n"));
        }
        assert(inputs === count, `${inputs} of ${count} inputs were tried`);
        assert(accepted > 0 !== refusesAll, `${accepted} inputs were accepted`);
      });
    }
  });
}
