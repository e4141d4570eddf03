/** The conformance suite runs in any test runner, and tells a store that breaks the contract. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../backends/memory/mod.ts";
import { ConnectionError, UnsupportedError } from "../lib/errors.ts";
import { conformance, type ConformanceOptions, type TestStore } from "../testing/mod.ts";
import { delegate } from "./backends/delegate.ts";

function casesOf(store: () => TestStore, options: ConformanceOptions = {}): Map<string, () => Promise<void>> {
  const cases = new Map<string, () => Promise<void>>();
  conformance("store", store, { ...options, test: (name, run) => void cases.set(name, run) });
  return cases;
}

const RANGES = "store: ranges given to open";

Deno.test("another runner is given the cases, without those to skip", async () => {
  const all = casesOf(() => ({ backend: new MemoryBackend() }));
  await all.get(RANGES)?.();
  const some = casesOf(() => ({ backend: new MemoryBackend() }), { skip: ["ranges given to open"] });
  assertEquals([...all.keys()].filter((name) => !some.has(name)), [RANGES]);
});

Deno.test("a store that breaks a rule fails its case, and is disposed of", async () => {
  let disposed = 0;
  const memory = new MemoryBackend();
  const cases = casesOf(() => ({
    // Whatever range is asked for, all comes.
    backend: delegate(memory, { open: (key) => memory.open(key) }),
    dispose: () => Promise.resolve(void disposed++),
  }));
  await assertRejects(async () => await cases.get(RANGES)?.());
  assertEquals(disposed, 1);
});

Deno.test("what a failed put leaves behind fails its case", async () => {
  const cases = casesOf(() => ({
    backend: new MemoryBackend(),
    leftovers: () => Promise.resolve(["a.tmp"]),
  }));
  await assertRejects(async () => await cases.get(RANGES)?.(), Error, "left behind");
});

Deno.test("a store that refuses to begin uploads is held to no case of theirs; one that fails to is", async () => {
  const refusing = (error: Error) => {
    const memory = new MemoryBackend();
    return casesOf(() => ({ backend: delegate(memory, { startUpload: () => Promise.reject(error) }) }));
  };
  const theirs = [...casesOf(() => ({ backend: new MemoryBackend() })).keys()].filter((name) =>
    /upload that|resum/.test(name)
  );
  assert(theirs.length > 5);
  const unsupported = refusing(new UnsupportedError("with a login that lasts"));
  const failing = refusing(new ConnectionError("the line is dead"));
  for (const name of theirs) {
    await unsupported.get(name)?.();
    await assertRejects(async () => await failing.get(name)?.());
  }
});
