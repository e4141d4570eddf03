import { assertEquals } from "@std/assert";
import { TABLE, table, updating } from "./findings.ts";

Deno.test({
  name: "docs/servers.md is what the findings say",
  ignore: updating,
  fn: async () => assertEquals(await Deno.readTextFile(TABLE), await table()),
});
