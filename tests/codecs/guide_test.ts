// The guide's table of codecs against the registry; apart from tests that register others.
import { assertEquals } from "@std/assert";
import { listCodecs } from "../../codecs/mod.ts";

Deno.test("the guide's table of codecs is the registry's", async () => {
  const guide = await Deno.readTextFile(new URL("../../docs/arrays.md", import.meta.url));
  const [, section] = guide.split("\n## Compression\n");
  const rows = [...section.split("\n#")[0].matchAll(/^\| `"(\w+)"` \|([^|]*)\|([^|]*)\|/gm)].map((row) =>
    row.slice(1).map((cell) => cell.trim())
  );
  const { written, readOnly } = listCodecs();
  assertEquals(rows, [
    ...written.map(({ name, levels }) => [
      name,
      `${levels.min} to ${levels.max}, default ${levels.default}`,
      "written and read",
    ]),
    ...readOnly.map(({ name }) => [name, "", "read"]),
  ]);
});
