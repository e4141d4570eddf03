/** That the engine finds what it is there to find: each kind of fault, planted. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { generator } from "../array/random.ts";
import { mutated } from "./engine/mutate.ts";
import { describeFault } from "./engine/report.ts";
import { FuzzThread } from "./engine/watched.ts";
import { groupModule, GROUPS, targetsIn } from "./targets/mod.ts";

const module = new URL("./planted.ts", import.meta.url).href;

async function planted(target: string, patience?: number) {
  using thread = new FuzzThread();
  return await thread.campaign(
    { kind: "campaign", module, target, seed: 1, count: 4000, corpus: [] },
    patience,
  );
}

for (
  const [target, fault, input] of [
    ["throws", /no caller can expect: TypeError/, /^!$/],
    ["disagrees", /the judge disagrees \(accepted\): too short/, /^\?$/],
    ["allocates", /asks? for 1073741824 bytes of memory/, /^#$/],
    ["loses", /nobody waits for it: Error: nobody caught this/, /^~$/],
    ["writes", /the input was written to/, /^w$/],
    ["talks", /a message of 300000 characters/, /^m$/],
  ] as const
) {
  Deno.test(`the engine finds what ${target}, and makes the input small`, async () => {
    const { faults, inputs, accepted } = await planted(target);
    assert(inputs > 0 && accepted > 0);
    assertEquals(faults.length, 1, JSON.stringify(faults));
    assertMatch(faults[0].fault, fault);
    assertMatch(new TextDecoder().decode(faults[0].input), input);
    assertMatch(describeFault(target, faults[0]), new RegExp(`deno task fuzz ${target} --input `));
  });
}

Deno.test("the engine ends what hangs, and names the input", async () => {
  const { faults } = await planted("hangs", 1000);
  assertEquals(faults.map(({ fault }) => fault), ["takes longer than 1 seconds"]);
  assert(new TextDecoder().decode(faults[0].input).includes("%"));
});

Deno.test("the engine finds nothing where nothing is wrong, and the same seed makes the same run", async () => {
  const [first, second] = [await planted("sound"), await planted("sound")];
  assertEquals(first.faults, []);
  assertEquals([first.inputs, first.accepted + first.refused], [4000, 4000]);
  assertEquals([first.accepted, first.ways], [second.accepted, second.ways]);
});

Deno.test("mutations keep to the longest length, and change most of what they are given", () => {
  const random = generator(7);
  const pool = [new TextEncoder().encode("0123456789"), new Uint8Array(0), new Uint8Array(90)];
  let same = 0;
  for (let i = 0; i < 5000; i++) {
    const input = mutated({ pool, dictionary: [Uint8Array.of(1, 2, 3)], longest: 100 }, random);
    assert(input.length <= 100);
    if (pool.some((seed) => seed.toHex() === input.toHex())) same += 1;
  }
  assert(same < 500, `${same} of 5000 are as they were`);
});

Deno.test("each group has its test, no two targets a name, and all together a hundred thousand inputs", async () => {
  const tests: string[] = [];
  for await (const { name } of Deno.readDir(new URL("./", import.meta.url))) {
    if (name.endsWith("_test.ts") && name !== "engine_test.ts") tests.push(name.replace("_test.ts", ""));
  }
  assertEquals(tests.sort(), [...GROUPS].sort());
  const all = (await Promise.all(GROUPS.map((group) => targetsIn(groupModule(group))))).flat();
  assertEquals(new Set(all.map(({ name }) => name)).size, all.length);
  assert(all.reduce((sum, { count }) => sum + count, 0) >= 100_000);
  const folders: string[] = [];
  for await (const { name } of Deno.readDir(new URL("./corpus/", import.meta.url))) folders.push(name);
  assertEquals(folders.filter((folder) => !all.some(({ name }) => name === folder)), []);
});
