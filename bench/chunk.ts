/**
 * `chunk` beside a bare preallocated copy, and beside the same stream without a stage: 256 MiB in pieces as a network or a decoder gives
 * them, medians of five runs.
 *
 *     deno run bench/chunk.ts
 */
// deno-lint-ignore-file no-console -- it prints its result
import { chunk, streamOf } from "../lib/streams/mod.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const data = new Uint8Array(256 * MiB).fill(1);

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  let length = 0;
  for await (const piece of stream) length += piece.length;
  if (length !== data.length) throw new Error(`${length} bytes instead of ${data.length}`);
}

/** What a cut costs at least: each byte is copied once. */
function copy(pieceLength: number, partLength: number): void {
  for (let at = 0; at < data.length; at += partLength) {
    const part = new Uint8Array(partLength);
    for (let i = 0; i < partLength; i += pieceLength) {
      part.set(data.subarray(at + i, at + i + pieceLength), i);
    }
  }
}

async function measure(what: string, run: () => Promise<void> | void): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  const [, , median] = times.sort((a, b) => a - b);
  const speed = data.length / MiB / median * 1000;
  console.log(`${what.padEnd(48)} ${median.toFixed(1).padStart(7)} ms ${speed.toFixed(0).padStart(8)} MiB/s`);
}

for (const pieces of [64 * KiB, MiB]) {
  const from = `${pieces / KiB} KiB pieces`;
  await measure(`${from}: stream alone, nothing copied`, () => drain(streamOf(data, pieces)));
  for (const parts of [MiB, 8 * MiB]) {
    if (parts === pieces) continue;
    await measure(`${from}: bare copy into ${parts / MiB} MiB`, () => copy(pieces, parts));
    await measure(
      `${from}: chunk into ${parts / MiB} MiB`,
      () => drain(streamOf(data, pieces).pipeThrough(chunk(parts))),
    );
  }
}
