import { assertEquals } from "@std/assert";
import { goldenCases, type GoldenEntry } from "./golden.ts";

const vectors = new URL("vectors/cottoncandy-0.4.0.json", import.meta.url);
const { entries }: { entries: readonly GoldenEntry[] } = JSON.parse(await Deno.readTextFile(vectors));

Deno.test("golden vectors: all of Python's objects are there", () => {
  assertEquals(entries.length, 104);
});

for (const { name, check } of await goldenCases(entries)) {
  Deno.test(`golden vectors: ${name}`, check);
}
