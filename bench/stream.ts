// deno-lint-ignore-file no-console -- it prints what it measured
/**
 * What the benchmarks of streams share: where bytes come from, and what is told of a run.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import { crc32 } from "../lib/checksums.ts";
import { peakRss, resetPeak } from "./rss.ts";

/** Bytes in a MiB. */
export const MiB = 1024 * 1024;

/** The value behind `--name` on the command line. */
export function argument(name: string): string | undefined {
  const place = Deno.args.indexOf(`--${name}`);
  return place < 0 ? undefined : Deno.args[place + 1];
}

/** `length` bytes in pieces of 64 KiB, none like the other; their CRC is told as they pass. */
function source(length: number, told: { crc: number }): ReadableStream<Uint8Array> {
  const words = crypto.getRandomValues(new Uint32Array(16 * 1024));
  let left = length;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      words[0] = left;
      const piece = new Uint8Array(words.buffer.slice(0, Math.min(left, words.byteLength)));
      left -= piece.length;
      told.crc = crc32(piece, told.crc);
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
}

/** Runs and prints one direction. */
async function measure(what: string, length: number, work: () => Promise<void>): Promise<void> {
  const before = await resetPeak();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const peak = await peakRss();
  console.log(
    `${what.padEnd(10)} ${(length / MiB / seconds).toFixed(0).padStart(5)} MiB/s   RSS before ${
      before.toFixed(0)
    } MiB, peak ${peak.toFixed(0)} MiB`,
  );
}

/** A stream of unknown length goes up and comes down again; throws when it came down as something else. */
export async function upAndDown(backend: Backend, key: string, length: number): Promise<void> {
  const sent = { crc: 0 };
  try {
    await measure("upload", length, async () => void await backend.put(key, source(length, sent)));
    await measure("download", length, async () => {
      const reader = await backend.open(key);
      let crc = 0;
      for await (const piece of reader.stream()) crc = crc32(piece, crc);
      if (crc !== sent.crc) throw new Error("what came down is not what went up");
    });
  } finally {
    for await (const { error } of backend.delete([key])) if (error) console.error(error);
  }
}
