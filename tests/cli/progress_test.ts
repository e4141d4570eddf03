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

Deno.test("cli: the rate of what comes in large pieces is that of the whole time it took, and goes down while nothing comes", () => {
  const sink: Sink = { columns: 120, rows: 24, write: () => Promise.resolve() };
  const bar = new ProgressBar(sink, false, picocolors.createColors(false));
  const rates: string[] = [];
  bar.expect({ bytes: 64 * 2 ** 20 });
  // A part of 8 MiB each eight seconds, of which two are in flight; the line is drawn each tenth of a second.
  for (let time = 0; time <= 40_000; time += 100) {
    if (time % 16_000 === 0) bar.set(0, time / 16_000 * 16 * 2 ** 20);
    const line = bar.line(time);
    if (time % 4000 === 0) rates.push(/[\d.]+ [KM]iB\/s/.exec(line)?.[0] ?? "");
  }
  assertEquals(rates, [
    ...["", "", "", "", "1.0 MiB/s"],
    ...["819.2 KiB/s", "682.7 KiB/s", "585.1 KiB/s", "1.0 MiB/s"],
    ...["819.2 KiB/s", "682.7 KiB/s"],
  ]);
  assertEquals(/[\d:]+ left/.exec(bar.line(40_000))?.[0], "0:48 left");
});

Deno.test("cli: of several objects one after the other each is expected beside what is done", () => {
  const sink: Sink = { columns: 40, rows: 24, write: () => Promise.resolve() };
  const bar = new ProgressBar(sink, false, picocolors.createColors(false));
  bar.expectNext(2 ** 20);
  bar.onProgress({ key: "a", loaded: 2 ** 20, total: 2 ** 20, done: true });
  bar.expectNext(3 * 2 ** 20);
  assertEquals(bar.line(0).replace(/^\S+ +/, ""), "25%  1.0 MiB/4.0 MiB  1 files");
});
