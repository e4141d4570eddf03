// Converting takes bounded memory, whatever the array's size: four conversions of 768 MiB, in a process of their own.
import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";

Deno.test({
  name: "arrays are converted in bounded memory",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", fromFileUrl(new URL("convert_memory_program.ts", import.meta.url))],
      cwd: fromFileUrl(new URL("../../", import.meta.url)),
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const { stored, peak } = JSON.parse(new TextDecoder().decode(stdout));
    assert(stored > 4 * 768 * 2 ** 20, `${stored} bytes were stored`);
    // deno-lint-ignore no-console -- a figure to look at
    console.log(`four conversions of 768 MiB: ${Math.round(peak)} MiB above the start`);
    // Two bands of chunks, blocks under way, and what waits to be collected.
    assert(peak < 500, `${peak} MiB`);
  },
});
