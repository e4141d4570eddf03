/** A backend is one folder and one line: this one is in `fixture/`, and the line is the call of `registerBackend`. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { registerBackend } from "../../backends/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { getInterface } from "../../mod.ts";
import { conformance } from "../../testing/mod.ts";
import { printed } from "../interfaces/printed.ts";
import { LedgerBackend } from "./fixture/mod.ts";
import { openLedger } from "./fixture/open.ts";

registerBackend("ledger", openLedger);

conformance("a store of somebody else's", () => ({ backend: new LedgerBackend("lab") }));

Deno.test("a store that was registered is opened by its URLs and by name", async () => {
  const cci = await getInterface("Ledger://lab/sub01?owner=ada");
  const { key } = await cci.uploadRawArray("run1", [1, 2, 3], { compression: false });
  assertEquals([key, cci.prefix, cci.backend.name], ["sub01/run1", "sub01/", "ledger://lab"]);
  assert(cci.backend instanceof LedgerBackend);
  assertEquals([cci.backend.ledger, cci.backend.keeper], [["put sub01/run1"], "ada"]);
  assertEquals((await getInterface("attic", { backend: "ledger" })).backend.name, "ledger://attic");
  assertEquals((await getInterface(undefined, { backend: "ledger" })).backend.name, "ledger://main");
  const text = await printed(() => getInterface("ledger://lab?owner=ada", { verbose: true }));
  assertEquals(text, "The ledger of ada.");
  await assertRejects(() => getInterface("ledger://lab?colour=red"), InvalidArgumentError, "only owner");
});

Deno.test("schemes that are taken, or are none, are refused", () => {
  for (const scheme of ["s3", "S3", "gdrive", "file", "local", "memory", "ledger"]) {
    assertThrows(() => registerBackend(scheme, openLedger), InvalidArgumentError, "already");
  }
  for (const scheme of ["", "1st", "a b", "a://", "é"]) {
    assertThrows(() => registerBackend(scheme, openLedger), InvalidArgumentError, "no scheme");
  }
});

Deno.test("a target without a backend is told which there are", async () => {
  await assertRejects(() => getInterface("ftp://lab"), InvalidArgumentError, "ledger://");
  await assertRejects(() => getInterface("lab", { backend: "ftp" }), InvalidArgumentError, '"ledger"');
});
