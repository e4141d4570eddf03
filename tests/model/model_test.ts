/** Every store is held to a plain model: random sequences of operations, with all that can go wrong in between. More of them, and other ones: `deno task model`. */
import { sequenceOf } from "./generate.ts";
import { programOf } from "./print.ts";
import { run } from "./run.ts";
import { shrink } from "./shrink.ts";
import { STORES } from "./stores/mod.ts";

/** Sequences of all stores together. */
const COUNT = 300;

const names = Object.keys(STORES);
for (const [index, name] of names.entries()) {
  Deno.test(`${name} does what the model does`, async (t) => {
    const kind = STORES[name];
    for (let seed = 1 + index; seed <= COUNT; seed += names.length) {
      // A step of its own, so that none leaves a timer or a socket to the next.
      await t.step(`seed ${seed}`, async () => {
        const sequence = sequenceOf(seed, name, kind);
        const violation = await run(sequence, kind);
        if (!violation) return;
        const failure = await shrink({ sequence, violation }, kind);
        throw new Error(`seed ${seed} on ${name}:\n${programOf(failure.sequence, failure.violation)}`);
      });
    }
  });
}
