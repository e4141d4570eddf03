// The current directory. In a process of its own: all tests of a process share it.
import { assertEquals } from "@std/assert";
import { LocalBackend } from "../../backends/local/mod.ts";
import { encode } from "../../testing/case.ts";
import { inDirectory } from "../backends/local/directory.ts";

Deno.test("relative directories are taken from where the process was when the backend was made", async () => {
  await inDirectory(async (directory) => {
    const before = Deno.cwd();
    try {
      Deno.chdir(directory);
      await Deno.mkdir("store");
      const backend = new LocalBackend("store");
      Deno.chdir("store");
      await backend.put("a", encode("x"));
    } finally {
      Deno.chdir(before);
    }
    assertEquals(await Deno.readTextFile(`${directory}/store/a`), "x");
  });
});
