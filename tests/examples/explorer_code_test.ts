/** The TypeScript that the explorer copies is a program that reads what is shown. */
import { assertEquals } from "@std/assert";
import { toFileUrl } from "@std/path";
import { storeCases } from "./explorer_code.ts";

Deno.test("explorer: the TypeScript for a slice reads it, of every kind of array", async () => {
  const directory = await Deno.makeTempDir();
  // In the repository, whose deno.json knows the package's name.
  const programs = await Deno.makeTempDir({
    dir: new URL("../../", import.meta.url).pathname,
    prefix: ".explorer-code-",
  });
  try {
    for (const [i, { kind, typescript, part }] of (await storeCases(directory)).entries()) {
      const file = `${programs}/${i}.ts`;
      await Deno.writeTextFile(file, `${typescript}export { part };\n`);
      const { part: read } = await import(toFileUrl(file).href);
      assertEquals(read.toNested(), part.toNested(), kind);
      assertEquals(read.dtype, part.dtype, kind);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(programs, { recursive: true });
  }
});
