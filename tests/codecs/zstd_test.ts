// What is special to zstd: our own encoder, what the frame's header says, frames of other kinds, and the stray frame of Deno's encoder.
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import zlib from "node:zlib";
import Zstd from "numcodecs/zstd";
import { compress, decompress } from "../../codecs/mod.ts";
import { nodeZlib, throughNode } from "../../codecs/node_zlib.ts";
import { ByteReader } from "../../codecs/reader.ts";
import { parseFrameHeader } from "../../codecs/zstd/frame.ts";
import { decodeBy, encodePortable } from "../../codecs/zstd/mod.ts";
import { firstFrame } from "../../codecs/zstd/native.ts";
import { createXxh64, PortableXxh64 } from "../../codecs/zstd/xxh64.ts";
import { CottonCandyError, IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamFrom, streamOf } from "../../lib/streams/mod.ts";
import { codecs } from "./implementations.ts";
import { concat, noise, runs, smooth } from "./samples.ts";
import vectors from "../vectors/cottoncandy-0.4.0.json" with { type: "json" };

const decode = (stored: Uint8Array, size?: number) =>
  readAll(streamOf(stored).pipeThrough(decompress("Zstd", { size })));
/** Not assertEquals: it would print millions of lines. */
const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
const MAGIC = [0x28, 0xB5, 0x2F, 0xFD];
const skippable = Uint8Array.of(0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 7, 7, 7);
/** An empty frame as Deno's encoder leaves it behind others. */
const stray = Uint8Array.of(...MAGIC, 0x00, 0x58, 0x01, 0x00, 0x00);

for (const { name, encode } of codecs.filter(({ codec }) => codec?.name === "Zstd")) {
  Deno.test(`${name}: one frame, with content size and checksum`, async () => {
    for (const bytes of [0, 1, 255, 256, 70_000, 1_000_000, 5_000_000].map((n) => smooth(n))) {
      const stored = await readAll(streamOf(bytes, 60_000).pipeThrough(encode({ size: bytes.length })));
      const header = parseFrameHeader(stored);
      assertEquals(header?.contentSize, bytes.length);
      assert(header?.checksum);
      // Frame by frame: everything must belong to the first.
      assertEquals((await readAll(streamFrom(firstFrame(streamOf(stored))))).length, stored.length);
    }
  });
}

Deno.test("without a size the frame says none, and is read all the same", async () => {
  const bytes = runs(300_000);
  const stored = await readAll(streamOf(bytes).pipeThrough(compress("Zstd")));
  assertEquals(parseFrameHeader(stored)?.contentSize, undefined);
  assertEquals(await decode(stored, bytes.length), bytes);
});

Deno.test("the encoder's stray frame is kept off, another one is not passed over", async () => {
  const stored = await readAll(streamOf(smooth(3000)).pipeThrough(compress("Zstd", { size: 3000 })));
  for (const pieceLength of [1, 5, 1 << 20]) {
    const cleaned = readAll(streamFrom(firstFrame(streamOf(concat(stored, stray), pieceLength))));
    assertEquals(await cleaned, stored);
    await assertRejects(
      () => readAll(streamFrom(firstFrame(streamOf(concat(stored, stored), pieceLength)))),
      IntegrityError,
    );
    await assertRejects(
      () => readAll(streamFrom(firstFrame(streamOf(stored.subarray(0, 90), pieceLength)))),
      IntegrityError,
    );
  }
});

Deno.test("skippable and empty frames, anywhere", async () => {
  const bytes = smooth(3000);
  const stored = await readAll(streamOf(bytes).pipeThrough(compress("Zstd", { size: 3000 })));
  for (
    const all of [[skippable, stored], [stored, skippable], [stray, stored, stray, skippable, skippable]]
  ) {
    assertEquals(await decode(concat(...all)), bytes);
  }
  await assertRejects(() => decode(skippable), IntegrityError);
  await assertRejects(() => decode(concat(stored, skippable.subarray(0, 9))), IntegrityError);
});

Deno.test("a frame for a window or dictionary out of reach", async () => {
  // Window descriptor 0xA0: 2 to the power of 30.
  await assertRejects(
    () => decode(Uint8Array.of(...MAGIC, 0x00, 0xA0, 1, 0, 0)),
    UnsupportedError,
    "history",
  );
  await assertRejects(
    () => decode(Uint8Array.of(...MAGIC, 0x21, 9, 0, 1, 0, 0)),
    UnsupportedError,
    "dictionary",
  );
  await assertRejects(() => decode(Uint8Array.of(...MAGIC, 0x08, 0x58, 1, 0, 0)), IntegrityError, "reserved");
});

Deno.test("frames that are streamed through libzstd: cut off, damaged, prolonged, in a row", async () => {
  const bytes = concat(smooth(300_000), noise(30_000), new Uint8Array(2_000_000));
  const stored = await readAll(streamOf(bytes).pipeThrough(compress("Zstd", { size: bytes.length })));
  const rejects = (damaged: Uint8Array, what: string) =>
    assertRejects(() => decode(damaged), IntegrityError, undefined, what);
  const places = [
    ...Array.from({ length: 150 }, (_, i) => Math.floor(i * stored.length / 150)),
    -9,
    -5,
    -4,
    -1,
  ];
  for (const place of places) {
    const at = place < 0 ? stored.length + place : place;
    await rejects(stored.subarray(0, at), `cut off at ${at}`);
    const damaged = stored.slice();
    damaged[at] ^= 1 << at % 8;
    const decoded = await decode(damaged, bytes.length).catch((error) => error);
    // Some bits say nothing, such as a larger window than is needed.
    if (!(decoded instanceof CottonCandyError)) assert(sameBytes(decoded, bytes), `damaged at ${at}`);
  }
  for (const tail of [[1], [0, 1], MAGIC]) await rejects(concat(stored, Uint8Array.from(tail)), "prolonged");
  const small = await readAll(streamOf(smooth(100)).pipeThrough(compress("Zstd", { size: 100 })));
  for (const pieceLength of [1000, 1 << 20]) {
    const row = streamOf(concat(stored, small, skippable, stored, new Uint8Array(9)), pieceLength);
    const decoded = await readAll(row.pipeThrough(decompress("Zstd")));
    assert(sameBytes(decoded, concat(bytes, smooth(100), bytes)));
  }
});

for (const [name, runtime] of [["node:zlib", nodeZlib()], ["own decoder", undefined]] as const) {
  Deno.test(`${name}: windows up to 128 MiB, and content sizes that lie`, async () => {
    const zlib = nodeZlib();
    assert(zlib);
    const { ZSTD_c_windowLog, ZSTD_c_checksumFlag } = zlib.constants;
    const bytes = smooth(600_000);
    const params = { [ZSTD_c_windowLog]: 17, [ZSTD_c_checksumFlag]: 1 };
    const options = { params, pledgedSrcSize: bytes.length };
    const encoded = throughNode(new ByteReader("Zstd", streamOf(bytes)), zlib.createZstdCompress(options));
    const stored = await readAll(streamFrom(firstFrame(encoded)));
    assertEquals(parseFrameHeader(stored)?.windowSize, 1 << 17);
    const read = (frame: Uint8Array<ArrayBuffer>) => readAll(streamFrom(decodeBy(runtime, streamOf(frame))));
    for (const log of [20, 27]) {
      stored[5] = log - 10 << 3;
      assertEquals(parseFrameHeader(stored)?.windowSize, 1 << log);
      assert(sameBytes(await read(stored), bytes));
    }
    for (const [place, what] of [[6, "more or less"], [9, "much more"]] as const) {
      const lying = stored.slice();
      lying[place] ^= 3;
      await assertRejects(() => read(lying), Error, undefined, what);
    }
    stored[5] = 28 - 10 << 3;
    await assertRejects(() => read(stored), UnsupportedError, "history");
  });
}

Deno.test("a bomb of 12 GiB is read one block at a time", async () => {
  // Blocks of four bytes that stand for 128 KiB each.
  const block = Uint8Array.of(
    128 * 1024 << 3 & 255 | 2,
    128 * 1024 << 3 >> 8 & 255,
    128 * 1024 << 3 >> 16,
    0x41,
  );
  const bomb = concat(Uint8Array.of(...MAGIC, 0x00, 0x58), ...new Array<Uint8Array>(100_000).fill(block));
  const started = performance.now();
  const reader = streamOf(bomb).pipeThrough(decompress("Zstd")).getReader();
  for (let i = 0; i < 3; i++) assertEquals((await reader.read()).value?.length, 128 * 1024);
  await reader.cancel();
  assertLess(performance.now() - started, 10_000);
  // With a size it ends as soon as that is exceeded.
  await assertRejects(() => decode(bomb, 1_000_000), IntegrityError, "more than");
});

Deno.test("frames without a checksum: what libzstd refuses is refused, what is read is what libzstd reads", async () => {
  const entry = vectors.entries.find(({ name }) => name === "raw_i4_50x100_Zstd");
  assert(entry?.body_hex);
  const stored = Uint8Array.fromHex(entry.body_hex);
  const size = 50 * 100 * 4;
  const libzstd = Zstd.fromConfig({ id: "zstd" });
  const byLibzstd = async (frame: Uint8Array) => {
    try {
      return new Uint8Array(await libzstd.decode(frame));
    } catch {
      return undefined;
    }
  };
  let refused = 0;
  let read = 0;
  for (let at = 0; at < stored.length; at++) {
    const damaged = stored.slice();
    damaged[at] ^= 1 << at % 8;
    // Not the frame's header, for which libzstd would be asked for as much memory as it says; and not each byte, since every refusal costs
    // this wasm memory until it has none.
    const compared = at >= 12 && at % 11 === 0;
    const reference = compared ? await byLibzstd(damaged) : undefined;
    try {
      const bytes = await decode(damaged, size);
      assertEquals(bytes.length, size);
      if (compared) assertEquals(bytes, reference, `byte ${at}`);
      read += 1;
    } catch (error) {
      if (!(error instanceof CottonCandyError)) throw error;
      refused += 1;
    }
  }
  assert(read > 0);
  assertEquals((await byLibzstd(stored))?.length, size, "libzstd still works");
  assert(refused > 0);
});

Deno.test("XXH64 where wasm isn't allowed is XXH64", async () => {
  const bytes = noise(2000);
  for (const length of [0, 1, 3, 4, 7, 8, 12, 31, 32, 33, 63, 64, 65, 100, 255, 2000]) {
    const content = bytes.subarray(0, length);
    const library = await createXxh64();
    library.update(content);
    const stored = library.stored();
    for (const step of [1, 9, 32, 45, 2000]) {
      const portable = new PortableXxh64();
      for (let at = 0; at < length; at += step) {
        portable.update(content.subarray(at, Math.min(length, at + step)));
      }
      assertEquals(portable.stored(), stored, `${length} bytes by ${step}`);
    }
  }
  // Of the empty input, by the specification: ef46db3751d8e999.
  assertEquals(new PortableXxh64().stored(), Uint8Array.of(0x99, 0xE9, 0xD8, 0x51));
});

Deno.test("where wasm isn't allowed, both directions work", async () => {
  const bytes = concat(smooth(100_000), runs(100_000));
  const stored = await readAll(streamOf(bytes).pipeThrough(compress("Zstd", { size: bytes.length })));
  const module = JSON.stringify(import.meta.resolve("../../codecs/zstd/mod.ts"));
  // In a process of its own: modules that have been made once stay.
  const program = `
    const refuse = () => Promise.reject(new WebAssembly.CompileError(
      "WebAssembly.instantiate(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not an allowed source"));
    WebAssembly.instantiate = WebAssembly.compile = WebAssembly.instantiateStreaming = refuse;
    const { decodeBy, encodePortable } = await import(${module});
    const source = (bytes) => (async function* () { yield bytes; })();
    let length = 0;
    for await (const piece of decodeBy(undefined, source(Uint8Array.fromHex("${stored.toHex()}")))) length += piece.length;
    console.log(length);
    const frame = [];
    for await (const piece of encodePortable(source(new Uint8Array(1000)), { level: 3, size: 1000 })) frame.push(...piece);
    let back = 0;
    for await (const piece of decodeBy(undefined, source(Uint8Array.from(frame)))) back += piece.length;
    console.log(back);`;
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, program);
    const config = fromFileUrl(import.meta.resolve("../../deno.json"));
    const args = ["run", "-A", "--no-check", "--config", config, file];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const told = new TextDecoder().decode(stdout);
    assertEquals(told, "200000\n1000\n", new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("what our own encoder writes is read by libzstd and by our own decoder: any length, level and kind of data", async () => {
  const lengths = [
    0,
    1,
    2,
    5,
    9,
    63,
    64,
    255,
    256,
    257,
    1023,
    1024,
    16_383,
    16_384,
    65_791,
    65_792,
    131_072,
    131_073,
    300_000,
  ];
  for (const [kind, make] of Object.entries(CONTENTS)) {
    for (const [i, length] of lengths.entries()) {
      const content = make(length);
      // All levels, in turns; and with and without a size.
      const level = 1 + i % 22;
      const size = i % 3 === 2 ? undefined : length;
      const frame = await written(content, level, size);
      const what = `${length} bytes of ${kind} at level ${level}`;
      assertEquals(new Uint8Array(zlib.zstdDecompressSync(frame)), content, what);
      assertEquals(await portably(frame), content, what);
      if (size !== undefined) {
        assertEquals(await Zstd.fromConfig({ id: "zstd", level: 3 }).decode(frame), content, what);
      }
      assert(frame.length <= length + 3 * Math.ceil(length / 131_072 + 1) + 18, `${what}: ${frame.length}`);
    }
  }
});

Deno.test("our own encoder: windows that move on, in little memory, and about as short as libzstd's", async () => {
  for (
    const [kind, level, worse] of [["copies", 1, 1.1], ["copies", 3, 1.1], ["text", 3, 1.1], [
      "smooth",
      3,
      1.05,
    ]] as const
  ) {
    const content = CONTENTS[kind](5_000_000);
    const frame = await written(content, level, content.length);
    assert(sameBytes(await portably(frame), content), kind);
    const theirs = zlib.zstdCompressSync(content, {
      params: { [zlib.constants.ZSTD_c_compressionLevel]: level },
    });
    assert(frame.length <= worse * theirs.length, `${kind}: ${frame.length}, libzstd ${theirs.length}`);
  }
  const lengths = await Promise.all(
    [1, 22].map(async (level) => (await written(CONTENTS.text(200_000), level)).length),
  );
  assert(lengths[1] < 0.98 * lengths[0], `level 22 ${lengths[1]}, level 1 ${lengths[0]}`);
});

async function written(
  content: Uint8Array<ArrayBuffer>,
  level: number,
  size?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  return await readAll(
    streamFrom(encodePortable(streamOf(content), { level, ...(size !== undefined && { size }) })),
  );
}

async function portably(frame: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await readAll(streamFrom(decodeBy(undefined, streamOf(frame))));
}

/** What a linear congruential generator gives: 32 bits each time. */
function generator(): () => number {
  let state = 7;
  return () => (state = Math.imul(state, 1664525) + 1013904223 | 0) >>> 0;
}

/** Contents that make encoders use all of a block's forms. */
const CONTENTS = {
  zeros: (length) => new Uint8Array(length),
  noise: (length) => {
    const random = generator();
    return Uint8Array.from({ length }, () => random() >>> 24);
  },
  skewed: (length) => {
    const random = generator();
    return Uint8Array.from({ length }, () => -Math.log((random() + 1) / 2 ** 33) * 12);
  },
  smooth: (length) => smooth(length),
  text: (length) => {
    const random = generator();
    const words = "a stream of arrays flows into buckets and comes back as it was bit for bit".split(" ");
    return Uint8Array.from(
      Array.from({ length: length / 2 + 1 }, () => words[random() >>> 28] ?? String(random())).join(" ")
        .slice(0, length),
      (character) => character.charCodeAt(0),
    );
  },
  /** Noise, runs, and copies of what came before, near and far. */
  copies: (length) => {
    const random = generator();
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const end = Math.min(length, at + 1 + (random() >>> 20));
      const kind = random() >>> 30;
      const distance = 1 + random() % (Math.min(at, 3_000_000) + 1);
      const value = random();
      for (; at < end; at++) {
        bytes[at] = kind === 0 ? random() >>> 24 : kind === 1 || distance > at ? value : bytes[at - distance];
      }
    }
    return bytes;
  },
} satisfies Record<string, (length: number) => Uint8Array<ArrayBuffer>>;
