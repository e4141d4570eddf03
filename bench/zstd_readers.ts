// deno-lint-ignore-file no-console -- a program that prints
/**
 * What Zstd is read by: speed of our own decoder and of the runtime's libzstd (frames with a checksum), and how much damage is noticed, beside
 * npm:fzstd and libzstd in wasm (npm:numcodecs).
 *
 * `deno run -A bench/zstd_readers.ts`
 */
import { Decompress, decompress as fzstdWhole } from "fzstd";
import ZSTD from "numcodecs/zstd";
import { compress, decompress } from "../codecs/mod.ts";
import { decodeBy } from "../codecs/zstd/mod.ts";
import { readAll, streamFrom, streamOf } from "../lib/streams/mod.ts";
import { signal } from "./data.ts";

const libzstd = ZSTD.fromConfig({ id: "zstd", level: 3 });

async function ours(frame: Uint8Array): Promise<number> {
  return (await readAll(streamFrom(decodeBy(undefined, streamOf(frame))))).length;
}

/** The content again, in a frame with a checksum. */
let checked = new Uint8Array();
async function native(): Promise<number> {
  return (await readAll(streamOf(checked).pipeThrough(decompress("Zstd")))).length;
}

function fzstd(frame: Uint8Array): number {
  let length = 0;
  const stream = new Decompress((piece) => length += piece.length);
  for (let at = 0; at < frame.length; at += 65536) {
    stream.push(frame.subarray(at, at + 65536), at + 65536 >= frame.length);
  }
  return length;
}

const size = 64 * 1024 * 1024;
const frame = new Uint8Array(await libzstd.encode(new Uint8Array(signal(size / 4).buffer)));
checked = await readAll(
  streamOf(new Uint8Array(signal(size / 4).buffer)).pipeThrough(compress("Zstd", { size })),
);
console.log(`64 MiB of smooth float32, stored in ${frame.length} bytes`);
for (
  const [name, read] of [["ours", ours], ["libzstd of the runtime", native], ["fzstd", fzstd], [
    "libzstd, in one piece",
    async (bytes: Uint8Array) => (await libzstd.decode(bytes)).length,
  ]] as const
) {
  await read(frame);
  const start = performance.now();
  const length = await read(frame);
  const seconds = (performance.now() - start) / 1000;
  if (length !== size) throw new Error(`${name} read ${length} bytes`);
  console.log(`${name.padEnd(24)}${(size / seconds / 1e6).toFixed(0).padStart(6)} MB/s`);
}

// As Python's numcodecs writes frames: with no checksum, so that only their structure can tell.
const content = new Uint8Array(signal(500).buffer);
const small = new Uint8Array(await libzstd.encode(content));
let wrongOurs = 0;
let wrongFzstd = 0;
for (let bit = 0; bit < 8 * small.length; bit++) {
  const damaged = small.slice();
  damaged[bit >> 3] ^= 1 << (bit & 7);
  try {
    await ours(damaged);
    wrongOurs++;
  } catch { /* noticed */ }
  try {
    fzstdWhole(damaged);
    wrongFzstd++;
  } catch { /* noticed */ }
}
console.log(
  `of ${
    8 * small.length
  } single flipped bits in a frame without a checksum, read as if nothing were wrong: ${wrongOurs} by ours, ${wrongFzstd} by fzstd`,
);
