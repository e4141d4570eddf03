/** The line that tells how far transfers have come. */
import { assertEquals } from "@std/assert";
import picocolors from "picocolors";
import type { Sink } from "../../cli/io.ts";
import { ProgressBar } from "../../cli/progress.ts";

Deno.test("cli: the bar takes the columns that the numbers leave it, and goes where they leave too few", () => {
  const line = (columns: number) => {
    const sink: Sink = { columns, rows: 24, write: () => Promise.resolve() };
    const bar = new ProgressBar(sink, false, picocolors.createColors(false));
    bar.expect({ files: 20, bytes: 64 * 2 ** 20 });
    bar.set(4, 0);
    bar.line(0);
    bar.set(5, 32 * 2 ** 20);
    return bar.line(1000);
  };
  const numbers = " 50%  32.0 MiB/64.0 MiB  32.0 MiB/s  0:01 left  5/20 files";
  assertEquals(line(200), `${"█".repeat(12)}${"░".repeat(12)} ${numbers}`);
  assertEquals(line(72), `${"█".repeat(6)}${"░".repeat(6)} ${numbers}`);
  assertEquals(line(65), numbers);
  assertEquals(line(40), numbers.slice(0, 39));
});
