import { assertEquals } from "@std/assert";
import { sequenceOf } from "./generate.ts";
import { programOf } from "./print.ts";
import { STORES } from "./stores/mod.ts";

Deno.test("a printed program has the sequence that it was made of", async () => {
  for (const [index, [name, kind]] of Object.entries(STORES).entries()) {
    const sequence = sequenceOf(index, name, kind);
    const program = programOf(sequence, { step: 0, message: "two\nlines" });
    // Run as it is, it would run the sequence.
    const module = program.replace(/^import .*$/m, "").replace("await replay(", "export default (");
    const { default: read } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
    assertEquals(read, sequence);
  }
});
