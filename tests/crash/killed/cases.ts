/** Which processes are killed by the tests. */
import { assert, assertEquals } from "@std/assert";
import type { Write } from "../write.ts";
import { WRITES } from "../writes.ts";
import { type Kill, killDuring } from "./kill.ts";

/** Whether a write makes sense there. */
export function makesSense({ on = {} }: Write, store: Kill["on"], encrypted: boolean): boolean {
  return (on.store ?? store) === store && (on.encrypted ?? encrypted) === encrypted;
}

/** Registers a test for each kind of write, every other one encrypted: at one moment each, the same in every run. `deno task crash` has all others. */
export function killEach(on: Kill["on"], seed: number): void {
  WRITES.forEach((write, index) => {
    const wanted = (index + seed) % 2 === 0;
    const encrypted = makesSense(write, on, wanted) ? wanted : !wanted;
    if (!makesSense(write, on, encrypted)) return;
    Deno.test(`killed on ${on}${encrypted ? ", encrypted" : ""}: ${write.name}`, async () => {
      const { killed, when, wrong } = await killDuring(write, { on, encrypted, seed });
      assertEquals(wrong, [], when);
      // What is underway at the last step may be done before the process dies.
      assert(killed || when.endsWith("told all"), when);
    });
  });
}
