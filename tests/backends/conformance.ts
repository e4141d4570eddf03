/**
 * The rules of `backends/backend.ts`, as cases that every backend runs. Cases on what a store may lack look at its capabilities.
 */
import { assertEquals } from "@std/assert";
import { abortCases } from "./conformance/abort.ts";
import { bucketCases } from "./conformance/buckets.ts";
import type { Case, ConformanceOptions, Register, Subject } from "./conformance/case.ts";
import { conditionCases } from "./conformance/conditions.ts";
import { copyCases } from "./conformance/copying.ts";
import { deleteCases } from "./conformance/deleting.ts";
import { keyCases } from "./conformance/keys.ts";
import { listCases } from "./conformance/listing.ts";
import { putCases } from "./conformance/putting.ts";
import { readCases } from "./conformance/reading.ts";

export type { ConformanceOptions, Subject } from "./conformance/case.ts";

/**
 * Registers the cases for one backend.
 *
 * @param name How the cases are called.
 * @param make Makes a store; called once for each case.
 */
export function conformance(
  name: string,
  make: () => Promise<Subject>,
  options: ConformanceOptions = {},
): void {
  let count = 0;
  const register: Register = (title, run, when) => {
    Deno.test({
      name: `${name}: ${title}`,
      ignore: options.skip?.includes(title) ?? false,
      fn: async () => {
        const subject = await make();
        try {
          if (when && !when(subject.backend)) return;
          const clean = async () => assertEquals(await subject.leftovers?.() ?? [], [], "left behind");
          const c: Case = { backend: subject.backend, prefix: `case${++count}/`, options, clean };
          await run(c);
          await clean();
        } finally {
          await subject.dispose();
        }
      },
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
