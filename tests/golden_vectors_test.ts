import { assertEquals } from "@std/assert";
import { goldenCases, type GoldenEntry } from "./golden.ts";
import vectors from "./vectors/cottoncandy-0.4.0.json" with { type: "json" };

const entries: readonly GoldenEntry[] = vectors.entries;

Deno.test("golden vectors: all of Python's objects are there", () => {
  assertEquals(entries.length, 104);
});

for (const { name, check } of await goldenCases(entries)) {
  Deno.test(`golden vectors: ${name}`, check);
}
