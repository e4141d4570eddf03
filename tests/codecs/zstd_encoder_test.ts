// Our own Zstd encoder: what it writes is read by libzstd (the runtime's and numcodecs') and by our own decoder, whatever it is given.
import { assert, assertEquals, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import Zstd from "numcodecs/zstd";
import type { Pieces } from "../../codecs/codec.ts";
import { parseBlockHeader, parseFrameHeader } from "../../codecs/zstd/frame.ts";
import { decodeBy, encodePortable } from "../../codecs/zstd/mod.ts";
import { readAll, streamFrom } from "../../lib/streams/mod.ts";
import { concat, noise, random, runs, smooth } from "./samples.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const BLOCK = 128 * KiB;
const WINDOW = 2 * MiB;
const numcodecs = Zstd.fromConfig({ id: "zstd" });

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly level?: number;
  /** Whether the encoder is told the size. */
  readonly sized?: boolean;
  readonly pieceLength?: number;
}

async function* pieces(bytes: Uint8Array<ArrayBuffer>, length: number): Pieces {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const collect = (source: Pieces) => readAll(streamFrom(source));

function encoded({ bytes, level = 3, sized = true, pieceLength = MiB }: Case) {
  return collect(
    encodePortable(pieces(bytes, pieceLength), { level, ...(sized ? { size: bytes.length } : {}) }),
  );
}

async function check(example: Case): Promise<number> {
  const { name, bytes, sized = true } = example;
  const stored = await encoded(example);
  const same = (decoded: Uint8Array, reader: string) =>
    assertEquals(Buffer.compare(decoded, bytes), 0, `${name}, read by ${reader}`);
  same(zlib.zstdDecompressSync(stored), "the runtime's libzstd");
  // It needs to be told the size, and takes none for an error.
  if (sized && bytes.length > 0) same(new Uint8Array(await numcodecs.decode(stored)), "numcodecs");
  same(await collect(decodeBy(undefined, pieces(stored, MiB))), "our own decoder");
  assertLess(stored.length, bytes.length + 3 * Math.ceil(bytes.length / BLOCK) + 24, name);
  return stored.length;
}

/** Segments of several kinds: noise, runs, few values, text, and copies of what came before, some at the last three offsets and some at the window's edge. */
function mixture(seed: number, longest: number): Uint8Array<ArrayBuffer> {
  const next = random(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const sizes = [below(41), below(300), below(5000), BLOCK + below(9) - 4, 2 * BLOCK + below(9) - 4];
  const bytes = new Uint8Array([...sizes, below(longest), below(longest)][below(7)]);
  const values = 1 + below(256);
  const skew = 1 + below(6);
  const copy = (at: number, to: number, offset: number) => {
    for (; at < to; at++) bytes[at] = bytes[at - offset];
  };
  for (let at = 0; at < bytes.length;) {
    const kind = below(7);
    const length = 1 + below(next() < 0.3 ? 100_000 : next() < 0.5 ? 3000 : 30);
    const end = Math.min(bytes.length, at + length);
    if (kind === 0) {
      for (let i = at; i < end; i++) bytes[i] = below(256);
    } else if (kind === 1) {
      bytes.fill(below(256), at, end);
    } else if (kind === 2) {
      for (let i = at; i < end; i++) bytes[i] = values * next() ** skew;
    } else if (kind === 3 && at > 0) {
      copy(at, end, 1 + below(next() < 0.5 ? at : Math.min(at, 64)));
    } else if (kind === 4 && at > 16) {
      const offsets = [1 + below(at), 1 + below(at), 1 + below(16)];
      for (let i = at; i < end;) {
        const stop = Math.min(end, i + 3 + below(12));
        copy(i, stop, offsets[below(3)]);
        i = stop;
        if (next() < 0.6 && i < end) bytes[i++] = below(4);
      }
    } else if (kind === 5 && at > WINDOW - 8) {
      copy(at, end, Math.min(at, WINDOW - 3 + below(7)));
    } else {
      for (let i = at; i < end; i++) bytes[i] = 97 + below(26);
    }
    at = end;
  }
  return bytes;
}

Deno.test("sizes from nothing to 40 bytes, and about those of a block and of the header's fields", async () => {
  const sizes = [...Array(41).keys(), 255, 256, 257, 1023, 1024, 4095, 4096, 65_791, 65_792];
  for (const size of [...sizes, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK]) {
    for (
      const [kind, make] of Object.entries({
        noise,
        runs,
        smooth,
        zeros: (n: number) => new Uint8Array(n),
      })
    ) {
      for (const level of [1, 3]) await check({ name: `${kind} of ${size}`, bytes: make(size), level });
    }
  }
});

Deno.test("mixtures of everything, by seeds", async () => {
  for (let seed = 1; seed <= 120; seed++) {
    await check({
      name: `mixture ${seed}`,
      bytes: mixture(seed, 400_000),
      level: [1, 3, 22][seed % 3],
      sized: seed % 4 > 0,
      pieceLength: [1000, 77_777, BLOCK, MiB][seed % 5 % 4],
    });
  }
});

Deno.test("longer than the window, and than the buffer: matches at the window's edge, and just beyond", async () => {
  const far = noise(WINDOW + 100);
  for (const offset of [-3, -1, 0, 1, 3]) {
    const period = far.subarray(0, WINDOW + offset);
    const stored = await check({
      name: `period ${offset}`,
      bytes: concat(period, period, period, period, period),
    });
    // What is beyond the window can't be referred to.
    if (offset > 0) assert(stored > 5 * WINDOW);
    else assertLess(stored, 1.01 * WINDOW);
  }
  for (const [i, seed] of [11, 12, 13].entries()) {
    const bytes = concat(
      mixture(seed, 3 * MiB),
      smooth(5 * MiB, seed),
      mixture(seed + 50, 3 * MiB),
      runs(4 * MiB, seed),
    );
    await check({ name: `large ${seed}`, bytes, level: [1, 3, 3][i], sized: i !== 1, pieceLength: 300_000 });
  }
});

Deno.test("blocks that don't shrink are left as they are, and forget the offsets that were found in them", async () => {
  const next = random(4);
  // Noise with a short match each block, not worth its while, and repeats of old offsets after it.
  const bytes = noise(4 * BLOCK);
  for (let block = 1; block < 4; block++) {
    const at = block * BLOCK + 1000 + Math.floor(next() * 1000);
    bytes.copyWithin(at, at - 5000 - block, at - 5000 - block + 5);
  }
  await check({ name: "raw blocks between", bytes: concat(smooth(BLOCK), bytes, smooth(BLOCK), runs(1000)) });
  const stored = await encoded({ name: "raw", bytes });
  const header = parseFrameHeader(stored);
  assert(header);
  assertEquals(parseBlockHeader(stored.subarray(header.length), header.windowSize).kind, "raw");
  const zeros = await encoded({ name: "zeros", bytes: new Uint8Array(64 * MiB) });
  assertLess(zeros.length, 2100);
});

Deno.test("it compresses as well as libzstd at its lowest level, give or take 15 %", async () => {
  const words = Array.from({ length: 2000 }, (_, i) => mixture(i * 7 + 3, 20).toHex().slice(0, 9));
  const next = random(8);
  const text = new TextEncoder().encode(
    Array.from({ length: 300_000 }, () => words[Math.floor(2000 * next() ** 3)]).join(" "),
  );
  const int16 = new Uint8Array(
    Int16Array.from({ length: MiB }, (_, i) => 900 * Math.sin(i / 300) + 20 * next()).buffer,
  );
  for (const [name, bytes] of Object.entries({ text, int16, float32: smooth(2 * MiB) })) {
    const params = { [zlib.constants.ZSTD_c_compressionLevel]: 1 };
    const theirs = zlib.zstdCompressSync(bytes, { params }).length;
    for (const level of [1, 3]) {
      const ours = await check({ name, bytes, level });
      assertLess(ours, 1.15 * theirs, `${name} at level ${level}`);
    }
  }
});

Deno.test("the encoder takes a block at a time, and only when it is asked for more", async () => {
  let taken = 0;
  async function* source(): Pieces {
    for (;;) yield noise(10_000, taken++);
  }
  const reader = streamFrom(encodePortable(source(), { level: 3 })).getReader();
  for (let i = 1; i < 30; i++) {
    await reader.read();
    assertLess(taken * 10_000, i * BLOCK + 10_001);
  }
  await reader.cancel();
});
