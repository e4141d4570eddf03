import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { userMetadata } from "../../lib/objects/metadata.ts";
import { writeObject } from "../../lib/objects/mod.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";

Deno.test("metadata keys are stored in lower case, values as they are", () => {
  assertEquals(userMetadata({ Subject: "S 01", "x-run_1": "", n: "~!@#" }), {
    subject: "S 01",
    "x-run_1": "",
    n: "~!@#",
  });
});

Deno.test("reserved, repeated and unstorable metadata are refused", () => {
  for (
    const key of ["shape", "Shape", "DTYPE", "order", "compression", "gzip", "key", "cc-key", "CC-anything"]
  ) {
    assertThrows(() => userMetadata({ [key]: "x" }), InvalidArgumentError, "reserved");
  }
  assertThrows(() => userMetadata({ a: "1", A: "2" }), InvalidArgumentError, "twice");
  for (const value of ["ü", "a\nb", " lead", "trail ", "\u0000", "\t"]) {
    assertThrows(() => userMetadata({ a: value }), InvalidArgumentError, "printable ASCII");
  }
  for (const key of ["", "a b", "a:b", "ü", "a\n"]) {
    assertThrows(() => userMetadata({ [key]: "x" }), InvalidArgumentError);
  }
});

Deno.test("what is over the store's limit is refused before anything is stored", async () => {
  const backend = new MemoryBackend();
  const metadata = { note: "x".repeat(backend.capabilities.metadataLimit) };
  await assertRejects(
    () => writeObject(backend, "a", "body", { metadata }),
    InvalidArgumentError,
    "metadata",
  );
  await assertRejects(() => writeRaw(backend, "a", [1, 2], { metadata }), InvalidArgumentError, "metadata");
  assertEquals(await backend.head("a"), undefined);
});
