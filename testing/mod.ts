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
 * A store that is read only is held to the rules of reading and listing, with the option `readOnly` and a `writer` of the same objects.
 *
 * @module
 */
import type { Backend } from "../backends/mod.ts";
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
import { readOnlyCases, writable } from "./read_only.ts";
import { resumeCases } from "./resuming.ts";

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
  const { skip = [], test = testOfDeno(), readOnly = false } = options;
  let count = 0;
  const registerOn = (storeOf: (store: TestStore) => Backend): Register => (title, run, when) => {
    if (skip.includes(title)) return;
    test(`${name}: ${title}`, async () => {
      const store = await makeStore();
      const { leftovers, dispose } = bound(store);
      try {
        const backend = storeOf(store);
        if (when && !when(backend)) return;
        const clean = async () => assert.deepEqual(await leftovers(), [], "left behind");
        const reopen = async () => await store.reopen?.() ?? backend;
        await run({ backend, prefix: `case${++count}/`, options, writer: store.writer, reopen, clean });
        await clean();
      } finally {
        await dispose();
      }
    });
  };
  const register = registerOn(readOnly ? writable : ({ backend }) => backend);
  readCases(register);
  abortCases(register);
  keyCases(register);
  listCases(register);
  if (readOnly) return readOnlyCases(registerOn(({ backend }) => backend));
  putCases(register);
  conditionCases(register);
  deleteCases(register);
  copyCases(register);
  resumeCases(register);
  bucketCases(register);
}

/** A store's optional methods. */
function bound(store: TestStore): Required<Pick<TestStore, "leftovers" | "dispose">> {
  return {
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
