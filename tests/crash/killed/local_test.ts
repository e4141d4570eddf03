/** Every kind of write to a directory, killed on its way, and what another process finds. */
import { assert } from "@std/assert";
import { FAULTY } from "../faulty.ts";
import { killEach } from "./cases.ts";
import { killDuring } from "./kill.ts";

killEach("local", 17);

for (const write of FAULTY) {
  Deno.test(`found out when it is killed: ${write.name}`, async () => {
    const found: string[] = [];
    for (let at = 1; at < 40; at++) {
      const { killed, wrong } = await killDuring(write, { on: "local", encrypted: false, seed: 1, at });
      found.push(...wrong);
      if (!killed || wrong.length > 0) break;
    }
    assert(found.some((each) => each.startsWith(write.sign)), found.join("\n"));
  });
}
