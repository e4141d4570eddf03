/**
 * Why LZ4 isn't written by npm:lz4js: blocks of its encoder, given to liblz4 (npm:numcodecs/lz4), and its decoder, given damaged blocks.
 *
 *     deno run -A bench/lz4js_defect.ts
 *
 * The LZ4 block format asks that the last match begins at least 12 bytes before the end, and that the last 5 bytes are literals; liblz4 refuses
 * blocks that don't keep to it.
 */
// deno-lint-ignore-file no-console -- a report
import LZ4 from "numcodecs/lz4";
import lz4js from "lz4js";

const MiB = 1024 * 1024;
const liblz4 = LZ4.fromConfig({ id: "lz4" });

/** Records of a few words, as compressible as logs or tables are; repeatable. */
function compressible(length: number, seed: number): Uint8Array {
  let state = seed * 2654435761 >>> 0;
  const next = (limit: number) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
  const words = Array.from(
    { length: 200 },
    () => Uint8Array.from({ length: 3 + next(9) }, () => 97 + next(26)),
  );
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const word = words[next(words.length)].subarray(0, length - at);
    bytes.set(word, at);
    at += word.length;
  }
  return bytes;
}

/** The block of lz4js's encoder with numcodecs' length before it. */
function encodeByLz4js(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(lz4js.compressBound(bytes.length));
  const length = lz4js.compressBlock(bytes, block, 0, bytes.length, new Uint32Array(1 << 16).fill(0));
  const stored = new Uint8Array(4 + length);
  new DataView(stored.buffer).setUint32(0, bytes.length, true);
  stored.set(block.subarray(0, length), 4);
  return stored;
}

const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

async function verdict(stored: Uint8Array, bytes: Uint8Array): Promise<"right" | "wrong" | "rejected"> {
  try {
    return equal(await liblz4.decode(stored), bytes) ? "right" : "wrong";
  } catch {
    return "rejected";
  }
}

console.log("encoder            inputs   right   wrong   rejected by liblz4");
for (const size of [4 * MiB, 16 * MiB]) {
  for (
    const [name, encode] of [["lz4js", encodeByLz4js], [
      "liblz4",
      (b: Uint8Array) => liblz4.encode(b),
    ]] as const
  ) {
    const count = { right: 0, wrong: 0, rejected: 0 };
    for (let seed = 1; seed <= 10; seed++) {
      const bytes = compressible(size, seed);
      count[await verdict(await encode(bytes), bytes)] += 1;
    }
    console.log(
      `${name.padEnd(6)} ${String(size / MiB).padStart(4)} MiB`.padEnd(20),
      "10".padStart(4),
      String(count.right).padStart(7),
      String(count.wrong).padStart(7),
      String(count.rejected).padStart(10),
    );
  }
}

const bytes = compressible(20_000, 1);
const stored = await liblz4.encode(bytes);
const block = new Uint8Array(stored).subarray(4);
const silent = { truncated: 0, damaged: 0 };
const tries = 200;
for (let i = 1; i <= tries; i++) {
  const target = new Uint8Array(bytes.length);
  const at = Math.floor(block.length * i / (tries + 1));
  try {
    lz4js.decompressBlock(block, target, 0, at, 0);
    silent.truncated += 1;
  } catch { /* noticed */ }
  const damaged = block.slice();
  damaged[at] ^= 0x55;
  try {
    lz4js.decompressBlock(damaged, target, 0, damaged.length, 0);
    if (!equal(target, bytes)) silent.damaged += 1;
  } catch { /* noticed */ }
}
console.log(
  `\nlz4js's decoder says nothing about ${silent.truncated} of ${tries} truncated and ${silent.damaged} of ${tries} damaged blocks.`,
);
