// How much memory the process takes. In a process of its own: all tests of a process share it.
import { assert, assertRejects } from "@std/assert";
import { readNpy } from "../../lib/array/mod.ts";
import { IntegrityError } from "../../lib/errors.ts";
import { streamOf } from "../../lib/streams/mod.ts";
import { npyFile } from "../array/npy_file.ts";

Deno.test("a shape that lies takes no memory", async () => {
  const before = Deno.memoryUsage().rss;
  const huge = [
    "(9007199254740991,)",
    "(4503599627370496, 4503599627370496)",
    "(99999999999999999999999,)",
    "(1000000000000,)",
    "(2000000000, 1)",
    "(0, 9007199254740991, 9007199254740991)",
  ];
  for (const shape of huge) {
    const bytes = npyFile(`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}}`, 16);
    await assertRejects(() => readNpy(streamOf(bytes)), IntegrityError);
    await assertRejects(() => readNpy(streamOf(bytes), { size: bytes.length }), IntegrityError);
  }
  assert(Deno.memoryUsage().rss - before < 256 * 2 ** 20);
});
