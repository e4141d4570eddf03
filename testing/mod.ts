/**
 * The conformance suite: the rules of the contract of stores (see {@linkcode Backend}), as cases that any test runner runs. All stores of this package keep them, and a
 * store of your own can be held to them with one call.
 *
 * ```ts
 * import { conformance } from "@cottoncandy/cottoncandy/testing";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 *
 * const cases = new Map<string, () => Promise<void>>();
 * conformance("mine", () => ({ backend: new MemoryBackend() }), { test: (name, run) => void cases.set(name, run) });
 * console.assert(cases.size > 70);
 * await cases.get("mine: ranges given to open")?.();
 * ```
 *
 * @module
 */
import { InvalidArgumentError } from "../lib/errors.ts";
import { assert } from "./assert.ts";
import { abortCases } from "./abort.ts";
import { bucketCases } from "./buckets.ts";
import type { ConformanceOptions, Register, TestStore } from "./case.ts";
import { conditionCases } from "./conditions.ts";
import { copyCases } from "./copying.ts";
import { deleteCases } from "./deleting.ts";
import { keyCases } from "./keys.ts";
import { listCases } from "./listing.ts";
import { putCases } from "./putting.ts";
import { readCases } from "./reading.ts";

export type { ConformanceOptions, TestStore } from "./case.ts";

/**
 * Registers the suite's cases for one store. Cases on what a store may lack look at its capabilities.
 *
 * @param name What the cases' names begin with.
 * @param makeStore Makes a store; called once for each case.
 * @param options The test runner, and what the store is known not to do.
 * @throws {InvalidArgumentError} outside of Deno when there is no `test`.
 *
 * @example With Node's test runner
 * ```ts ignore
 * import { test } from "node:test";
 * import { conformance } from "@cottoncandy/cottoncandy/testing";
 * import { MyBackend } from "./my_backend.ts";
 *
 * conformance("my store", async () => {
 *   const backend = await MyBackend.create();
 *   return { backend, dispose: () => backend.remove() };
 * }, { test });
 * ```
 */
export function conformance(
  name: string,
  makeStore: () => TestStore | Promise<TestStore>,
  options: ConformanceOptions = {},
): void {
  const { skip = [], test = testOfDeno() } = options;
  let count = 0;
  const register: Register = (title, run, when) => {
    if (skip.includes(title)) return;
    test(`${name}: ${title}`, async () => {
      const { backend, leftovers, dispose } = bound(await makeStore());
      try {
        if (when && !when(backend)) return;
        const clean = async () => assert.deepEqual(await leftovers(), [], "left behind");
        await run({ backend, prefix: `case${++count}/`, options, clean });
        await clean();
      } finally {
        await dispose();
      }
    });
  };
  putCases(register);
  readCases(register);
  abortCases(register);
  conditionCases(register);
  keyCases(register);
  listCases(register);
  deleteCases(register);
  copyCases(register);
  bucketCases(register);
}

/** A store whose optional methods are there. */
function bound(store: TestStore): Required<TestStore> {
  return {
    backend: store.backend,
    leftovers: () => store.leftovers?.() ?? Promise.resolve([]),
    dispose: () => store.dispose?.() ?? Promise.resolve(),
  };
}

function testOfDeno(): NonNullable<ConformanceOptions["test"]> {
  if (typeof Deno !== "undefined") return (name, run) => Deno.test(name, run);
  throw new InvalidArgumentError(
    "this is not Deno: give `test`, which registers a case with your test runner",
  );
}
